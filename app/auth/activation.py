"""Activation codes: nobody signs in with what one other person knows.

Who makes an account, or gives it a new first password, knows that password. It opens nothing until a second person has handed out an
activation code, which only he has seen: the account's owner gets the two from two people. The console acts with the machine's own rights
and needs no second person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select, true
from sqlalchemy.orm import Session

from app import clock
from app.auth import granting, holding, passwords, sessions
from app.auth.models import Account, Activation, RoleAssignment
from app.auth.roles import SEPARATED
from app.engine import events
from app.engine.actor import Actor

#: How long a code that was handed out works.
LASTS = timedelta(days=7)
#: Who hands out codes for every account.
EVERYWHERE = ("admin", "security_admin")
#: Who hands out codes for the people of the own campaign.
HERE = "office"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account that waits for its activation."""

    username: str
    name: str
    #: user name and name of who made or reset it
    made_by: str
    maker: str
    made_at: datetime
    #: "" while no code was handed out
    handed_by: str
    handed_at: datetime | None
    #: made by the one who asks: somebody else hands out the code
    own: bool


def require(session: Session, username: str, actor: Actor) -> None:
    """From now on the account wants a code at its next sign-in; an older code is void. The caller records the first password."""
    forget(session, username)
    if not granting.unattended(actor):
        session.add(Activation(username=username, made_by=actor.name, made_for=actor.on_behalf_of, made_at=clock.real_now()))
        session.flush()


def forget(session: Session, username: str) -> None:
    """The account waits for no code any more."""
    found = session.get(Activation, username)
    if found is not None:
        session.delete(found)
        session.flush()


def waits(session: Session, username: str) -> Activation | None:
    """What an account waits for; None: for nothing."""
    return session.get(Activation, username)


def waiting(session: Session, actor: Actor) -> list[Waiting]:
    """The accounts for which *actor* may hand out codes, and those that he made himself, by user name."""
    query = _within_reach(session, actor)
    if query is None:
        return []
    found = session.execute(query.order_by(Activation.username)).all()
    makers = {row.made_by for row, _name in found}
    names = dict(session.execute(select(Account.username, Account.name).where(Account.username.in_(makers))).all())
    return [
        Waiting(
            *(row.username, name, row.made_by, names.get(row.made_by, row.made_by), row.made_at, row.handed_by, row.handed_at),
            own=_had_a_hand(row, actor),
        )
        for row, name in found
    ]


def may_hand_out(session: Session, username: str, actor: Actor) -> bool:
    """Whether *actor* is the second person for this account: not who made it, for whomever he acts, and not its owner."""
    query = _within_reach(session, actor)
    found = session.execute(query.where(Activation.username == username)).first() if query is not None else None
    return found is not None and not _had_a_hand(found[0], actor) and username not in _people(actor)


def hand_out(session: Session, username: str, actor: Actor) -> str:
    """A new code, shown this once; one from before is void. Recorded. PermissionError where ``may_hand_out`` is False."""
    if not may_hand_out(session, username, actor):
        raise PermissionError(username)
    code = passwords.first_password()
    row = session.get_one(Activation, username)
    row.code_hash, row.handed_by, row.handed_at = _hash(username, code), actor.name, clock.real_now()
    session.flush()
    events.record(session, "account.activation_code_handed_out", actor, detail={"username": username, "made_by": row.made_by})
    return code


def use(session: Session, username: str, given: str, actor: Actor) -> bool:
    """Whether *given* is the account's code and still works; the account is activated then. Recorded. The caller holds the account."""
    row = session.get(Activation, username)
    if row is None or not row.code_hash or row.handed_at is None or row.handed_at + LASTS <= clock.real_now():
        return False
    if row.code_hash != _hash(username, given):
        return False
    detail = {"username": username, "made_by": row.made_by, "handed_by": row.handed_by}
    forget(session, username)
    events.record(session, "account.activated", actor, detail=detail)
    return True


def others(session: Session, username: str) -> list[str]:
    """The names of those who may hand out the code of an account that waits, by name."""
    held = select(RoleAssignment.username).where(RoleAssignment.role.in_((*EVERYWHERE, HERE)), holding.counts_at(clock.now()))
    people = session.execute(select(Account.username, Account.name).where(Account.username.in_(held), Account.active)).all()
    return sorted(name for who, name in people if may_hand_out(session, username, Actor(who)))


def _within_reach(session: Session, actor: Actor):  # type: ignore[no-untyped-def]
    """The query for the waiting accounts that *actor* looks after, as (Activation, name); None when there can be none."""
    held = holding.roles_held(session, actor.on_behalf_of or actor.name, clock.now())
    query = select(Activation, Account.name).join(Account, Account.username == Activation.username).where(Account.active)
    if any(each.role in EVERYWHERE for each in held):
        return query
    campaigns = {each.campaign_id for each in held if each.role == HERE}
    if not campaigns:
        return None
    holds = RoleAssignment.username == Activation.username
    here = exists().where(holds, true() if 0 in campaigns else RoleAssignment.campaign_id.in_(campaigns))
    return query.where(here, ~exists().where(holds, RoleAssignment.role.in_(SEPARATED)))


def _people(actor: Actor) -> set[str]:
    return {actor.name, actor.on_behalf_of} - {""}


def _had_a_hand(row: Activation, actor: Actor) -> bool:
    return not _people(actor).isdisjoint({row.made_by, row.made_for})


def _hash(username: str, code: str) -> str:
    plain = "".join(char for char in code.lower() if char.isalnum())
    return sessions.fingerprint(f"activation {username} {plain}")
