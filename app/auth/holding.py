"""Which roles count: held at a moment, and not kept from their holder by 三员分立."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.auth.models import Account, RoleAssignment
from app.auth.roles import SEPARATED


@dataclass(frozen=True, slots=True)
class Held:
    """A role held now. ``campaign_id`` 0: in every campaign."""

    role: str
    scope: str
    campaign_id: int


@dataclass(frozen=True, slots=True)
class Breach:
    """An account that holds one of the three administrators' roles and another role beside it. See ``counts_at``."""

    username: str
    name: str
    #: codes, sorted
    roles: tuple[str, ...]


def counts_at(now: datetime) -> ColumnElement[bool]:
    """The condition on ``RoleAssignment``: held at *now*, by nobody who holds one of the three administrators' roles beside it.

    Grants are refused before (``granting``). Of what was written around that rule the campaign's roles do not count, and of two of the
    three neither, until one of them is withdrawn.
    """
    other = aliased(RoleAssignment)
    barred = exists().where(
        other.username == RoleAssignment.username, other.role.in_(SEPARATED), other.role != RoleAssignment.role, _valid(other, now)
    )
    return and_(_valid(RoleAssignment, now), ~barred)


def _valid(row: Any, now: datetime) -> ColumnElement[bool]:
    begun = or_(row.valid_from.is_(None), row.valid_from <= now)
    return and_(begun, not_over(row, now))


def not_over(row: Any, now: datetime) -> ColumnElement[bool]:
    """Held at *now* or from a later day on."""
    return or_(row.valid_until.is_(None), row.valid_until > now)


def may_stand_in(absent: Any, substitute: Any, now: datetime) -> ColumnElement[bool]:
    """The condition on two user names (columns or texts): through a substitution, too, the three administrators' roles stay apart.

    Each of the three that one of the two holds, the other holds as well.
    """
    one, other = aliased(RoleAssignment), aliased(RoleAssignment)
    both = (absent, substitute)
    shared = exists().where(other.username.in_(both), other.username != one.username, other.role == one.role, _valid(other, now))
    return ~exists().where(one.username.in_(both), one.role.in_(SEPARATED), _valid(one, now), ~shared)


def roles_held(read: Session, username: str, now: datetime) -> tuple[Held, ...]:
    """What *username* holds at *now*, in any campaign."""
    query = select(RoleAssignment.role, RoleAssignment.scope, RoleAssignment.campaign_id)
    query = query.where(RoleAssignment.username == username, counts_at(now)).order_by(RoleAssignment.key)
    return tuple(Held(*row) for row in read.execute(query))


def breaches(read: Session, now: datetime) -> list[Breach]:
    """The accounts of which a role does not count, by user name. Empty, unless somebody wrote around ``accounts.assign_role``."""
    other = aliased(RoleAssignment)
    query = (
        select(RoleAssignment.username, Account.name, RoleAssignment.role)
        .join(Account, Account.username == RoleAssignment.username)
        .where(
            not_over(RoleAssignment, now),
            exists().where(other.username == RoleAssignment.username, other.role.in_(SEPARATED), not_over(other, now)),
        )
        .order_by(RoleAssignment.username, RoleAssignment.role)
    )
    found: dict[tuple[str, str], set[str]] = {}
    for username, name, role in read.execute(query):
        found.setdefault((username, name), set()).add(role)
    return [Breach(username, name, tuple(sorted(roles))) for (username, name), roles in found.items() if len(roles) > 1]
