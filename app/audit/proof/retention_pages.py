"""How long personal contents are kept, and erasing them: the security administrator asks, an auditor confirms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.audit.blueprint import blueprint
from app.auth import Identity, access, actor, database, identity
from app.auth.language import locale
from app.border import whole_number
from app.engine import erasing
from app.engine.chain_models import Erasure
from app.engine.errors import Conflict
from app.engine.models import ProcessInstance

#: requests on the page
REQUESTS = 30
#: kind → what it is
KINDS = {
    "persons": _l("农户与家庭成员：姓名、证件、电话、银行、健康，以及表单里的这些内容"),
    "texts": _l("自由填写的文字：理由、批注、问题描述、会议纪要（其中可能写有姓名，只清除农户一项时仍会留下）"),
    "files": _l("照片与附件"),
    "staff": _l("工作人员的姓名与电话（人员表）"),
}


@blueprint.get("/retention")
@access("auditor", "security_admin")
def retention() -> str:
    """What is kept for how long, which campaigns are due, and what was asked."""
    with database().reading() as session:
        campaigns = session.scalars(select(ProcessInstance.campaign_id).where(ProcessInstance.campaign_id > 0).distinct()).all()
        return render_template(
            "audit/proof/retention.html",
            days=erasing.days(session),
            least=erasing.LEAST,
            kinds=KINDS,
            campaigns={campaign: erasing.due(session, campaign) for campaign in sorted(campaigns, reverse=True)},
            requests=session.scalars(select(Erasure).order_by(Erasure.key.desc()).limit(REQUESTS)).all(),
            may_ask=identity().has("security_admin"),
            may_decide=identity().has("auditor"),
        )


def _done(work: Callable[[Session], Any], said: str) -> Response:
    """Do *work* and say so, or say why not."""
    try:
        database().in_transaction(work)
        flash(said, "success")
    except Conflict as conflict:
        flash(conflict.text(locale()), "error")
    return redirect(url_for("audit.retention"), 303)


@blueprint.post("/retention")
@access("security_admin")
def retention_set() -> Response:
    """New times; a shorter one than six months is refused, and nothing is kept."""
    by, given = actor(), {kind: request.form.get(kind, type=whole_number) or 0 for kind in KINDS}

    def work(session: Session) -> None:
        for kind, number in given.items():
            erasing.keep_for(session, kind, number, by)

    return _done(work, _("保留期已保存。"))


@blueprint.post("/erasures")
@access("security_admin")
def erasure_ask() -> Response:
    """Ask that contents of a campaign be erased."""
    by, kinds = actor(), [kind for kind in request.form.getlist("kind") if kind in KINDS]
    campaign, reason = request.form.get("campaign", type=whole_number) or 0, request.form.get("reason", "").strip()
    return _done(lambda session: erasing.ask(session, campaign, kinds, reason, by), _("已提交，须由审计员批准。"))


@blueprint.post("/erasures/<int:key>/decision")
@access("auditor")
def erasure_decide(key: int) -> Response:
    """Confirm or reject; what is confirmed begins at once and cannot be taken back."""
    by, confirm = actor(), request.form.get("decision") == "confirm"
    said = _("已批准，正在后台清除。") if confirm else _("已驳回。")
    return _done(lambda session: erasing.decide(session, key, by, confirm=confirm), said)


def waiting_count(who: Identity) -> int | None:
    """How many requests wait for this auditor; who asked for one himself does not decide about it."""
    with database().reading() as session:
        return session.scalar(select(func.count()).where(Erasure.state == "WAITING", Erasure.requested_by != who.username)) or None
