"""What reaches outside of the database (mail, files): jobs done in a thread of their own and outside of any transaction, at least once.

Other work never waits for a slow server, and no write lock is held meanwhile. What is asked for is a job row of the asking transaction, so
a crash loses nothing; a crash between doing and noting does it again. A failure is tried again with growing pauses, without end; from the
third one on an incident says so, and it is resolved by the first success.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import Database
from app.engine import incidents, leases, rows, store
from app.engine.actor import SYSTEM
from app.engine.errors import StepFailed
from app.engine.leases import OUTSIDE, Leased, LeaseLost
from app.engine.models import Incident, JobRow

_log = logging.getLogger(__name__)

#: Does the work; what it returns is written in the transaction that ends the job.
Doing = Callable[[Database, Leased], Callable[[Session], Any] | None]

#: The failure from which on people are told.
TOLD_AT = 3
#: Seconds between two looks.
_LOOK_EVERY = 2.0


class NotYet(Exception):
    """What it needs is still on its way: to be tried again in a moment. This is no failure."""


@dataclass(frozen=True, slots=True)
class _Kind:
    function: Doing
    #: kind of its incidents
    incident: str


_kinds: dict[str, _Kind] = {}


def does(name: str, *, incident: str) -> Callable[[Doing], Doing]:
    """Register what is done for jobs of this name, and what kind of incident its failures are."""

    def register(function: Doing) -> Doing:
        _kinds[name] = _Kind(function, incident)
        return function

    return register


def ask(session: Session, name: str, about: int, *, campaign_id: int = 0, payload: dict[str, Any] | None = None) -> None:
    """Let a worker do *name* about the object *about* after this transaction."""
    row = rows.job(OUTSIDE, type=name, instance_key=0, activity_key=about, campaign_id=campaign_id, now=clock.now(), payload=payload)
    store.write(session, rows.Batch(jobs=[row]))


def waiting(session: Session, name: str) -> list[JobRow]:
    """What was asked for under this name and is not done yet, the oldest first."""
    query = select(JobRow).where(JobRow.state == "READY", JobRow.timed.is_(False), JobRow.kind == OUTSIDE, JobRow.type == name)
    return list(session.scalars(query.order_by(JobRow.due_at, JobRow.key)))


class _Thread:
    """At most one thread of this process is at it."""

    def __init__(self) -> None:
        self.looked = 0.0
        self.running: threading.Thread | None = None


_thread = _Thread()


def keep_up(db: Database) -> None:
    """See to what is due; called by workers again and again, returns at once."""
    if time.monotonic() - _thread.looked < _LOOK_EVERY or (_thread.running is not None and _thread.running.is_alive()):
        return
    _thread.looked = time.monotonic()
    with db.reading() as session:
        if not leases.due(session, 1, kinds={OUTSIDE}, ignore_backoff=False):
            return
    _thread.running = threading.Thread(target=_run_due, args=(db,), name="daopai-outside", daemon=True)
    _thread.running.start()


def _run_due(db: Database) -> None:
    try:
        run_due(db)
    except Exception:  # the database is away: next time
        _log.warning("what reaches outside could not be done", exc_info=True)


def run_due(db: Database, *, ignore_backoff: bool = False) -> int:
    """Do what is due, each once; returns how many were tried."""
    with db.reading() as session:
        keys = leases.due(session, 100, kinds={OUTSIDE}, ignore_backoff=ignore_backoff)
    tried = 0
    for key in keys:
        # One at a time: each has its whole lease.
        for job in db.in_transaction(lambda session, key=key: leases.take(session, [key])):  # type: ignore[misc]
            _run(db, job)
            tried += 1
    return tried


def _run(db: Database, job: Leased) -> None:
    kind = _kinds.get(job.type)
    try:
        if kind is None:
            raise StepFailed(f"nobody here knows “{job.type}”", element_id="", kind="handler")
        note = kind.function(db, job)
        db.in_transaction(lambda session: _finish(session, job, note))
    except LeaseLost:
        _log.info("the job %s was no longer ours", job.key)
    except NotYet:
        db.in_transaction(lambda session: leases.put_off(session, job))
    except Exception as error:  # whatever the world says: this one is tried again, the others go on
        _log.warning("%s (job %s) failed: %s", job.type, job.key, error)
        _failed(db, job, StepFailed(str(error) or type(error).__name__, element_id="", kind=kind.incident if kind else "handler"))


def _finish(session: Session, job: Leased, note: Callable[[Session], Any] | None) -> None:
    leases.finish(session, job)
    incidents.settle(session, job.key)
    if note is not None:
        note(session)


def _failed(db: Database, job: Leased, error: StepFailed) -> None:
    def keep(session: Session) -> None:
        leases.fail(session, job, str(error), final=False)
        open_one = select(Incident.key).where(Incident.job_key == job.key, Incident.state == "OPEN").limit(1)
        if job.failures + 1 >= TOLD_AT and session.scalar(open_one) is None:
            incidents.record(session, error, job_key=job.key, actor=SYSTEM)

    try:
        db.in_transaction(keep)
    except LeaseLost:
        _log.info("the job %s was no longer ours", job.key)
