"""Jobs as rows: leased, finished, tried again. A lease is a time by the database's clock and a fence that grows with each lease."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, delete, exists, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from app import clock
from app.db import UtcDateTime
from app.engine.change_journal import bulk, engine_tables
from app.engine.models import TIMED, JobRow, ProcessInstance

#: Seconds that a worker has for the jobs that it leases together.
LEASE = 60
#: Delay before a failed job is tried again; doubles with each failure.
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=1)
#: Attempts at a job that a limit of time or memory cuts off, before a person is asked: five minutes of a busy machine.
LIMIT_ATTEMPTS = 6
#: Kind of the jobs that reach outside (``outside``): they are leased by name only.
OUTSIDE = "outside"


class LeaseLost(Exception):
    """The job is no longer this worker's: its lease ended, it was suspended, or its activity is over."""


class database_now(FunctionElement[datetime]):
    """The database's clock: all machines share it."""

    type = UtcDateTime()
    inherit_cache = True


class lease_end(FunctionElement[datetime]):
    """The database's clock, ``LEASE`` seconds ahead."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(database_now)
@compiles(lease_end)
def _standard(element: FunctionElement[datetime], _compiler: Any, **_: Any) -> str:
    return f"(CURRENT_TIMESTAMP + INTERVAL '{_ahead(element)} seconds')"


@compiles(database_now, "sqlite")
@compiles(lease_end, "sqlite")
def _sqlite(element: FunctionElement[datetime], _compiler: Any, **_: Any) -> str:
    # As UtcDateTime writes it: microseconds, UTC, no zone.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '+{_ahead(element)} seconds')"


def _ahead(element: FunctionElement[datetime]) -> int:
    return LEASE if isinstance(element, lease_end) else 0


@dataclass(frozen=True, slots=True)
class Leased:
    """A job that this worker may run."""

    key: int
    kind: str
    type: str
    campaign_id: int
    instance_key: int
    activity_key: int
    element_id: str
    occurrence: int
    due_at: datetime
    retries: int
    failures: int
    fence: int
    payload: dict[str, Any]
    created_at: datetime


def due(session: Session, limit: int, *, kinds: Collection[str] | None, ignore_backoff: bool) -> list[int]:
    """Keys of jobs that may be leased now, without taking them: work by real time first, otherwise the timers of the earliest due moment.

    Timers of one moment only: what they bring about (a cycle's next turn, a service task) may come before the next moment's timers.
    """
    query = _inside(ignore_backoff) if kinds is None else _free(ignore_backoff).where(_JOB.kind.in_(kinds))
    at = {"many": limit, "real": clock.real_now()}
    work = session.execute(query, {**at, "timer": False, "moment": clock.real_now()}).all()
    if work:
        return [key for key, _due_at in work]
    timers = session.execute(query, {**at, "timer": True, "moment": clock.now()}).all()
    return [key for key, due_at in timers if due_at == timers[0].due_at]


_JOB = JobRow.__table__.c


@cache
def _free(ignore_backoff: bool) -> Any:
    """Made once: workers ask this all the time, and a statement takes longer to make than to run."""
    query = select(_JOB.key, _JOB.due_at).where(
        _JOB.state == "READY", _JOB.timed == bindparam("timer"), _JOB.due_at <= bindparam("moment"), _unleased()
    )
    if not ignore_backoff:
        query = query.where(or_(_JOB.retry_at.is_(None), _JOB.retry_at <= bindparam("real")))
    return query.order_by(_JOB.due_at, _JOB.key).limit(bindparam("many"))


@cache
def _inside(ignore_backoff: bool) -> Any:
    return _free(ignore_backoff).where(_JOB.kind != OUTSIDE)


def _unleased() -> ColumnElement[bool]:
    return or_(JobRow.lease_until.is_(None), JobRow.lease_until < database_now())


# SQLite knows no SKIP LOCKED: there the outer condition, looked at under the write lock, is what keeps two workers apart.
_TAKE = (
    update(cast(Table, JobRow.__table__))
    .where(
        _JOB.key.in_(
            select(_JOB.key)
            .where(_JOB.key.in_(bindparam("keys", expanding=True)), _JOB.state == "READY", _unleased())
            .with_for_update(skip_locked=True)
        ),
        _JOB.state == "READY",
        _unleased(),
    )
    .values(lease_until=lease_end(), fence=_JOB.fence + 1)
    .returning(*(_JOB[name] for name in Leased.__dataclass_fields__))
)
_FINISH = delete(cast(Table, JobRow.__table__)).where(_JOB.key == bindparam("job"), _JOB.fence == bindparam("lease"), _JOB.state == "READY")


def take(session: Session, keys: Sequence[int]) -> list[Leased]:
    """Lease those of *keys* that nobody else has leased meanwhile, in order of due time."""
    jobs = [Leased(*row) for row in session.execute(_TAKE, {"keys": list(keys)})]
    return sorted(jobs, key=lambda job: (job.due_at, job.key))


def finish(session: Session, job: Leased) -> None:
    """The job is done; in the transaction of what it did. LeaseLost if it was no longer this worker's."""
    tell(session, job)
    _mine(session.execute(_FINISH, {"job": job.key, "lease": job.fence}, execution_options=bulk.TOLD))


def tell(session: Session, job: Leased, *, over: bool = True) -> None:
    """Let the records of what the job does tell that its row goes, if it is *over*."""
    if over:
        bulk.wrote(session, JobRow, {**asdict(job), "timed": job.kind in TIMED}, None)


def leave(session: Session, job: Leased, progress: dict[str, Any] | None) -> None:
    """The job is done, or a part of it: then *progress* is how far it came."""
    if progress is None:
        finish(session, job)
    else:
        again(session, job, progress)


def again(session: Session, job: Leased, payload: dict[str, Any]) -> None:
    """A part is done: keep how far it came, the rest is due at once."""
    _change(session, job, payload=payload, lease_until=None, due_at=clock.real_now())


def hold(session: Session, job: Leased) -> None:
    """Its instance is suspended: wait for ``resume``; if that has come already, run again."""
    # Locked, so that a resume comes either before this look or after the job is on hold.
    session.get(ProcessInstance, job.instance_key, with_for_update=True, populate_existing=True)
    suspended = exists().where(ProcessInstance.key == JobRow.instance_key, ProcessInstance.state == "SUSPENDED")
    held = session.execute(
        update(JobRow)
        .where(JobRow.key == job.key, JobRow.fence == job.fence, suspended)
        .values(state="SUSPENDED", lease_until=None)
        .execution_options(synchronize_session=False)
    )
    if held.rowcount == 0:  # type: ignore[attr-defined]
        _change(session, job, lease_until=None)


_BUSY = select(exists().where(_JOB.state == "READY", _JOB.lease_until >= database_now()))


def busy(session: Session) -> bool:
    """Whether some worker has a job at hand."""
    return bool(session.scalar(_BUSY))


def put_off(session: Session, job: Leased) -> None:
    """Others were quicker, several times: try again in a second. This is no failure."""
    _change(session, job, lease_until=None, retry_at=clock.real_now() + timedelta(seconds=1))


def fail(session: Session, job: Leased, message: str, *, final: bool, counts: bool = True) -> None:
    """The attempt failed: try again later, or, if *final*, wait for a person. *counts*: against the attempts that the job has."""
    delay = min(FIRST_RETRY * 2 ** min(job.failures, 20), LONGEST_RETRY)
    _change(
        session,
        job,
        lease_until=None,
        retries=max(job.retries - counts, 0),
        failures=job.failures + 1,
        state="FAILED" if final else "READY",
        retry_at=None if final else clock.real_now() + delay,
        error=message,
    )


def give_back(session: Session, jobs: Sequence[Leased]) -> None:
    """Leave jobs that were leased and not begun to others."""
    for job in jobs:
        session.execute(
            update(JobRow)
            .where(JobRow.key == job.key, JobRow.fence == job.fence)
            .values(lease_until=None)
            .execution_options(synchronize_session=False)
        )


def end_all(session: Session) -> None:
    """End all leases, after a crash: safe at any time, since a worker that still runs such a job meets the new fence."""
    session.execute(
        update(JobRow)
        .where(JobRow.lease_until.is_not(None))
        .values(lease_until=None, fence=JobRow.fence + 1)
        .execution_options(synchronize_session=False)
    )


def _change(session: Session, job: Leased, **values: Any) -> None:
    change = update(JobRow).where(JobRow.key == job.key, JobRow.fence == job.fence, JobRow.state == "READY").values(**values)
    unseen = job.kind not in engine_tables.WAITING  # whose rows nobody follows
    _mine(session.execute(change.execution_options(synchronize_session=False, changes_nothing=unseen)))


def _mine(result: Any) -> None:
    if isinstance(result, CursorResult) and result.rowcount == 0:
        raise LeaseLost(LeaseLost.__doc__)
