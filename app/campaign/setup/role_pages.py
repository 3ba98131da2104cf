"""Who holds which role in a campaign: the bindings behind the diagrams' candidate groups, by role and by place."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth import access, accounts, actor, database, granting, identity
from app.auth.holding import counts_at
from app.auth.models import Account, RoleAssignment
from app.auth.roles import BUSINESS, ROLES
from app.campaign.blueprint import blueprint
from app.campaign.models import Village, WorkGroup
from app.campaign.setup import lookup
from app.campaign.setup.campaign_pages import SETUP


@blueprint.get("/campaigns/<int:campaign_id>/roles")
@access(*SETUP)
def campaign_roles(campaign_id: int) -> str:
    """Every role of the campaign with its holders; a role that nobody holds is marked: its tasks would find nobody."""
    by = actor()
    with database().reading() as read:
        found = lookup.campaign(read, identity(), campaign_id)
        held: dict[str, list[tuple[str, str, str]]] = {}
        for role, scope, username, name in read.execute(
            select(RoleAssignment.role, RoleAssignment.scope, Account.username, Account.name)
            .join(Account, Account.username == RoleAssignment.username)
            .where(RoleAssignment.campaign_id == found.id, counts_at(clock.now()))
            .order_by(RoleAssignment.role, RoleAssignment.scope, Account.name)
        ):
            held.setdefault(role, []).append((scope, username, name))
        return render_template(
            "campaign/setup/roles.html",
            campaign=found,
            roles=[ROLES[code] for code in BUSINESS],
            held=held,
            places=_places(read, found.id),
            appoints={code for code in BUSINESS if granting.may_withdraw(read, by, code, found.id) is None},
        )


def _places(read: Session, campaign_id: int) -> dict[str, dict[str, str]]:
    """``village`` and ``group`` → code → name."""
    return {
        kind: dict(read.execute(select(model.code, model.name).where(model.campaign_id == campaign_id).order_by(model.code)).all())
        for kind, model in (("village", Village), ("group", WorkGroup))
    }


@blueprint.post("/campaigns/<int:campaign_id>/roles")
@access(*SETUP)
def campaign_role_change(campaign_id: int) -> Response:
    """Give a role of the campaign to an existing account, or take it back. ``auth.granting`` says who may."""
    who, by, form = identity(), actor(), request.form
    username, role, scope = (form.get(name, "").strip()[:100] for name in ("username", "role", "scope"))
    back = url_for("campaign.campaign_roles", campaign_id=campaign_id, _anchor=role or None)

    def work(write: Session) -> None:
        found = lookup.campaign(write, who, campaign_id)
        if role not in BUSINESS:
            raise accounts.AccountError(_("请选择活动中的角色；系统角色由安全管理员授予。"))
        values: dict[str, Any] = {"scope": scope if ROLES[role].scope in ("group", "village") else "", "campaign_id": found.id, "actor": by}
        if "withdraw" in form:
            accounts.withdraw_role(write, username, role, **values)
            return
        if write.scalar(select(Account.key).where(Account.username == username, Account.active.is_(True))) is None:
            raise accounts.AccountError(_("没有启用的账号“%(username)s”。", username=username))
        places = _places(write, found.id).get(ROLES[role].scope)
        if places is not None and scope not in places:
            raise accounts.AccountError(_("请选择这个角色负责的村或工作组。"))
        accounts.assign_role(write, username, role, **values)

    try:
        database().in_transaction(work)
    except accounts.AccountError as error:
        flash(str(error), "error")
    else:
        flash(_("已收回。") if "withdraw" in form else _("已授予。"), "success")
    return redirect(back, 303)
