"""Writes what Steps changed: one flush, then one statement for each table."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app import clock
from app.engine import events
from app.engine.change_journal import bulk
from app.engine.models import Activity, Incident, JobRow, SubscriptionRow, Task, TaskCandidate
from app.engine.rows import Batch

#: Lists of ``Batch`` and where they go.
_TABLES: list[tuple[str, Any]] = [
    ("tasks", Task),
    ("candidates", TaskCandidate),
    ("activities", Activity),
    ("subscriptions", SubscriptionRow),
    ("jobs", JobRow),
]


def write(session: Session, batch: Batch, *, running_job: int | None = None) -> None:
    """Write everything: a constant number of statements. ``StaleDataError`` if somebody else wrote the same first: run the work again."""
    try:
        _tell(session, batch, running_job)
        events.write(session, batch.stepped)
        session.flush()
        _write_ends(session, batch)
        for name, statement in _INSERTS:
            rows = getattr(batch, name)
            if rows:
                session.connection().execute(statement, rows)
    except IntegrityError as error:
        if _written_twice(error):
            raise StaleDataError("somebody else wrote this first") from error
        raise


#: Tables whose unique keys two transactions may meet at; who comes second runs again and sees the first one's work.
_CONTESTED = {"idempotency", "process_instance", "job", "message", "user_task", "activity", "subscription", "event", "chain", "call"}


def _written_twice(error: IntegrityError) -> bool:
    found = re.match(r"INSERT INTO \"?(\w+)", error.statement or "")
    return found is not None and found.group(1) in _CONTESTED and "unique" in str(error.orig).lower()


def _many(name: str) -> Any:
    return bindparam(name, expanding=True)


# Statements are made once: building one costs as much as executing it.
_LEAVE = (
    update(Activity)
    .where(Activity.key.in_(_many("keys")))
    .values(left_at=bindparam("at"), how=bindparam("in_which_way"), cause=bindparam("by_what"))
)
_CANCEL_TASKS = (
    update(Task)
    .where(Task.key.in_(_many("keys")), Task.state == "OPEN")
    .values(state="CANCELED", completed_at=bindparam("at"), revision=Task.revision + 1)
    .returning(*Task.__table__.c)
)
_FORGET_CANDIDATES = delete(TaskCandidate).where(TaskCandidate.task_key.in_(_many("keys")))
_END_JOBS = (
    delete(JobRow)
    .where(JobRow.instance_key.in_(_many("instances")), JobRow.activity_key.in_(_many("activities")), JobRow.key != bindparam("running"))
    .returning(*JobRow.__table__.c)
)
_END_SUBSCRIPTIONS = delete(SubscriptionRow).where(SubscriptionRow.key.in_(_many("keys"))).returning(*SubscriptionRow.__table__.c)
_INSERTS = [(name, insert(model.__table__)) for name, model in _TABLES]


def _tell(session: Session, batch: Batch, running_job: int | None) -> None:
    """Let the records of this transaction tell of the rows that statements here write; those that end are written now, to see them."""
    execute = session.connection().execute
    for row in batch.tasks:
        bulk.wrote(session, Task, None, row)
    for row in batch.jobs:
        bulk.wrote(session, JobRow, None, row)
    for row in batch.subscriptions:
        bulk.wrote(session, SubscriptionRow, None, row)
    for at, keys in batch.canceled_tasks.items():
        for ended in execute(_CANCEL_TASKS, {"keys": keys, "at": at}).mappings():
            bulk.wrote(session, Task, {**ended, "state": "OPEN", "completed_at": None}, dict(ended))
    if batch.closed_jobs:
        instances, activities = zip(*batch.closed_jobs, strict=True)
        asked = {"instances": list(set(instances)), "activities": list(activities), "running": running_job or 0}
        for ended in execute(_END_JOBS, asked).mappings():
            bulk.wrote(session, JobRow, dict(ended), None)
    if batch.closed_subscriptions:
        for ended in execute(_END_SUBSCRIPTIONS, {"keys": batch.closed_subscriptions}).mappings():
            bulk.wrote(session, SubscriptionRow, dict(ended), None)
    if batch.settled and any(isinstance(each, Incident) for each in session.new):
        session.flush()  # one that this very step has made may be over, too
    for instance_key, over in batch.settled.items():
        if over is None or over:
            settle = update(Incident).where(Incident.instance_key == instance_key, Incident.state == "OPEN")
            settle = settle if over is None else settle.where(Incident.activity_key.in_(over))
            settle = settle.values(state="RESOLVED", resolved_at=clock.now(), resolved_by="system")
            session.execute(settle.execution_options(synchronize_session=False))


def _write_ends(session: Session, batch: Batch) -> None:
    execute = session.connection().execute
    for (how, cause, at), keys in batch.left.items():
        execute(_LEAVE, {"keys": keys, "at": at, "in_which_way": how, "by_what": cause[:200]})
    if batch.closed_tasks:
        execute(_FORGET_CANDIDATES, {"keys": batch.closed_tasks})
