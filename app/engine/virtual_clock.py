"""Campaign time that people can move forward: one row that all processes follow (demonstration, simulation)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app import clock
from app.db import Database
from app.engine import events, jobs
from app.engine.actor import Actor
from app.engine.models import VirtualClock

#: Seconds for which a process believes what it last read.
FRESH = 0.5


_ROW = select(VirtualClock.anchor, VirtualClock.set_at, VirtualClock.running).where(VirtualClock.id == 1)


class BackwardError(ValueError):
    """Campaign time only goes forward: what has happened has happened."""


class _Source:
    """``clock.now()`` by the row of a database; real time while there is none."""

    def __init__(self, db: Database, tick: Callable[[], float]) -> None:
        self._db = db
        self._tick = tick
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._row: tuple[datetime, datetime, bool] | None = None

    def forget(self) -> None:
        with self._lock:
            self._read_at = None

    def __call__(self) -> datetime:
        with self._lock:
            tick = self._tick()
            if self._read_at is None or tick - self._read_at > FRESH:
                with self._db.reading() as session:
                    row = session.execute(_ROW).one_or_none()
                    self._row = (row.anchor, row.set_at, row.running) if row else None
                self._read_at = tick
            known = self._row
        return clock.real_now() if known is None else _moment(*known)


_installed: _Source | None = None


def install(db: Database, *, tick: Callable[[], float] = time.monotonic) -> None:
    """Let ``clock.now()`` of this process follow the virtual clock in *db*. Another process's change is seen within ``FRESH`` seconds."""
    global _installed
    _installed = _Source(db, tick)
    clock.set_source(_installed)


def _refresh(_session: Session | None = None) -> None:
    if _installed is not None:
        _installed.forget()


def _moment(anchor: datetime, set_at: datetime, running: bool) -> datetime:
    return anchor + (clock.real_now() - set_at) if running else anchor


def read(session: Session) -> tuple[datetime, bool] | None:
    """Campaign time and whether it runs; None: there is no virtual clock."""
    row = session.get(VirtualClock, 1, populate_existing=True)
    return (_moment(row.anchor, row.set_at, row.running), row.running) if row else None


def set_to(session: Session, at: datetime, *, running: bool = False) -> None:
    """Set campaign time; forward only (``BackwardError``). *running*: it goes on with real time from there, otherwise it stands still."""
    real = clock.real_now()
    row = session.get(VirtualClock, 1, with_for_update=True, populate_existing=True)
    if row is None:
        session.add(VirtualClock(id=1, anchor=at.astimezone(UTC), set_at=real, running=running))
    else:
        if at < _moment(row.anchor, row.set_at, row.running):
            raise BackwardError(BackwardError.__doc__)
        row.anchor, row.set_at, row.running = at.astimezone(UTC), real, running
    session.flush()
    event.listen(session, "after_commit", _refresh, once=True)


def record(session: Session, before: datetime, to: datetime, by: Actor) -> None:
    """That somebody moves the clock, for the history."""
    detail = {"from": before.astimezone(UTC).isoformat(), "until": to.astimezone(UTC).isoformat()}
    events.record(session, "clock.advanced", by, at=before, detail=detail)


def advance(db: Database, to: datetime, *, ignore_backoff: bool = False) -> int:
    """Move campaign time forward to *to*, stopping at each due timer: it runs at its own time, with everything that follows from it.

    Returns how many jobs were run. ``install`` must have been called in this process.
    The clock stands while this goes on; afterwards it runs again if it ran before.
    """
    before = db.in_transaction(read)
    if before is not None and to < before[0]:
        raise BackwardError(BackwardError.__doc__)
    running = before is not None and before[1]
    at = before[0] if before is not None else clock.now()
    ran = 0
    while True:
        _set(db, at)
        ran += jobs.drain(db, ignore_backoff=ignore_backoff, others=True)
        with db.reading() as session:
            due = jobs.next_due(session, after=at)
        if at == to:
            break
        at = to if due is None else min(due, to)
    _set(db, to, running=running)
    return ran


def _set(db: Database, at: datetime, *, running: bool = False) -> None:
    db.in_transaction(lambda session: set_to(session, at, running=running))
