"""What the security administrator reads: lists of accounts and one account, with a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.auth import activation, attempts, holding, sessions, tokens
from app.auth.models import Account, Activation, ApiToken, LoginFailure, LoginSession, RoleAssignment, Substitution

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """As written in the address."""

    text: str
    role: str
    #: "", open, closed, locked
    state: str
    after: str

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Filters:
        return cls(args.get("q", "").strip(), args.get("role", ""), args.get("state", ""), args.get("after", ""))


@dataclass(frozen=True, slots=True)
class Line:
    """One account in the list."""

    username: str
    name: str
    active: bool
    locked_until: datetime | None
    roles: tuple[RoleAssignment, ...]


@dataclass(frozen=True, slots=True)
class Page:
    lines: list[Line]
    #: accounts of which a role does not count, whatever the filters
    breaches: list[holding.Breach]
    #: user name after which the next page begins; "" at the end
    after: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One account with everything that hangs on it."""

    username: str
    name: str
    active: bool
    has_totp: bool
    demonstration: bool
    created_at: datetime
    locked_until: datetime | None
    roles: tuple[RoleAssignment, ...]
    sessions: list[LoginSession]
    tokens: list[ApiToken]
    absences: list[Substitution]
    names: dict[str, str]
    #: what it waits for before it can be signed in to
    waits: Activation | None
    #: three administrators' role beside another one (``holding.counts_at``)
    breach: bool


def listed(session: Session, filters: Filters) -> Page:
    """One page of accounts, in four statements."""
    query = select(Account.username, Account.name, Account.active).order_by(Account.username).limit(PAGE + 1)
    now = clock.real_now()
    if filters.after:
        query = query.where(Account.username > filters.after)
    if filters.text:
        text = filters.text
        query = query.where(or_(Account.username.contains(text, autoescape=True), Account.name.contains(text, autoescape=True)))
    if filters.role:
        query = query.where(exists().where(RoleAssignment.username == Account.username, RoleAssignment.role == filters.role))
    if filters.state in ("open", "closed"):
        query = query.where(Account.active == (filters.state == "open"))
    if filters.state == "locked":
        query = query.where(exists().where(LoginFailure.username == Account.username, LoginFailure.locked_until > now))
    found = session.execute(query).all()
    shown = found[:PAGE]
    names = [username for username, _name, _active in shown]
    held: dict[str, list[RoleAssignment]] = defaultdict(list)
    for role in session.scalars(select(RoleAssignment).where(RoleAssignment.username.in_(names)).order_by(RoleAssignment.key)):
        held[role.username].append(role)
    locks = select(LoginFailure.username, func.max(LoginFailure.locked_until)).group_by(LoginFailure.username)
    locked = dict(session.execute(locks.where(LoginFailure.username.in_(names), LoginFailure.locked_until > now)).all())
    lines = [Line(username, name, active, locked.get(username), tuple(held[username])) for username, name, active in shown]
    return Page(lines, holding.breaches(session, clock.now()), names[-1] if len(found) > PAGE else "")


def detail(session: Session, username: str) -> Detail | None:
    """One account, or None."""
    account = session.scalar(select(Account).where(Account.username == username))
    if account is None:
        return None
    absences = list(
        session.scalars(
            select(Substitution)
            .where(or_(Substitution.absent == username, Substitution.substitute == username), Substitution.until > clock.now())
            .order_by(Substitution.from_)
        )
    )
    waits = activation.waits(session, username)
    mentioned = {name for entry in absences for name in (entry.absent, entry.substitute)} | ({waits.handed_by} if waits else set())
    names = session.execute(select(Account.username, Account.name).where(Account.username.in_(mentioned))).all()
    return Detail(
        username=account.username,
        name=account.name,
        active=account.active,
        has_totp=account.totp_secret is not None,
        demonstration=account.demonstration,
        created_at=account.created_at,
        locked_until=attempts.locked_until(session, username),
        roles=tuple(session.scalars(select(RoleAssignment).where(RoleAssignment.username == username).order_by(RoleAssignment.key))),
        sessions=sessions.live(session, username=username),
        tokens=tokens.of_user(session, username),
        absences=absences,
        names=dict(names),
        waits=waits,
        breach=any(each.username == username for each in holding.breaches(session, clock.now())),
    )
