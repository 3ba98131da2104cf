"""Timers that are due: in running instances, and those that start instances. They act now; the record says for when they were due."""

from __future__ import annotations

from typing import Any

from app import clock
from app.engine import bpmn, start_events, timers
from app.engine import definition_lookup as definitions
from app.engine import step as steps
from app.engine.leases import Leased
from app.engine.models import Event, JobRow
from app.engine.work import Work


def fire(work: Work, job: Leased) -> None:
    """A timer of an instance: catch event, boundary event, event subprocess."""
    instance = work.load(job.instance_key)
    element = definitions.process_of(work.session, instance.definition_key).elements[job.element_id]
    fired = work.record("timer.fired", instance, key=job.activity_key, element_id=job.element_id, detail=_due(job))
    done = work.step(instance, steps.Trigger(job.activity_key, _says(job, element)))
    following = next((timer.occurrence for timer in done.timers if timer.key == job.activity_key), None)
    _tell_missed(fired, job, following)


def start(work: Work, job: Leased) -> None:
    """A timer start event of a process."""
    following = start_events.next_start(work.session.get_one(JobRow, job.key), work.now)
    definition = definitions.get(work.session, job.instance_key)
    element = definitions.process_of(work.session, definition.key).elements[job.element_id]
    instance = work.start(definition, _says(job, element), element_id=job.element_id, campaign_id=job.campaign_id)
    fired = work.record("timer.fired", instance, element_id=job.element_id, detail=_due(job))
    if following is not None:
        _tell_missed(fired, job, following.occurrence)
        work.session.add(following)


def _due(job: Leased) -> dict[str, Any]:
    return {"due_at": job.due_at.isoformat(), "occurrence": job.occurrence}


def _says(job: Leased, element: bpmn.Element) -> dict[str, Any]:
    """What the output mappings of a timer event may read beside the variables: for when it was due."""
    return {timers.DUE_AT: clock.local(job.due_at).isoformat()} if element.outputs else {}


def _tell_missed(fired: Event, job: Leased, following: int | None) -> None:
    """A cycle that came late has left out some of its times: the record says how many."""
    missed = 0 if following is None else following - job.occurrence - 1
    if missed:
        fired.detail = {**fired.detail, "missed": missed}
