"""Accounts and roles: the verbs that change them. Each is recorded in the transaction that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.auth import activation, granting, holding, offering, passwords, recovery, scopes, sessions, tokens
from app.auth.language import locale
from app.auth.models import Account, RoleAssignment, Substitution
from app.auth.roles import ROLES, SEPARATED, label
from app.engine import events
from app.engine.actor import Actor

#: Appointments that follow from others are the product's own act.
CARRIED = Actor("system", origin="appointment")


class AccountError(Exception):
    """What was asked for is not allowed; the message tells the user why and what to do."""


def find(session: Session, username: str) -> Account:
    """The account of *username*; AccountError when there is none."""
    account = session.scalar(select(Account).where(Account.username == username))
    if account is None:
        raise AccountError(_("没有账号 %(username)s。", username=username))
    return account


def hold(session: Session, *usernames: str) -> None:
    """Keep everybody else from changing these accounts until the transaction ends, so that what is checked now stays true.

    An update that changes nothing: it locks the rows in PostgreSQL and takes the write lock of SQLite, which knows no FOR UPDATE.
    """
    for username in sorted(usernames):
        same = update(Account).where(Account.username == username).values(active=Account.active)
        session.execute(same.execution_options(changes_nothing=True))


def create_user(
    session: Session,
    username: str,
    name: str,
    *,
    password: str | None = None,
    password_hash: str | None = None,
    actor: Actor,
    locale: str = "",
    demonstration: bool = False,
    must_change_password: bool = False,
) -> Account:
    """Make an account. Without password and hash nobody can sign in with a password; a first password wants a code (``activation``).

    ``password_hash`` (from ``passwords.hash_password``) serves loaders that make many accounts. Flushes.
    """
    plain = 0 < len(username) <= 100 and all(char.isalnum() or char in "._-" for char in username)
    if not plain or username in {"new", *granting.UNATTENDED}:
        raise AccountError(_("用户名只能用字母、数字、点、横线和下划线。"))
    account = Account(
        username=username,
        name=name,
        password_hash=passwords.hash_password(password) if password else password_hash,
        must_change_password=must_change_password,
        locale=locale,
        demonstration=demonstration,
        created_at=clock.real_now(),
    )
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        raise AccountError(_("用户名 %(username)s 已经有人用了，请换一个。", username=username)) from error
    if must_change_password:
        activation.require(session, username, actor)
    events.record(session, "account.created", actor, detail={"username": username, "name": name})
    offering.changed(session, username, actor)
    return account


def set_password(session: Session, account: Account, password: str, actor: Actor, *, must_change: bool = False) -> None:
    """Give an account a new password; its API tokens end. The caller has checked ``passwords.objection``."""
    account.password_hash = passwords.hash_password(password)
    account.must_change_password = must_change
    tokens.revoke_all(session, account.username, actor)
    if must_change:
        activation.require(session, account.username, actor)
    detail = {"username": account.username, "must_change": must_change}
    events.record(session, "account.password_changed", actor, detail=detail)


def set_active(session: Session, account: Account, active: bool, actor: Actor) -> None:
    """Close or reopen an account. Closing ends its sessions and API tokens at once."""
    if account.active == active:
        return
    if account.username == actor.name:
        raise AccountError(_("不能停用自己的账号，请另一位安全管理员来做。"))
    account.active = active
    if not active:
        sessions.revoke_all(session, account.username, actor)
        tokens.revoke_all(session, account.username, actor)
    events.record(session, "account.opened" if active else "account.closed", actor, detail={"username": account.username})
    offering.changed(session, account.username, actor)


def assign_role(
    session: Session,
    username: str,
    role: str,
    *,
    scope: str = "",
    campaign_id: int = 0,
    actor: Actor,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> RoleAssignment:
    """Give a role within a scope. Held already: its times are set anew.

    AccountError where ``granting.may_grant`` refuses. Flushes.
    """
    if role not in ROLES:
        raise AccountError(_("没有角色 %(role)s。", role=role))
    _fitting_scope(role, scope)
    hold(session, username)
    account = find(session, username)
    if role in SEPARATED:
        campaign_id = 0
    assignment = _assignment(session, username, role, scope, campaign_id)
    refusal = granting.may_grant(session, actor, role, username, campaign_id)
    if refusal is not None:
        raise AccountError(granting.words(session, refusal, role, username))
    if role in SEPARATED:
        _no_partner_outside(session, account, role)
    before = _times(assignment) if assignment is not None else None
    if assignment is None:
        assignment = RoleAssignment(username=username, role=role, scope=scope, campaign_id=campaign_id, created_at=clock.real_now())
        session.add(assignment)
    assignment.valid_from, assignment.valid_until, assignment.granted_by = valid_from, valid_until, actor.name
    session.flush()
    detail = {"username": username, "role": role, "scope": scope, **_times(assignment), **({"before": before} if before else {})}
    events.record(session, "role.assigned", actor, campaign_id=campaign_id, detail=detail)
    offering.changed(session, username, actor)
    return assignment


def _fitting_scope(role: str, scope: str) -> None:
    scoped = ROLES[role].scope in ("group", "village")
    if scoped != bool(scope):
        text = _("请说明角色“%(role)s”管哪个村或哪个组。") if scoped else _("角色“%(role)s”不分村组，范围请留空。")
        raise AccountError(text % {"role": label(role, locale())})


def carry_over(session: Session, role: str, from_campaign: int, to_campaign: int) -> None:
    """Whoever holds *role* in one campaign is appointed to it in another as well. A new campaign so has the office that made it.

    The product does it, with the appointment that was made before: nobody appoints himself.
    """
    held = (RoleAssignment.role == role) & RoleAssignment.campaign_id.in_((0, from_campaign)) & holding.counts_at(clock.now())
    query = select(RoleAssignment).join(Account, Account.username == RoleAssignment.username).where(held, Account.active)
    for each in session.scalars(query.order_by(RoleAssignment.key)).all():
        if holds(session, each.username, role, each.scope, to_campaign):
            continue
        times = {"valid_from": each.valid_from, "valid_until": each.valid_until}
        assign_role(session, each.username, role, scope=each.scope, campaign_id=to_campaign, actor=CARRIED, **times)


def _times(assignment: RoleAssignment) -> dict[str, str]:
    """From when until when a role is held; "" for no bound."""
    times = {"valid_from": assignment.valid_from, "valid_until": assignment.valid_until}
    return {name: at.isoformat() if at else "" for name, at in times.items()}


def _no_partner_outside(session: Session, account: Account, role: str) -> None:
    """A running substitution would bring the role together with others."""
    partners = select(Substitution.absent, Substitution.substitute).where(
        (Substitution.absent == account.username) | (Substitution.substitute == account.username), Substitution.until > clock.now()
    )
    for absent, substitute_name in session.execute(partners):
        partner = absent if substitute_name == account.username else substitute_name
        if system_roles(session, partner) != {role}:
            raise AccountError(_("%(name)s 与他人有代理关系，先结束代理，再授予%(role)s。", name=account.name, role=label(role, locale())))


def holds(session: Session, username: str, role: str, scope: str, campaign_id: int) -> bool:
    """Whether exactly this is given already, whatever its times."""
    return _assignment(session, username, role, scope, campaign_id) is not None


def _assignment(session: Session, username: str, role: str, scope: str, campaign_id: int) -> RoleAssignment | None:
    query = select(RoleAssignment).where(
        RoleAssignment.username == username,
        RoleAssignment.role == role,
        RoleAssignment.scope == scope,
        RoleAssignment.campaign_id == campaign_id,
    )
    return session.scalar(query)


def system_roles(session: Session, username: str) -> frozenset[str]:
    """Which of the three separated roles an account holds, at any time."""
    query = select(RoleAssignment.role).where(RoleAssignment.username == username, RoleAssignment.role.in_(SEPARATED))
    return frozenset(session.scalars(query))


def withdraw_role(session: Session, username: str, role: str, *, scope: str = "", campaign_id: int = 0, actor: Actor) -> None:
    """Take a role back. Recorded; AccountError when it is not held, or not the actor's to take."""
    if role not in ROLES:
        raise AccountError(_("没有这个角色。"))
    refusal = granting.may_withdraw(session, actor, role, campaign_id)
    if refusal is not None:
        raise AccountError(granting.words(session, refusal, role, username))
    assignment = _assignment(session, username, role, scope, campaign_id)
    if assignment is None:
        raise AccountError(_("%(username)s 没有角色“%(role)s”。", username=username, role=label(role, locale())))
    session.delete(assignment)
    session.flush()
    detail = {"username": username, "role": role, "scope": scope, **_times(assignment)}
    events.record(session, "role.withdrawn", actor, campaign_id=campaign_id, detail=detail)
    offering.changed(session, username, actor, (role, scope))


def substitute(session: Session, absent: str, substitute: str, from_: datetime, until: datetime, reason: str, actor: Actor) -> Substitution:
    """Let *substitute* act for *absent* from ``from_`` until ``until`` (campaign time). Both names stand in the history. Flushes."""
    if absent == substitute:
        raise AccountError(_("代理人不能为本人，请重新选择。"))
    if substitute in (actor.name, actor.on_behalf_of):
        raise AccountError(_("不能指定自己代理他人，请由离岗人员本人登记。"))
    if until <= from_:
        raise AccountError(_("代理的结束时间要晚于开始时间。"))
    if not reason.strip():
        raise AccountError(_("请写明请假或代理的原因。"))
    hold(session, absent, substitute)
    away, stands_in = find(session, absent), find(session, substitute)
    # Through a substitution nobody may come to hold two of the three, nor may one of the three come to see households.
    if system_roles(session, absent) != system_roles(session, substitute):
        raise AccountError(_("三员分立：%(one)s 与 %(other)s 不能互相代理。", one=away.name, other=stands_in.name))
    entry = Substitution(
        absent=absent,
        substitute=substitute,
        from_=from_,
        until=until,
        reason=reason.strip(),
        created_by=actor.name,
        created_at=clock.real_now(),
    )
    session.add(entry)
    session.flush()
    detail = {"absent": absent, "substitute": substitute, "from": from_.isoformat(), "until": until.isoformat(), "reason": entry.reason}
    events.record(session, "substitution.made", actor, detail=detail)
    return entry


def end_substitution(session: Session, entry: Substitution, actor: Actor) -> None:
    """End a substitution now."""
    now = clock.now()
    if entry.until > now:
        before, entry.until = entry.until, max(now, entry.from_)
        people = {"absent": entry.absent, "substitute": entry.substitute}
        events.record(session, "substitution.ended", actor, detail={**people, "old": before.isoformat(), "new": entry.until.isoformat()})


def make_token(
    session: Session,
    username: str,
    actor: Actor,
    *,
    label: str = "",
    allowed: Iterable[str] = scopes.SCOPES,
    lasts: timedelta = scopes.USUAL,
) -> str:
    """Make an API token for *username* with these scopes; returned once, kept only as a hash. AccountError when it would last too long."""
    find(session, username)
    if not timedelta() < lasts <= scopes.LONGEST:
        raise AccountError(_("接口密钥的有效期最长 %(days)s 天。", days=scopes.LONGEST.days))
    return tokens.make(session, username, actor, label=label, allowed=scopes.stored(allowed), until=clock.real_now() + lasts)


def drop_second_factor(session: Session, account: Account, actor: Actor) -> None:
    """Without second factor and recovery codes from now on. Recorded; without one nothing happens."""
    if account.totp_secret is not None:
        account.totp_secret = None
        recovery.forget(session, account.username)
        events.record(session, "account.second_factor_removed", actor, detail={"username": account.username})
