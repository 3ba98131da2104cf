"""The visits that pictures are made of: those of the newest instances of one version, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.engine.models import Activity, Event, ProcessInstance, Task

#: Instances that one picture looks at, the newest: medians do not need more, and a page must not read a whole country.
INSTANCES = 1_500


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
    """A completed user task: since when it was there, when it was first taken (None: never before it was done), when it was done."""

    element: str
    created: datetime
    claimed: datetime | None
    completed: datetime


@dataclass(frozen=True, slots=True)
class Ran:
    """What was read: the instances (key → state) of how many, their visits in order, their finished work."""

    instances: Mapping[int, str]
    total: int
    visits: Sequence[Visit]
    works: Sequence[Work]


def load(session: Session, campaign: int, definition: int) -> Ran:
    """The newest instances of this version in this campaign. Four statements."""
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
    return Ran(instances, total, [Visit(*row) for row in rows], _works(session, newest))


def _works(session: Session, instances: Select[int]) -> list[Work]:
    """Completed tasks of these instances with the moment when somebody first took them."""
    claims = (
        select(Event.activity_key, func.min(Event.at).label("at"))
        .where(Event.instance_key.in_(instances), Event.kind == "task.claimed")
        .group_by(Event.activity_key)
        .subquery()
    )
    query = (
        select(Task.element_id, Task.created_at, claims.c.at, Task.completed_at)
        .outerjoin(claims, claims.c.activity_key == Task.key)
        .where(Task.instance_key.in_(instances), Task.state == "COMPLETED")
    )
    return [Work(*row) for row in session.execute(query) if row[3] is not None]
