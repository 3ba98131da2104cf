"""Nothing ends before it begins, and nothing begins before what it follows from: looked for in a whole database."""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db import Database
from app.engine.models import Activity, Event, ProcessInstance, Task


def backward(db: Database) -> list[str]:
    """What runs backwards in campaign time: one line each."""
    with db.reading() as session:
        found = [f"{row.element_id} of {row.instance_key} ends early" for row in session.scalars(_ACTIVITIES)]
        found += [f"task {row.element_id} of {row.instance_key} is done early" for row in session.scalars(_TASKS)]
        found += [f"{row.process_id} {row.key} ends early" for row in session.scalars(_INSTANCES)]
        found += [f"child {row.process_id} {row.key} begins before its call activity" for row in session.scalars(_EARLY_CHILDREN)]
        found += [f"child {row.process_id} {row.key} ends after its call activity" for row in session.scalars(_LATE_CHILDREN)]
        records = session.execute(
            select(Event.chain, Event.seq, Event.at, Event.kind).where(Event.instance_key.is_not(None)).order_by(Event.chain, Event.seq)
        )
        for one, two in pairwise(records.all()):
            if one.chain == two.chain and two.at < one.at:
                found.append(f"{two.kind} is told after {one.kind} and was before it, in {one.chain}")
    return found


_child, _call = aliased(ProcessInstance), aliased(Activity)
_ACTIVITIES = select(Activity).where(Activity.left_at < Activity.entered_at)
_TASKS = select(Task).where(Task.completed_at < Task.created_at)
_INSTANCES = select(ProcessInstance).where(ProcessInstance.ended_at < ProcessInstance.started_at)
_OF_CALLS = select(_child).join(_call, _call.key == _child.parent_activity_key)
_EARLY_CHILDREN = _OF_CALLS.where(_child.started_at < _call.entered_at)
_LATE_CHILDREN = _OF_CALLS.where(_call.how == "completed", _child.ended_at > _call.left_at)
