"""Due work: timers, service tasks, children, messages, signals. Each job runs in a transaction of its own.

A job is leased in one transaction and run in another, in which its effects, the token's step and the job's end happen together or not at
all. Timers are due by campaign time, other work by real time. A job that fails is tried again later; after its last attempt an incident
waits for a person. No job waits for another.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import Database, RevisionConflict, outage
from app.engine import batches, call_activities, housekeeping, idempotency, incidents, leases, messages, signals, timer_jobs
from app.engine import step as steps
from app.engine.actor import SYSTEM
from app.engine.errors import LIMIT, BpmnError, Conflict, EngineError, StepFailed, cut_off
from app.engine.handlers import Context, find, handler, known_types
from app.engine.leases import Leased, LeaseLost
from app.engine.models import JobRow
from app.engine.work import Work

__all__ = ["KINDS", "BpmnError", "Context", "Worker", "drain", "handler", "known_types", "next_due", "release_leases", "run_due", "run_one"]

_log = logging.getLogger(__name__)

#: Jobs leased together; each still has its own transaction.
_BATCH = 10
#: Seconds after which the rest of a batch is given back, well before its lease ends.
_BATCH_TIME = leases.LEASE / 2


def run_due(
    db: Database,
    *,
    limit: int = 100,
    kinds: Collection[str] | None = None,
    ignore_backoff: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Run up to *limit* due jobs; returns how many were tried.

    *ignore_backoff*: a failed job is tried again at once (simulation, tests). *stopping* is asked before each job.
    """
    tried = 0
    while tried < limit and not stopping():
        with db.reading() as session:
            keys = leases.due(session, min(_BATCH, limit - tried), kinds=kinds, ignore_backoff=ignore_backoff)
        if not keys:
            break
        batch = db.in_transaction(lambda session, keys=keys: leases.take(session, keys))  # type: ignore[misc]
        began = time.monotonic()
        for number, job in enumerate(batch):
            if stopping() or time.monotonic() - began > _BATCH_TIME:
                db.in_transaction(lambda session, rest=batch[number:]: leases.give_back(session, rest))  # type: ignore[misc]
                break
            _run(db, job)
            tried += 1
    return tried


def run_one(db: Database, key: int) -> bool:
    """Run the job *key* now, whatever it waits for; False if it is no longer ready, or at another worker's hand."""
    batch = db.in_transaction(lambda session: leases.take(session, [key]))
    for job in batch:
        _run(db, job)
    return bool(batch)


def drain(db: Database, *, ignore_backoff: bool = False, others: bool = False, kinds: Collection[str] | None = None) -> int:
    """Run jobs until nothing is due any more; returns how many were tried. *others*: wait for jobs that other workers have at hand, too."""
    tried = 0
    while True:
        ran = run_due(db, ignore_backoff=ignore_backoff, kinds=kinds)
        tried += ran
        if ran == 0 and not (others and _wait_for_others(db)):
            return tried


def _wait_for_others(db: Database) -> bool:
    """True if another worker was busy; waits for a moment then."""
    with db.reading() as session:
        busy = leases.busy(session)
    if busy:
        threading.Event().wait(0.02)
    return busy


def next_due(session: Session, *, after: datetime | None = None) -> datetime | None:
    """Campaign time of the next timer (*after* a moment); None if no timer waits."""
    query = select(JobRow.due_at).where(JobRow.state == "READY", JobRow.timed.is_(True))
    if after is not None:
        query = query.where(JobRow.due_at > after)
    return session.scalar(query.order_by(JobRow.due_at).limit(1))


def release_leases(db: Database) -> None:
    """End all leases, e.g. at a start after a crash, so that nobody waits for their end. Safe while other workers run."""
    db.in_transaction(leases.end_all)


# --- one job --------------------------------------------------------------------------------------------------------------


def _run(db: Database, job: Leased) -> None:
    try:
        db.in_transaction(lambda session: _do(session, job))
    except LeaseLost:
        _log.info("job %s was no longer ours", job.key)
    except Conflict as error:
        _settle_conflict(db, job, error)
    except RevisionConflict:
        _after(db, lambda session: leases.put_off(session, job))
    except Exception as error:  # whatever a handler raises: this job fails, the others go on
        if outage(error) is not None:
            # No fault of the job's: it is tried again. While the database stays away, the worker waits and looks again.
            _after(db, lambda session: leases.put_off(session, job))
            return
        _log.warning("job %s (%s %s at %s) failed: %s", job.key, job.kind, job.type, job.element_id, error, exc_info=error)
        _fail(db, job, error)


def _do(session: Session, job: Leased) -> None:
    work = Work(session, SYSTEM, now=_moment(job), running_job=job.key)
    progress = _DO[job.kind](work, job)
    leases.tell(session, job, over=progress is None)
    work.write()
    leases.leave(session, job, progress)


def _moment(job: Leased) -> datetime:
    """The campaign time at which the job acts: now, also when it was due long ago, and never before the step that made it."""
    return max(clock.now(), job.created_at)


def _settle_conflict(db: Database, job: Leased, error: Conflict) -> None:
    """A suspended instance: the job waits for its resumption. An activity or instance that has ended: nothing is left to do."""
    if error.code == "instance_suspended":
        _after(db, lambda session: leases.hold(session, job))
    elif error.code in {"activity_gone", "instance_ended"}:
        _after(db, lambda session: leases.finish(session, job))
    else:
        _fail(db, job, error)


def _fail(db: Database, job: Leased, error: Exception) -> None:
    # A step that fails will fail again until a person mends something; only limits may be a matter of the moment.
    limit, lasting = cut_off(error), isinstance(error, StepFailed) and error.kind != LIMIT
    final = job.failures + 1 >= leases.LIMIT_ATTEMPTS if limit else lasting or job.retries <= 1

    def keep(session: Session) -> None:
        leases.fail(session, job, incidents.describe(error)[1], final=final, counts=not limit)
        if final:
            incidents.record(session, error, job_key=job.key)

    _after(db, keep)


def _after(db: Database, work: Callable[[Session], None]) -> None:
    try:
        db.in_transaction(work)
    except LeaseLost:
        _log.info("a job was no longer ours")


def _service(work: Work, job: Leased) -> None:
    function = find(job.type)
    if function is None:
        raise StepFailed(f"no handler is registered for the task type “{job.type}”", element_id=job.element_id, kind="handler")
    payload = job.payload
    context = Context(
        key=job.key,
        instance_key=job.instance_key,
        activity_key=job.activity_key,
        element_id=job.element_id,
        type=job.type,
        headers=payload["headers"],
        variables=payload["variables"],
        campaign_id=job.campaign_id,
        subject=payload["subject"],
        scope=payload["scope"],
        now=work.now,
    )
    command: steps.Command
    try:
        command = steps.Complete(job.activity_key, function(work.session, context) or {})
    except Conflict as error:
        # About something else that the handler touched, not about this instance: a failure like any other.
        raise EngineError(str(error)) from error
    except BpmnError as error:
        # What the handler wrote before it gave up is not kept.
        work.session.rollback()
        command = steps.ThrowError(job.activity_key, error.code, str(error), error.variables)
    instance = work.load(job.instance_key)
    if isinstance(command, steps.ThrowError):
        detail = {"code": command.code, "message": command.message}
        work.record("error.thrown", instance, key=job.activity_key, element_id=job.element_id, detail=detail)
    work.step(instance, command)


_DO: dict[str, Callable[[Work, Leased], dict[str, Any] | None]] = {
    "timer": timer_jobs.fire,
    "timer_start": timer_jobs.start,
    "service": _service,
    "children": call_activities.start_more,
    "child_ended": call_activities.child_ended,
    "child_escalated": call_activities.child_escalated,
    "cancel_children": call_activities.cancel_more,
    "message": messages.deliver,
    "message_expiry": messages.expire,
    "subscription": messages.look,
    "restart": messages.look_for_start,
    "signal": signals.spread,
    "signal_delivery": signals.signal,
    "batch": batches.run,
}
KINDS = frozenset(_DO)  #: every kind of job


# --- the worker -----------------------------------------------------------------------------------------------------------


class Worker:
    """A thread that runs due jobs: at once after a commit of this process, otherwise it looks every second."""

    def __init__(self, db: Database, *, poll: float = 1.0, housekeeping: float = 3600.0) -> None:
        self.db = db
        self._poll = poll
        self._housekeeping = housekeeping
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._swept = time.monotonic()

    def start(self) -> None:
        """Begin, once."""
        if self._thread is not None:
            raise RuntimeError("this worker has been started already")
        self.db.on_commit(self.wake)
        self._thread = threading.Thread(target=self._work, name="daopai-worker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look for due jobs now."""
        self._wake.set()

    def stop(self, timeout: float = 30.0) -> None:
        """Finish the job at hand and end. What was leased and not begun is left to others."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            if not self._look():
                self._wake.wait(self._poll)

    def _look(self) -> int:
        try:
            if time.monotonic() - self._swept > self._housekeeping:
                self._swept = time.monotonic()
                self.db.in_transaction(_sweep)
            housekeeping.run(self.db)
            return run_due(self.db, stopping=self._stop.is_set)
        except Exception:  # the database is away: the worker outlives it and looks again
            _log.warning("the worker could not look for jobs", exc_info=True)
            return 0


def _sweep(session: Session) -> None:
    idempotency.forget_old(session)
    messages.forget_old(session, clock.now())
