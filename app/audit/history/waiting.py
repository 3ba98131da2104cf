"""Tasks and process instances as they stood at a moment, from the records: rows of tasks say who holds them now, not who did then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.engine.models import Event

_CLOSED = ("task.completed", "task.canceled")
_STATES = {
    "instance.started": "ACTIVE",
    "instance.resumed": "ACTIVE",
    "instance.suspended": "SUSPENDED",
    "instance.completed": "COMPLETED",
    "instance.terminated": "TERMINATED",
}


@dataclass(slots=True)
class Waiting:
    """A task that was open."""

    key: int
    instance_key: int
    subject: str
    element_id: str
    name: str
    since: datetime
    due_at: datetime | None
    #: user name; "" while nobody had taken it
    holder: str = ""


@dataclass(slots=True)
class Running:
    """A process instance as it stood."""

    key: int
    #: ACTIVE, SUSPENDED, COMPLETED, TERMINATED
    state: str
    definition_key: int
    since: datetime


@dataclass(slots=True)
class Standing:
    """Open tasks by their keys, and instances by theirs, in the order in which they began."""

    tasks: dict[int, Waiting] = field(default_factory=dict)
    #: tasks as they were before a migration, which may be taken back
    before: dict[int, Waiting] = field(default_factory=dict)
    instances: dict[int, Running] = field(default_factory=dict)


def standing(events: Iterable[Event]) -> Standing:
    """What stood, by these records, oldest first."""
    found = Standing()
    for event in events:
        if event.kind.startswith(("task.", "instance.")):
            _take(found, event)
    return found


def _take(found: Standing, event: Event) -> None:
    detail: Mapping[str, Any] = event.detail or {}
    if event.kind.startswith("instance."):
        _instance(found, event, detail)
    elif event.kind == "task.opened":
        found.tasks[event.activity_key or 0] = _opened(event, detail)
    elif event.kind in _CLOSED:
        found.tasks.pop(event.activity_key or 0, None)
    elif (task := found.tasks.get(event.activity_key or 0)) is not None:
        task.holder = _holder(event, detail)


def _opened(event: Event, detail: Mapping[str, Any]) -> Waiting:
    name = detail.get("name")
    told = name if isinstance(name, str) else event.element_id
    key, instance, due = event.activity_key or 0, event.instance_key or 0, _moment(detail.get("due"))
    return Waiting(key, instance, event.subject, event.element_id, told, event.at, due, str(detail.get("assignee") or ""))


def _holder(event: Event, detail: Mapping[str, Any]) -> str:
    if event.kind == "task.released":
        return ""
    return str(detail.get("to") or event.on_behalf_of or event.actor)


def _instance(found: Standing, event: Event, detail: Mapping[str, Any]) -> None:
    key = event.instance_key or 0
    known = found.instances.setdefault(key, Running(key, "ACTIVE", 0, event.at))
    known.state = _STATES.get(event.kind, known.state)
    known.definition_key = int(detail.get("definition") or 0) or known.definition_key
    if event.kind == "instance.migrated":
        found.before |= {task.key: replace(task) for task in found.tasks.values() if task.instance_key == key}
        _carried(found, detail)
    elif event.kind == "instance.migration_taken_back":
        for task in found.tasks.values():
            if task.instance_key == key and (old := found.before.get(task.key)) is not None:
                task.element_id, task.name, task.due_at = old.element_id, old.name, old.due_at


def _carried(found: Standing, detail: Mapping[str, Any]) -> None:
    """A migration may call tasks otherwise, give them to somebody and count their due dates anew."""
    for key, element_id, name in detail.get("activities") or ():
        task = found.tasks.get(int(key))
        if task is not None:
            task.element_id, task.name = str(element_id), str(name) or task.name
    for key, (_old, new) in (detail.get("due") or {}).items():
        task = found.tasks.get(int(key))
        if task is not None:
            task.due_at = _moment(new)
    for key, offered in (detail.get("offered") or {}).items():
        task = found.tasks.get(int(key))
        if task is not None:
            task.holder = str(offered.get("assignee") or "")


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None
