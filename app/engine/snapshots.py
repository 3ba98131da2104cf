"""What is open of an instance, row by row, and the difference that an act made: it can be undone exactly, whatever else has come since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, and_, delete, insert, select, update
from sqlalchemy.orm import Session

from app.db import UtcDateTime
from app.engine.models import Activity, Call, Incident, JobRow, SubscriptionRow, Task, TaskCandidate

#: table -> primary key as text -> column -> value
Snapshot = dict[str, dict[str, dict[str, Any]]]

#: What workers write meanwhile is none of our business, nor is what counts writes.
_LEFT_OUT = {"lease_until", "fence", "revision", "items", "common"}


def _of_instance(table: Table) -> Callable[[int], Select[Any]]:
    return lambda key: _columns(table).where(table.c.instance_key == key)


def _columns(table: Table) -> Select[Any]:
    return select(*(column for column in table.c if column.name not in _LEFT_OUT))


_TASK: Any = Task.__table__
_CANDIDATE: Any = TaskCandidate.__table__
_ACTIVITY: Any = Activity.__table__
_TABLES: dict[str, tuple[Any, Callable[[int], Select[Any]]]] = {
    "user_task": (_TASK, lambda key: _columns(_TASK).where(_TASK.c.instance_key == key, _TASK.c.state == "OPEN")),
    "task_candidate": (
        _CANDIDATE,
        lambda key: _columns(_CANDIDATE).where(
            _CANDIDATE.c.task_key.in_(select(_TASK.c.key).where(_TASK.c.instance_key == key, _TASK.c.state == "OPEN"))
        ),
    ),
    "activity": (_ACTIVITY, lambda key: _columns(_ACTIVITY).where(_ACTIVITY.c.instance_key == key, _ACTIVITY.c.how == "")),
    **{model.__tablename__: (model.__table__, _of_instance(model.__table__)) for model in (JobRow, SubscriptionRow, Call, Incident)},  # type: ignore[arg-type]
}


def take(session: Session, instance_key: int) -> Snapshot:
    """The open rows of an instance. What the session holds must have been flushed."""
    return {
        name: {
            _identity(table, row): {column: _plain(value) for column, value in row.items()} for row in _read(session, query(instance_key))
        }
        for name, (table, query) in _TABLES.items()
    }


def _read(session: Session, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(query).mappings()]


def _identity(table: Any, row: dict[str, Any]) -> str:
    return "|".join(str(row[column.name]) for column in table.primary_key)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def difference(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """table -> ``removed`` rows, ``added`` keys, ``changed`` key -> column -> [old, new]."""
    found: dict[str, Any] = {}
    for name in _TABLES:
        old, new = before[name], after[name]
        changed = {
            key: differing
            for key in old.keys() & new.keys()
            if (differing := {column: [value, new[key][column]] for column, value in old[key].items() if value != new[key][column]})
        }
        found[name] = {
            "removed": [old[key] for key in old.keys() - new.keys()],
            "added": sorted(new.keys() - old.keys()),
            "changed": changed,
        }
    return found


def undo(session: Session, changes: dict[str, Any]) -> None:
    """Take the difference back: added rows go, removed ones return, changed values return where nobody has changed them since."""
    execute = session.execute
    for name in reversed(list(_TABLES)):
        for key in changes[name]["added"]:
            execute(delete(_TABLES[name][0]).where(_is(_TABLES[name][0], key)))
    for name, (table, _query) in _TABLES.items():
        for row in changes[name]["removed"]:
            values = {column: _value(table, column, value) for column, value in row.items()}
            execute(insert(table).values(**_fresh(table), **values))
        for key, columns in changes[name]["changed"].items():
            _restore(session, table, key, columns)


def _restore(session: Session, table: Any, key: str, columns: dict[str, list[Any]]) -> None:
    row = session.execute(select(table).where(_is(table, key))).mappings().one_or_none()
    if row is None:
        return
    values = {column: _value(table, column, old) for column, (old, new) in columns.items() if _plain(row[column]) == new}
    if "revision" in table.c:
        values["revision"] = table.c.revision + 1
    session.execute(update(table).where(_is(table, key)).values(**values))


def _fresh(table: Any) -> dict[str, Any]:
    """Columns that no snapshot holds, at the beginning of a row's life."""
    values = {"fence": 0, "revision": 1, "items": [], "common": {}}
    return {column: value for column, value in values.items() if column in table.c}


def _is(table: Any, key: str) -> Any:
    parts = zip(table.primary_key, key.split("|", len(table.primary_key) - 1), strict=True)
    return and_(*(column == (int(part) if column.name.endswith("key") else part) for column, part in parts))


def _value(table: Any, column: str, value: Any) -> Any:
    moment = isinstance(table.c[column].type, UtcDateTime)
    return datetime.fromisoformat(value) if moment and isinstance(value, str) else value
