"""Accounts and roles: the verbs that change them. Each is recorded in the transaction that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.auth import passwords, sessions, tokens
from app.auth.language import locale
from app.auth.models import Account, RoleAssignment, Substitution
from app.auth.roles import ROLES, SEPARATED, label
from app.engine import events
from app.engine.actor import Actor


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
    """Make an account. Without password and hash nobody can sign in with a password.

    ``password_hash`` (from ``passwords.hash_password``) serves loaders that make many accounts. Flushes.
    """
    if not username or username == "new" or len(username) > 100 or not all(char.isalnum() or char in "._-" for char in username):
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
    events.record(session, "account.created", actor, detail={"username": username, "name": name})
    return account


def set_password(session: Session, account: Account, password: str, actor: Actor, *, must_change: bool = False) -> None:
    """Give an account a new password. The caller has checked ``passwords.objection``."""
    account.password_hash = passwords.hash_password(password)
    account.must_change_password = must_change
    detail = {"username": account.username, "must_change": must_change}
    events.record(session, "account.password_changed", actor, detail=detail)


def set_active(session: Session, account: Account, active: bool, actor: Actor) -> None:
    """Close or reopen an account. Closing ends its sessions at once."""
    if account.active == active:
        return
    if account.username == actor.name:
        raise AccountError(_("不能停用自己的账号，请另一位安全管理员来做。"))
    account.active = active
    if not active:
        sessions.revoke_all(session, account.username, actor)
    events.record(session, "account.opened" if active else "account.closed", actor, detail={"username": account.username})


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
    """Give a role within a scope. Held already: its times are set anew. Refuses a breach of 三员分立. Flushes."""
    if role not in ROLES:
        raise AccountError(_("没有角色 %(role)s。", role=role))
    scoped = ROLES[role].scope in ("group", "village")
    if scoped != bool(scope):
        text = _("请说明角色“%(role)s”管哪个村或哪个组。") if scoped else _("角色“%(role)s”不分村组，范围请留空。")
        raise AccountError(text % {"role": label(role, locale())})
    hold(session, username)
    account = find(session, username)
    if role in SEPARATED:
        _keep_separate(session, account, role)
        campaign_id = 0
    query = select(RoleAssignment).where(
        RoleAssignment.username == username,
        RoleAssignment.role == role,
        RoleAssignment.scope == scope,
        RoleAssignment.campaign_id == campaign_id,
    )
    assignment = session.scalar(query)
    before = _times(assignment) if assignment is not None else None
    if assignment is None:
        assignment = RoleAssignment(username=username, role=role, scope=scope, campaign_id=campaign_id, created_at=clock.real_now())
        session.add(assignment)
    assignment.valid_from, assignment.valid_until, assignment.granted_by = valid_from, valid_until, actor.name
    session.flush()
    detail = {"username": username, "role": role, "scope": scope, **_times(assignment), **({"before": before} if before else {})}
    events.record(session, "role.assigned", actor, campaign_id=campaign_id, detail=detail)
    return assignment


def _times(assignment: RoleAssignment) -> dict[str, str]:
    """From when until when a role is held; "" for no bound."""
    times = {"valid_from": assignment.valid_from, "valid_until": assignment.valid_until}
    return {name: at.isoformat() if at else "" for name, at in times.items()}


def _keep_separate(session: Session, account: Account, role: str) -> None:
    held = system_roles(session, account.username)
    in_the_way = held - {role}
    if in_the_way:
        other = " / ".join(sorted(label(code, locale()) for code in in_the_way))
        text = _("三员分立：%(name)s 已是%(other)s，不能再任%(role)s。请把这个角色交给另一个人。")
        raise AccountError(text % {"name": account.name, "other": other, "role": label(role, locale())})
    partners = select(Substitution.absent, Substitution.substitute).where(
        (Substitution.absent == account.username) | (Substitution.substitute == account.username), Substitution.until > clock.now()
    )
    for absent, substitute_name in session.execute(partners):
        partner = absent if substitute_name == account.username else substitute_name
        if system_roles(session, partner) != held | {role}:
            raise AccountError(_("%(name)s 与他人有代理关系，先结束代理，再授予%(role)s。", name=account.name, role=label(role, locale())))


def system_roles(session: Session, username: str) -> frozenset[str]:
    """Which of the three separated roles an account holds, at any time."""
    query = select(RoleAssignment.role).where(RoleAssignment.username == username, RoleAssignment.role.in_(SEPARATED))
    return frozenset(session.scalars(query))


def withdraw_role(session: Session, username: str, role: str, *, scope: str = "", campaign_id: int = 0, actor: Actor) -> None:
    """Take a role back. Recorded; AccountError when it is not held."""
    query = select(RoleAssignment).where(
        RoleAssignment.username == username,
        RoleAssignment.role == role,
        RoleAssignment.scope == scope,
        RoleAssignment.campaign_id == campaign_id,
    )
    assignment = session.scalar(query)
    if assignment is None:
        raise AccountError(_("%(username)s 没有角色“%(role)s”。", username=username, role=label(role, locale())))
    session.delete(assignment)
    session.flush()
    detail = {"username": username, "role": role, "scope": scope, **_times(assignment)}
    events.record(session, "role.withdrawn", actor, campaign_id=campaign_id, detail=detail)


def substitute(session: Session, absent: str, substitute: str, from_: datetime, until: datetime, reason: str, actor: Actor) -> Substitution:
    """Let *substitute* act for *absent* from ``from_`` until ``until`` (campaign time). Both names stand in the history. Flushes."""
    if absent == substitute:
        raise AccountError(_("自己不能代理自己，请选另一个人。"))
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


def make_token(session: Session, username: str, actor: Actor, *, label: str = "") -> str:
    """Make an API token for *username*; returned once, kept only as a hash."""
    find(session, username)
    return tokens.make(session, username, actor, label=label)


def separation_breaches(session: Session) -> list[str]:
    """User names that hold more than one of the three separated roles. Empty, unless somebody wrote around ``assign_role``."""
    held: dict[str, set[str]] = defaultdict(set)
    query = select(RoleAssignment.username, RoleAssignment.role).where(RoleAssignment.role.in_(SEPARATED))
    for username, role in session.execute(query):
        held[username].add(role)
    return sorted(username for username, roles in held.items() if len(roles) > 1)
