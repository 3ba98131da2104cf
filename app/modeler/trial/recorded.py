"""A scenario from a real finished instance: its history becomes steps. Only what the diagram reads is taken, and no household can be
recognised in it (``pseudonyms``).

Start variables and service answers are not in the history as such: they are taken from the instance's variables as they were at its end.
So the steps are played once, and where they lead elsewhere than the real ones did, ``Recording.differs`` says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.engine import bpmn, definitions
from app.engine.errors import NotFound, Refused
from app.engine.models import Activity, Event, MessageRow, ProcessInstance
from app.forms import submissions
from app.modeler.trial import beginning, observing, playing, pseudonyms, samples, sandbox, sentences
from app.modeler.trial.steps import Play

#: What a message, a completed task or a fired timer is called in the history.
_KINDS = ("task.completed", "timer.fired", "message.correlated", "error.thrown")
#: events of one instance that are read
MOST_EVENTS = 2_000


@dataclass(slots=True)
class Recording:
    """What was made of an instance."""

    name: str
    play: Play
    #: the elements that the real instance came to, in order
    path: list[str] = field(default_factory=list)
    #: where playing the steps leads elsewhere; "" when it does not
    differs: str = ""


def start_variables(session: Session, instance_key: int) -> dict[str, Any]:
    """What a real instance may have started with, without its household."""
    instance = _instance(session, instance_key)
    process = definitions.process_of(session, instance.definition_key)
    forms = beginning.forms(sandbox.deployed(session), {})
    mask = pseudonyms.Mask(instance, [process])
    wanted = samples.read_by(process) - samples.written_by(process, forms)
    return {name: mask(instance.variables.get(name)) for name in sorted(wanted)}


def record(session: Session, instance_key: int) -> Recording:
    """Steps from the history of an instance that has ended, with what happened as expectation. Its children are stand-ins.

    Raises ``NotFound``, also for an instance that still runs.
    """
    instance = _instance(session, instance_key)
    if instance.state != "COMPLETED":
        raise NotFound("finished instance", instance_key)
    process = definitions.process_of(session, instance.definition_key)
    base = sandbox.deployed(session)
    mask = pseudonyms.Mask(instance, [process])
    steps = _Steps(session, instance, process, mask)
    variables = start_variables(session, instance_key)
    start = {"do": "start", "process": process.id, "at": _start_event(process, steps.visits), "variables": variables}
    calls = {each.called_process for each in process.elements.values() if each.called_process}
    play = Play(process.id, instance.started_at, sorted(calls), [start, *steps.made()])
    found = Recording(f"{process.name or process.id} {mask.label}".strip(), play, [row.element_id for row in steps.visits])
    _expect(found, base)
    return found


def _instance(session: Session, key: int) -> ProcessInstance:
    found = session.get(ProcessInstance, key)
    if found is None:
        raise NotFound("instance", key)
    return found


def _start_event(process: bpmn.Process, visits: list[Activity]) -> str:
    """ "" for the none start event."""
    first = process.elements[visits[0].element_id] if visits else None
    return first.id if first is not None and first.event is not None else ""


class _Steps:
    """Turns the history of one instance into steps."""

    def __init__(self, session: Session, instance: ProcessInstance, process: bpmn.Process, mask: pseudonyms.Mask) -> None:
        self.session, self.instance, self.process, self.mask = session, instance, process, mask
        own = select(Activity).where(Activity.instance_key == instance.key).order_by(Activity.key).limit(MOST_EVENTS)
        self.visits = list(session.scalars(own))
        count: Counter[str] = Counter()
        self._nth: dict[int, int] = {}
        for row in self.visits:
            count[row.element_id] += 1
            self._nth[row.key] = count[row.element_id]
        children = select(ProcessInstance).where(ProcessInstance.parent_key == instance.key).order_by(ProcessInstance.key)
        self._children = list(session.scalars(children.limit(MOST_EVENTS)))

    def made(self) -> list[dict[str, Any]]:
        """The steps after the start, in the order in which they happened; the clock moves between them."""
        events = select(Event).where(Event.instance_key == self.instance.key, Event.kind.in_(_KINDS)).order_by(Event.key)
        happened: list[tuple[datetime, int, dict[str, Any]]] = []
        errors: dict[int, str] = {}
        for event in self.session.scalars(events.limit(MOST_EVENTS)):
            if event.kind == "error.thrown" and event.activity_key:
                errors[event.activity_key] = str(event.detail.get("code", ""))
            step = self._of(event)
            if step is not None:
                happened.append((event.at, event.key, step))
        for row in self.visits:
            step = self._service(row, errors)
            if step is not None and row.left_at is not None:
                happened.append((row.left_at, row.key, step))
        stand_ins: Counter[str] = Counter()
        for child in self._children:
            stand_ins[child.process_id] += 1
            if child.ended_at is not None and child.state == "COMPLETED":
                happened.append((child.ended_at, child.key, self._child(child, stand_ins[child.process_id])))
        return _timed(self.instance.started_at, sorted(happened, key=lambda each: each[:2]))

    def _of(self, event: Event) -> dict[str, Any] | None:
        if event.kind == "task.completed" and event.activity_key in self._nth:
            element = self.process.elements[event.element_id]
            return self._at("complete", element.id, event.activity_key, self._answer(element, self._submitted(event)))
        if event.kind == "message.correlated" and event.activity_key:
            message = self.session.get(MessageRow, int(event.detail.get("message", 0)))
            variables = self.mask(message.variables) if message else {}
            step = {
                "do": "message",
                "name": event.detail["name"],
                "key": self.mask(event.detail["correlation_key"]),
                "variables": variables,
            }
            return {name: value for name, value in step.items() if value}
        return {"do": "clock", "to": ""} if event.kind == "timer.fired" else None

    def _at(self, do: str, element: str, key: int, variables: dict[str, Any]) -> dict[str, Any]:
        step: dict[str, Any] = {"do": do, "process": self.process.id, "at": element}
        if self._nth[key] > 1:
            step["nth"] = self._nth[key]
        return {**step, "variables": variables} if variables else step

    def _submitted(self, event: Event) -> dict[str, Any]:
        """What was entered, personal fields masked."""
        key = str(event.detail.get("submission", ""))
        return submissions.read(self.session, int(key)) if key.isdecimal() else {}

    def _answer(self, element: bpmn.Element, entered: Mapping[str, Any]) -> dict[str, Any]:
        """Only what the element's outputs read; what a form did not say is taken as it was at the instance's end."""
        answer = {}
        for name, target in samples.outputs_of(element):
            if name in entered:
                answer[name] = self.mask(entered[name])
            elif target in self.instance.variables and self.instance.variables[target] is not None:
                answer[name] = self.mask(self.instance.variables[target])
        return answer

    def _service(self, row: Activity, errors: Mapping[int, str]) -> dict[str, Any] | None:
        element = self.process.elements[row.element_id]
        if element.task_type is None or (row.how != "completed" and row.key not in errors):
            return None
        step = self._at("answer", element.id, row.key, self._answer(element, {}))
        return {**step, "error": errors[row.key]} if row.key in errors else step

    def _child(self, child: ProcessInstance, nth: int) -> dict[str, Any]:
        call = next((each for each in self.visits if each.key == child.parent_activity_key), None)
        element = self.process.elements[call.element_id] if call else None
        wanted = {name for name, _target in samples.outputs_of(element)} if element else set()
        variables = {name: self.mask(child.variables[name]) for name in sorted(wanted) if name in child.variables}
        step: dict[str, Any] = {"do": "answer", "process": child.process_id, "at": "stub", "nth": nth, "variables": variables}
        return step


def _timed(begin: datetime, happened: list[tuple[datetime, int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Moves of the clock between the steps; several timers of one moment are one move."""
    steps: list[dict[str, Any]] = []
    now = begin
    for at, _key, step in happened:
        if at > now:
            steps.append({"do": "clock", "to": clock.local(at).isoformat()})
            now = at
        if step["do"] != "clock":
            steps.append(step)
    return steps


def _expect(found: Recording, base: sandbox.Deployed) -> None:
    """Play the steps once: what is seen is expected; where that is not the real path, say so."""
    try:
        with playing.played(base, {}, found.play) as went, went.sandbox.db.reading() as inside:
            seen = [element for done in went.done for element in done.seen.path if "/" not in element]
            expected = [{**done.step, "expect": observing.expectation(inside, done.seen)} for done in went.done]
            found.play.steps = [*expected, *found.play.steps[len(expected) :]]
            if went.refused is not None:
                found.differs = sentences.refused(went.refused)
            elif sorted(seen) != sorted(found.path):
                found.differs = sentences.difference(observing.Difference("path", found.path, seen))
    except Refused as error:
        found.differs = sentences.not_deployable(error)
