"""What process instances did, read once for all logs: each instance with its activities and user tasks, some at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.audit import wording
from app.audit.exporting.choice import COUNTED, Choice
from app.engine.models import Activity, ProcessInstance, Task

#: Instances read at a time.
_MANY = 200
#: What no XML and no database text may hold.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ENDS = {"completed": "complete", "canceled": "ate_abort"}


@dataclass(frozen=True, slots=True)
class Step:
    """One event of an activity: it was entered, or left."""

    #: unique in the log
    id: str
    at: datetime
    activity: Any
    #: what the element is called
    name: str
    #: of the lifecycle extension: start, complete, ate_abort (something cancelled it)
    transition: str
    #: who completed the user task, and to whom it had been offered
    resource: str
    role: str
    group: str


@dataclass(frozen=True, slots=True)
class Trace:
    """One process instance."""

    instance: Any
    steps: list[Step]
    tasks: dict[int, Any]


def text(value: Any) -> str:
    """A value as text that every format can hold."""
    return _ILLEGAL.sub("", str(value))


def _mine(choice: Choice) -> list[ColumnElement[bool]]:
    found = [ProcessInstance.campaign_id == choice.wanted.campaign, ProcessInstance.key <= choice.upto]
    return [*found, ProcessInstance.process_id == choice.wanted.process] if choice.wanted.process else found


def rows(session: Session, choice: Choice) -> int:
    """How many activities there are, up to ``COUNTED``."""
    inner = select(Activity.key).join(ProcessInstance, ProcessInstance.key == Activity.instance_key)
    some = inner.where(*_mine(choice), Activity.key <= choice.upto).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def traces(session: Session, choice: Choice) -> Iterator[Trace]:
    """Every instance in the order in which they were started. Three statements for some of them."""
    table = ProcessInstance
    columns = (table.key, table.process_id, table.version, table.state, table.subject, table.scope, table.parent_key, table.started_at)
    after = 0
    while True:
        found = session.execute(select(*columns).where(*_mine(choice), table.key > after).order_by(table.key).limit(_MANY)).all()
        if not found:
            return
        yield from _filled(session, found, choice)
        after = found[-1].key


def _filled(session: Session, instances: Any, choice: Choice) -> Iterator[Trace]:
    keys = [each.key for each in instances]
    visits = (Activity.key, Activity.instance_key, Activity.element_id, Activity.element_name, Activity.kind)
    query = select(*visits, Activity.entered_at, Activity.left_at, Activity.how, Activity.cause).where(Activity.instance_key.in_(keys))
    activities: dict[int, list[Any]] = {key: [] for key in keys}
    for row in session.execute(query.where(Activity.key <= choice.upto).order_by(Activity.key)):
        activities[row.instance_key].append(row)
    work = (
        Task.key,
        Task.instance_key,
        Task.state,
        Task.form_id,
        Task.completed_by,
        Task.candidate_groups,
        Task.element_id,
        Task.created_at,
    )
    tasks: dict[int, dict[int, Any]] = {key: {} for key in keys}
    for task in session.execute(select(*work).where(Task.instance_key.in_(keys), Task.key <= choice.upto).order_by(Task.key)):
        tasks[task.instance_key][task.key] = task
    for each in instances:
        steps = [step for row in activities[each.key] for step in _steps(row, tasks[each.key].get(row.key))]
        yield Trace(each, sorted(steps, key=lambda step: step.at), tasks[each.key])


def _steps(row: Any, task: Any) -> Iterator[Step]:
    name = text(wording.flat(row.element_name) or row.element_id)
    group = text(task.candidate_groups[0]) if task is not None and task.candidate_groups else ""
    role = group.partition(":")[0]
    yield Step(f"{row.key}-start", row.entered_at, row, name, "start", "", role, group)
    if row.left_at is not None:
        who = text(task.completed_by or "") if task is not None else ""
        end = _ENDS.get(row.how, "complete")
        yield Step(f"{row.key}-{end}", row.left_at, row, name, end, who, role, group)
