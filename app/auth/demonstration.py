"""The demonstration's strip: take any account, move the clock. Not part of the product; refused in production."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth.holding import counts_at
from app.auth.models import Account, RoleAssignment
from app.auth.roles import ROLES, Role
from app.engine import virtual_clock
from app.engine.actor import Actor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visitor:
    """An account that a visitor may take."""

    username: str
    name: str
    #: codes of villages or groups
    scopes: tuple[str, ...]


@dataclass(slots=True)
class Advance:
    """The clock on its way. One at a time; a page may be left meanwhile."""

    start: datetime
    target: datetime
    error: str = ""
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def percent(self) -> int:
        """How far the clock has come, 0 to 100."""
        whole = (self.target - self.start).total_seconds()
        gone = (clock.now() - self.start).total_seconds()
        return 100 if self.done.is_set() else max(0, min(99, round(100 * gone / whole))) if whole > 0 else 0


_one_at_a_time = threading.Lock()


def accounts_by_role(session: Session) -> list[tuple[Role, list[Visitor]]]:
    """The demonstration's accounts under each of their roles, in the plan's order."""
    query = (
        select(Account.username, Account.name, RoleAssignment.role, RoleAssignment.scope)
        .join(RoleAssignment, RoleAssignment.username == Account.username)
        .where(Account.demonstration, Account.active, counts_at(clock.now()))
        .order_by(RoleAssignment.scope, Account.username)
    )
    found: dict[str, dict[str, Visitor]] = {}
    for username, name, role, scope in session.execute(query):
        visitors = found.setdefault(role, {})
        seen = visitors.get(username, Visitor(username, name, ()))
        visitors[username] = Visitor(username, name, (*seen.scopes, scope) if scope else seen.scopes)
    return [(role, list(found[code].values())) for code, role in ROLES.items() if code in found]


def is_loaded(app: Flask, session: Session) -> bool:
    """Whether this is the demonstration: not production, and its accounts are there."""
    if app.config["DAOPAI"].production:
        return False
    return session.scalar(select(Account.key).where(Account.demonstration).limit(1)) is not None


def this_evening(now: datetime) -> datetime:
    """The next 20:00 in the campaign's zone."""
    return _next(now, time(20))


def tomorrow_morning(now: datetime) -> datetime:
    """The next 8:00 in the campaign's zone."""
    return _next(now, time(8))


def _next(now: datetime, at: time) -> datetime:
    here = clock.local(now)
    found = here.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return found if found > here else found + timedelta(days=1)


def running_advance(app: Flask) -> Advance | None:
    """The last movement of the clock, still going or just ended."""
    found: Advance | None = app.extensions.get("daopai.advance")
    return found


def start_advance(app: Flask, target: datetime, by: Actor) -> Advance | None:
    """Move the clock to *target* in the background, and record it; None when it is moving already or the target lies in the past."""
    with _one_at_a_time:
        current = running_advance(app)
        now = clock.now()
        if target <= now or (current is not None and not current.done.is_set()):
            return None
        advance, database = Advance(now, target), app.extensions["daopai.db"]
        database.in_transaction(lambda write: virtual_clock.record(write, now, target, by))
        app.extensions["daopai.advance"] = advance
    threading.Thread(target=_run, args=(database, advance), name="daopai-clock", daemon=True).start()
    return advance


def _run(database: Any, advance: Advance) -> None:
    try:
        virtual_clock.advance(database, advance.target)
    except Exception as error:
        # A thread has nobody to raise to: the strip shows it.
        log.exception("the demonstration's clock could not be moved")
        advance.error = str(error)
    finally:
        advance.done.set()
