"""What an administrator does to one instance: always with a reason, always in its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock, exact_json
from app.acts import operating, privacy
from app.auth import access, actor, database
from app.border import number_or
from app.engine import definitions, runtime, token_moves
from app.engine.actor import Actor
from app.engine.errors import Conflict, StepFailed
from app.modeler.operations import instance_queries, words
from app.modeler.operations.attempts import attempt, said
from app.modeler.operations.blueprint import operations

_ACTS: dict[str, Callable[[Session, int, Actor, str], Any]] = {
    "cancel": operating.cancel,
    "suspend": operating.suspend,
    "resume": operating.resume,
}


def _page(key: int, anchor: str = "") -> str:
    return url_for("operations.instance", key=key, _anchor=anchor or None)


@operations.post("/instances/<int:key>/acts")
@access("admin")
def instance_act(key: int) -> Response:
    """Suspend it, let it go on, or end it."""
    by, reason = actor(), request.form.get("reason", "").strip()
    act = _ACTS.get(request.form.get("act", ""))
    if act is None:
        abort(400)
    return attempt(lambda session: act(session, key, by, reason), back=_page(key), done=_("已完成，理由已记入历史。"))


@operations.post("/instances/<int:key>/variables")
@access("admin")
def instance_variable(key: int) -> Response | str:
    """Correct a variable: first the page that shows old and new, then, confirmed, the act."""
    form, by = request.form, actor()
    path, written, reason = form.get("path", "").strip(), form.get("value", ""), form.get("reason", "").strip()
    try:
        value = exact_json.loads(written)
    except ValueError:
        flash(_('新值要按 JSON 写：文字加英文引号，如 "是"；数字、true、false、null 直接写。'), "error")
        return redirect(_page(key, "variables"), 303)
    if not operating.named(path):
        flash(_("请填写变量名。"), "error")
        return redirect(_page(key, "variables"), 303)
    if "confirmed" in form:
        return attempt(
            lambda session: operating.set_variables(session, key, {path: value}, by, reason),
            back=_page(key, "variables"),
            done=_("变量已更正，旧值、新值和理由已记入历史。"),
        )
    with database().reading() as session:
        row = instance_queries.find(session, key)
        old = privacy.shown(path, runtime.value_at(row.variables, path))
        return render_template(
            "modeler/operations/variable.html", row=row, path=path, old=old, value=exact_json.dumps(value).decode(), reason=reason
        )


@operations.post("/instances/<int:key>/moves")
@access("admin")
def instance_move(key: int) -> Response | str:
    """Put a token elsewhere: first the page that shows the diagram before and after, then, confirmed, the act."""
    form, by = request.form, actor()
    token, target, reason = number_or(form.get("token", "")), form.get("target", "")[:200], form.get("reason", "").strip()
    if not token or not target:
        flash(_("请选择令牌和要放到的环节。"), "error")
        return redirect(_page(key, "tokens"), 303)
    if "confirmed" in form:
        return attempt(
            lambda session: operating.move_token(session, key, token, target, by, reason),
            back=_page(key),
            done=_("令牌已移动，理由已记入历史。"),
        )
    try:
        with database().reading() as session:
            seen = token_moves.preview_move(session, key, token, target)
    except (Conflict, StepFailed) as refused:
        flash(said(refused), "error")
        return redirect(_page(key, "tokens"), 303)
    with database().reading() as session:
        row = instance_queries.find(session, key)
        process = definitions.process_of(session, row.definition_key)
        elements = {each.id: words.named(each.name) or each.id for each in process.elements.values()}
        values = {"row": row, "seen": seen, "token": token, "target": target, "reason": reason}
        return render_template("modeler/operations/move.html", elements=elements, **values)


@operations.post("/instances/<int:key>/timers/<int:job>")
@access("admin")
def instance_timer(key: int, job: int) -> Response:
    """Let a timer of this instance fire now, or at an earlier moment than planned."""
    by, reason, written = actor(), request.form.get("reason", "").strip(), request.form.get("at", "").strip()
    try:
        at = datetime.fromisoformat(written).replace(tzinfo=clock.CAMPAIGN_ZONE) if written else clock.now()
    except ValueError:
        flash(_("请填写日期和时间。"), "error")
        return redirect(_page(key, "jobs"), 303)
    return attempt(
        lambda session: operating.pull_timer(session, key, job, at, by, reason),
        back=_page(key, "jobs"),
        done=_("定时已提前，理由已记入历史。"),
    )


@operations.post("/instances/<int:key>/migration/taken-back")
@access("admin")
def instance_take_back(key: int) -> Response:
    """Undo its last migration, while nothing has moved."""
    by, reason = actor(), request.form.get("reason", "").strip()

    def work(session: Session) -> None:
        found = instance_queries.last_migration(session, instance_queries.find(session, key))
        if found is None:
            raise Conflict("migration_moved")
        operating.take_back_migration(session, found.key, by, reason)

    return attempt(work, back=_page(key), done=_("迁移已撤回，实例回到原来的版本和位置。"))
