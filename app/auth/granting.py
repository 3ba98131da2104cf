"""Who may give and take which role: every way (pages, import, console) asks here, and nothing else decides.

Nobody gives himself anything. The three administrators (三员) hold no other role. Who judges the office's work is appointed by the security
administrator alone.
"""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock
from app.auth import holding, origins
from app.auth.language import locale
from app.auth.models import Account, RoleAssignment
from app.auth.roles import ROLES, SEPARATED, label
from app.engine.actor import Actor

#: Actors without an account: the console, and the product itself. No account has these names.
UNATTENDED = frozenset({"cli", "system"})


class Refusal(StrEnum):
    """Why a role is not given or taken."""

    #: nobody gives himself anything
    SELF = "self"
    #: the actor does not appoint to this role in this campaign
    AUTHORITY = "authority"
    #: 三员分立: the roles do not go together in one account
    SEPARATION = "separation"


def may_grant(session: Session, actor: Actor, role: str, username: str, campaign_id: int) -> Refusal | None:
    """Whether *actor* may give *username* the role in a campaign (0: everywhere). None: yes.

    Whoever acts for an absent person has that person's authority, and gives nothing to either of the two.
    """
    if username in (actor.name, actor.on_behalf_of):
        return Refusal.SELF
    return may_withdraw(session, actor, role, campaign_id) or _separation(session, username, role)


def may_withdraw(session: Session, actor: Actor, role: str, campaign_id: int) -> Refusal | None:
    """Whether *actor* may take the role from anybody, himself included. None: yes."""
    if unattended(actor):
        return None
    appointing = ROLES[role].appointed_by if role in ROLES else SEPARATED
    for held in holding.roles_held(session, actor.on_behalf_of or actor.name, clock.now()):
        everywhere = held.role in SEPARATED or held.campaign_id == 0
        if held.role in appointing and (everywhere or held.campaign_id == campaign_id):
            return None
    return Refusal.AUTHORITY


def unattended(actor: Actor) -> bool:
    """Whether the console or the product itself acts: never a signed-in person or a token, whatever the name."""
    return actor.name in UNATTENDED and not actor.on_behalf_of and not origins.read(actor.origin).kind


def _separation(session: Session, username: str, role: str) -> Refusal | None:
    """One of the three stands alone, a role of the campaign never beside one of them. Roles that are over do not count."""
    others = set(session.scalars(_held(username))) - {role}
    return Refusal.SEPARATION if others and (role in SEPARATED or others & SEPARATED) else None


def _held(username: str) -> Select[str]:
    """Codes of the roles that *username* holds now or from a later day on."""
    return select(RoleAssignment.role).where(RoleAssignment.username == username, holding.not_over(RoleAssignment, clock.now()))


def words(session: Session, refusal: Refusal, role: str, username: str) -> str:
    """The refusal as a sentence for the page."""
    called = label(role, locale())
    if refusal is Refusal.SELF:
        return str(_("不能给自己授予角色。请由其他有权限的人员办理。"))
    if refusal is Refusal.AUTHORITY:
        by = "、".join(label(code, locale()) for code in ROLES[role].appointed_by)
        return str(_("您无权授予或收回“%(role)s”，请联系%(by)s办理。", role=called, by=by))
    held = set(session.scalars(_held(username)))
    other = " / ".join(sorted(label(code, locale()) for code in held - {role}))
    name = session.scalar(select(Account.name).where(Account.username == username)) or username
    text = _("三员分立：%(name)s 已是%(other)s，不能再任%(role)s。请把这个角色交给另一个人。")
    return str(text % {"name": name, "other": other, "role": called})
