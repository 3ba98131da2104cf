"""Where a process instance stands on its own diagram: what is done, what is there now, what is late. Reads only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.errors import NotFound
from app.engine.models import Activity, Definition, ProcessInstance, Task


def standing(session: Session, instance_key: int, *, now: datetime) -> dict[str, Any]:
    """The diagram and the state of its elements, for the browser's diagram module.

    ``{"xml": …, "process": id, "name": …, "activities": {element id: {"state", "times": n, "at": ISO 8601}}}``; a state is ``done``,
    ``here``, ``late`` or ``canceled``.
    An element is late when a task of it is overdue; where a token is now counts more than earlier visits. Three statements.
    """
    row = session.execute(
        select(Definition.content, Definition.name, ProcessInstance.process_id)
        .join(ProcessInstance, ProcessInstance.definition_key == Definition.key)
        .where(ProcessInstance.key == instance_key)
    ).first()
    if row is None:
        raise NotFound(NotFound.__doc__)
    late = set(session.scalars(select(Task.key).where(Task.instance_key == instance_key, Task.state == "OPEN", Task.due_at < now)))
    visits = session.execute(
        select(Activity.key, Activity.element_id, Activity.how, Activity.entered_at, Activity.left_at)
        .where(Activity.instance_key == instance_key)
        .order_by(Activity.key)
    )
    found: dict[str, dict[str, Any]] = {}
    for key, element_id, how, entered_at, left_at in visits:
        state = "late" if key in late else _STATES.get(how, "done")
        before = found.get(element_id)
        if before is None or _RANK[state] >= _RANK[before["state"]]:
            at = (left_at or entered_at).isoformat()
            found[element_id] = {"state": state, "times": (before["times"] if before else 0) + 1, "at": at}
        else:
            before["times"] += 1
    return {"xml": row.content.decode("utf-8", "replace"), "process": row.process_id, "name": row.name, "activities": found}


_STATES = {"": "here", "completed": "done", "canceled": "canceled"}
#: What an element shows when several visits differ.
_RANK = {"canceled": 0, "done": 1, "here": 2, "late": 3}
