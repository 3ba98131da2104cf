"""Deadlines that a new version writes otherwise: what a running instance keeps, and what it would have got by the new version.

Both count from the same moment: when the task opened or the timer was armed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.engine import feel, timers
from app.engine.bpmn import Element, Process
from app.engine.errors import ExpressionError
from app.engine.models import JobRow, ProcessInstance, Task

#: rows that are computed and shown of one element; the count is that of all
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """One open task or timer."""

    instance_key: int
    #: village or group; no name of a household
    scope: str
    version: int
    #: what it keeps
    kept: datetime | None
    #: what the new expression gives for this instance; None: nothing
    new: datetime | None
    #: why it cannot be computed (Chinese, English)
    error: tuple[str, str] | None = None

    @property
    def differs(self) -> bool:
        return self.error is not None or self.kept != self.new


@dataclass(slots=True)
class Deadline:
    """An expression for a date that differs between a running version and the new one."""

    element_id: str
    name: str
    #: due, follow_up, or timer
    what: str
    old: str | None
    new: str | None
    total: int = 0
    rows: list[Kept] = field(default_factory=list)


def changed(session: Session, new: Process, olds: Mapping[int, Process]) -> list[Deadline]:
    """Every deadline of an open task or timer that the new version writes otherwise. *olds*: definition key → its process."""
    found: list[Deadline] = []
    for key, old in olds.items():
        for id_, before in old.elements.items():
            after = new.elements.get(id_)
            if after is None and _timer(before)[0]:
                gone = Deadline(id_, " ".join((before.name or id_).split()), "timer", _written(before), None)
                found += [deadline for deadline in [_timers(session, key, None, gone)] if deadline.total]
            if after is not None and before.kind == after.kind:
                found += [deadline for deadline in _of_element(session, key, before, after) if deadline.total]
    return found


def _of_element(session: Session, key: int, before: Element, after: Element) -> list[Deadline]:
    found = []
    name = " ".join((after.name or after.id).split())
    for what, old, new in (("due", before.due, after.due), ("follow_up", before.follow_up, after.follow_up)):
        if old != new:
            found.append(_tasks(session, key, after, Deadline(after.id, name, what, old, new)))
    if _timer(before) != _timer(after):
        found.append(_timers(session, key, after, Deadline(after.id, name, "timer", _written(before), _written(after))))
    return found


def _timer(element: Element) -> tuple[str | None, str | None]:
    event = element.event
    return (event.timer, event.expression) if event is not None and event.kind == "timer" else (None, None)


def _written(element: Element) -> str | None:
    return _timer(element)[1]


def _tasks(session: Session, key: int, after: Element, deadline: Deadline) -> Deadline:
    at = Task.due_at if deadline.what == "due" else Task.follow_up_at
    open_there = (Task.definition_key == key, Task.element_id == after.id, Task.state == "OPEN")
    deadline.total = session.scalar(select(func.count()).select_from(Task).where(*open_there)) or 0
    columns = (ProcessInstance.key, ProcessInstance.scope, ProcessInstance.version, ProcessInstance.variables, Task.variables, at)
    query = select(*columns, Task.created_at).join(ProcessInstance, ProcessInstance.key == Task.instance_key).where(*open_there)
    for instance, scope, version, variables, own, kept, since in session.execute(query.order_by(Task.key).limit(SHOWN)):
        new, error = _moment(deadline.new, after, {**variables, **own}, since)
        deadline.rows.append(Kept(instance, scope, version, kept, new, error))
    return deadline


def _timers(session: Session, key: int, after: Element | None, deadline: Deadline) -> Deadline:
    armed = (JobRow.kind == "timer", JobRow.element_id == deadline.element_id, ProcessInstance.definition_key == key)
    joined = ProcessInstance.key == JobRow.instance_key
    deadline.total = session.scalar(select(func.count()).select_from(JobRow).join(ProcessInstance, joined).where(*armed)) or 0
    columns = (
        ProcessInstance.key,
        ProcessInstance.scope,
        ProcessInstance.version,
        ProcessInstance.variables,
        JobRow.due_at,
        JobRow.created_at,
    )
    query = select(*columns).join(ProcessInstance, joined).where(*armed).order_by(JobRow.key).limit(SHOWN)
    for instance, scope, version, variables, kept, since in session.execute(query):
        kind, expression = _timer(after) if after is not None else (None, None)
        new, error = _moment(expression, after, variables, since, kind=kind or "date") if after is not None else (None, None)
        deadline.rows.append(Kept(instance, scope, version, kept, new, error))
    return deadline


def _moment(
    written: str | None, element: Element, variables: Mapping[str, Any], since: datetime, *, kind: str = ""
) -> tuple[datetime | None, tuple[str, str] | None]:
    """What *written* gives over an instance's variables at the moment *since*; ``kind`` is that of a timer."""
    try:
        with clock.override(since):
            value = feel.resolve(written, _seen(element, variables))
        if value is None or value == "":
            return None, None
        if kind:
            return timers.due(kind, value, since)[0], None
        return timers.instant(value), None
    except ExpressionError as error:
        return None, (str(error), error.english)
    except timers.TimerError as error:
        return None, (str(error), str(error))


def _seen(element: Element, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The instance's variables with the element's own input mappings over them, in their order."""
    found = dict(variables)
    for source, target in element.inputs:
        if "." not in target:
            found[target] = feel.resolve(source, found)
    return found
