"""Start events of the newest version of a process: message and signal subscriptions, timers as jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db import new_key
from app.engine import bpmn, feel, timers
from app.engine.models import Definition, JobRow, SubscriptionRow

TIMER_START = "timer_start"


def register(session: Session, definition: Definition, process: bpmn.Process, now: datetime) -> None:
    """Let the start events of *process* start instances of *definition*, and no longer those of its older versions."""
    older = (
        select(Definition.key)
        .where(Definition.kind == "process", Definition.id == definition.id, Definition.version < definition.version)
        .scalar_subquery()
    )
    fired = _fired_dates(session, definition, now)
    session.execute(delete(SubscriptionRow).where(SubscriptionRow.instance_key == 0, SubscriptionRow.definition_key.in_(older)))
    session.execute(delete(JobRow).where(JobRow.kind == TIMER_START, JobRow.instance_key.in_(older)))
    for element in starts(process):
        event = element.event
        if event is None:
            continue
        if event.kind in {"message", "signal"}:
            session.add(_subscription(definition, element, event, now))
        elif event.kind == "timer" and (element.id, event.expression) not in fired:
            job = _timer(definition, element, event, now)
            if job is not None:
                session.add(job)


def starts(process: bpmn.Process) -> list[bpmn.Element]:
    """The start events of the process itself."""
    return [element for element in process.elements.values() if element.kind == "startEvent" and not element.scope]


def next_start(job: JobRow, now: datetime | None = None) -> JobRow | None:
    """The job after *job*, a timer start that has fired (*now*; None: in time); None if it was the last."""
    now = now or job.due_at
    cycle, left = job.payload.get("cycle"), job.payload.get("left")
    if cycle is None or left == 0:
        return None
    anchor = datetime.fromisoformat(job.payload["from"]) if "from" in job.payload else None
    after = None if timers.catches_up(job.payload.get("properties", {}), left) else now
    due = timers.next_occurrence(cycle, job.due_at, anchor=anchor, after=after)
    missed = timers.left_out(cycle, job.due_at, due, anchor=anchor)
    if left is not None and left <= missed:
        return None  # all its moments have passed
    return JobRow(
        key=new_key(),
        campaign_id=job.campaign_id,
        kind=TIMER_START,
        instance_key=job.instance_key,
        activity_key=job.activity_key,
        element_id=job.element_id,
        occurrence=job.occurrence + 1 + missed,
        due_at=due,
        payload={**job.payload, "left": None if left is None else left - 1 - missed},
        created_at=now,
    )


def _subscription(definition: Definition, element: bpmn.Element, event: bpmn.EventDefinition, now: datetime) -> SubscriptionRow:
    return SubscriptionRow(
        key=new_key(),
        kind=event.kind,
        name=str(feel.resolve(event.name, {})),
        instance_key=0,
        definition_key=definition.key,
        element_id=element.id,
        created_at=now,
    )


def _timer(definition: Definition, element: bpmn.Element, event: bpmn.EventDefinition, now: datetime) -> JobRow | None:
    value: Any = feel.resolve(event.expression, {})
    due, repetitions = timers.due(event.timer or "", value, now)
    if event.timer == "cycle" and due < now:
        # all its occurrences have passed
        return None
    cyclic = event.timer == "cycle"
    return JobRow(
        key=new_key(),
        kind=TIMER_START,
        instance_key=definition.key,
        activity_key=new_key(),
        element_id=element.id,
        due_at=due,
        payload={
            "element_id": element.id,
            "cycle": feel.to_json(value) if cyclic else None,
            "left": repetitions - 1 if cyclic and repetitions is not None else None,
            "from": now.isoformat(),
            "properties": dict(element.properties),
        },
        created_at=now,
    )


def _fired_dates(session: Session, definition: Definition, now: datetime) -> set[tuple[str, str | None]]:
    """Dates of start timers that an older version has reached: (element id, expression). A new version does not start them again."""
    previous = session.scalar(
        select(Definition).where(Definition.kind == "process", Definition.id == definition.id, Definition.version == definition.version - 1)
    )
    if previous is None:
        return set()
    process = next((each for each in bpmn.parse(previous.content) if each.id == definition.id), None)
    return {
        (element.id, element.event.expression)
        for element in (starts(process) if process else ())
        if element.event is not None and element.event.timer == "date" and timers.instant(feel.resolve(element.event.expression, {})) <= now
    }
