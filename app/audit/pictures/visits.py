"""The visits that pictures are made of: those of the newest instances of one version, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.audit import form_times
from app.engine.models import Activity, Event, ProcessInstance, Task
from app.forms.models import Submission

#: Instances that one picture looks at, the newest: medians do not need more, and a page must not read a whole country.
INSTANCES = 1_000


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a token to an element."""

    key: int
    instance: int
    element: str
    name: str
    kind: str
    entered: datetime
    left: datetime | None
    how: str


@dataclass(frozen=True, slots=True)
class Work:
    """A completed user task: since when it was there, when somebody began to work on it (None: nothing tells), when it was done."""

    element: str
    created: datetime
    begun: datetime | None
    completed: datetime


@dataclass(frozen=True, slots=True)
class Ran:
    """What was read: the instances (key → state) of how many, their visits in order, their finished work."""

    instances: Mapping[int, str]
    total: int
    visits: Sequence[Visit]
    works: Sequence[Work]


def load(session: Session, campaign: int, definition: int) -> Ran:
    """The newest instances of this version in this campaign, in a constant number of statements."""
    where = (ProcessInstance.campaign_id == campaign, ProcessInstance.definition_key == definition)
    total = session.scalar(select(func.count()).select_from(ProcessInstance).where(*where)) or 0
    newest = select(ProcessInstance.key).where(*where).order_by(ProcessInstance.key.desc()).limit(INSTANCES)
    instances = dict(session.execute(select(ProcessInstance.key, ProcessInstance.state).where(ProcessInstance.key.in_(newest))).all())
    columns = (
        Activity.key,
        Activity.instance_key,
        Activity.element_id,
        Activity.element_name,
        Activity.kind,
        Activity.entered_at,
        Activity.left_at,
        Activity.how,
    )
    rows = session.execute(select(*columns).where(Activity.instance_key.in_(newest)).order_by(Activity.instance_key, Activity.key))
    return Ran(instances, total, [Visit(*row) for row in rows], _works(session, campaign, newest))


def _works(session: Session, campaign: int, instances: Select[int]) -> list[Work]:
    """Completed tasks of these instances. Work begins when the task is first taken, or with the visit that its form states."""
    query = select(Task.key, Task.element_id, Task.created_at, Task.completed_at, Task.form_id)
    done = session.execute(
        query.where(Task.instance_key.in_(instances), Task.state == "COMPLETED", Task.completed_at.is_not(None)).order_by(Task.key)
    ).all()
    claimed = select(Event.activity_key, func.min(Event.at)).where(Event.instance_key.in_(instances), Event.kind == "task.claimed")
    taken = dict(session.execute(claimed.group_by(Event.activity_key)).all())
    visited = _visited(session, campaign, instances, {row.form_id for row in done if row.form_id})
    return [
        Work(
            row.element_id,
            row.created_at,
            _begun(row.created_at, row.completed_at, taken.get(row.key), visited.get(row.key)),
            row.completed_at,
        )
        for row in done
    ]


def _begun(created: datetime, completed: datetime, *told: datetime | None) -> datetime | None:
    """The first moment that something tells of. What lies outside of the task's own time is no begin of it: nobody may guess."""
    return min((at for at in told if at is not None and created <= at <= completed), default=None)


def _visited(session: Session, campaign: int, instances: Select[int], forms: set[str]) -> dict[int, datetime]:
    """Task → begin of the visit, as the form says it that completed it."""
    stating = form_times.visit_forms(session, Submission.campaign_id == campaign, Submission.form_id.in_(forms))
    if not stating:
        return {}
    tasks = select(Task.key).where(Task.instance_key.in_(instances), Task.form_id.in_(stating))
    rows = session.execute(select(Submission.task_key, form_times.VISIT_START).where(Submission.task_key.in_(tasks))).all()
    return {task: at for task, text in rows if task and (at := form_times.moment(text)) is not None}
