"""Who may touch whose objects: the cells of the role × object matrix.

A feature declares its cells in ``tests/<feature>/idor.py`` as ``CELLS: list[Cell]``; ``tests/test_routes.py`` calls each as every
person of the world below and fails on an address with an object in it that no cell declares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.auth import sessions
from app.auth.roles import ROLES
from app.db import Database
from tests import web

#: Where a person's role is held: in the village and group of the objects, in others of the same campaign, in another campaign.
HERE, THERE, ELSEWHERE = "here", "there", "elsewhere"
SCOPES = {"group": {HERE: ":G03", THERE: ":G04", ELSEWHERE: ":G03"}, "village": {HERE: ":V05", THERE: ":V06", ELSEWHERE: ":V05"}}
OTHER_CAMPAIGN = 9


@dataclass(frozen=True)
class Cell:
    """One address with an object in it."""

    endpoint: str
    #: makes a fresh object that belongs to campaign 7, village V05, group G03 (and to ``office@here`` where it is personal); returns the
    #: values of the address
    make: Callable[[Database], dict[str, Any]]
    #: the persons who may: ``"investigator@here"``; everybody else gets 403 or 404
    open_to: frozenset[str]
    method: str = "GET"
    data: dict[str, Any] = field(default_factory=dict)
    json: bool = False


def people(db: Database) -> list[str]:
    """One person per role and place: ``office@here``, ``investigator@there``, ``admin``. Returns their user names (``@`` is ``.``)."""
    names = []
    for code, role in ROLES.items():
        if role.scope == "system":
            names.append(web.person(db, code, code))
            continue
        for place in (HERE, ELSEWHERE) if role.scope == "town" else (HERE, THERE, ELSEWHERE):
            campaign = OTHER_CAMPAIGN if place == ELSEWHERE else web.CAMPAIGN
            scope = SCOPES.get(role.scope, {}).get(place, "")
            names.append(web.person(db, f"{code}.{place}", code + scope, campaign_id=campaign))
    return names


def held(*roles: str, at: str = HERE) -> frozenset[str]:
    """The persons who hold *roles* at a place; system roles have none."""
    return frozenset(role if ROLES[role].scope == "system" else f"{role}@{at}" for role in roles)


def signed_in(db: Database) -> dict[str, str]:
    """The people of the world, each with a session: user name → the session's token."""
    names = people(db)

    def work(session: Any) -> dict[str, str]:
        return {name: sessions.open_session(session, name, how="password", ip="127.0.0.1", agent="test") for name in names}

    return db.in_transaction(work)
