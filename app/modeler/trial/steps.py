"""The steps of a trial or a scenario, as JSON, and the engine's verb behind each.

A step names what it is about as people see it, not by keys: the process, the element, and which visit to that element it is (``nth``,
from 1). So the same steps mean the same thing each time they are carried out.

- ``{"do": "start", "process", "variables", "business_key", "at"}``: start the process, at its none start event or at another
- ``{"do": "complete", "process", "at", "nth", "form" and/or "variables"}``: complete a user task with its form as entered, and what the
  product would add to it; without ``form``: by what comes of it
- ``{"do": "answer", "process", "at", "nth", "variables"}``: answer a service task; ``error``: with a BPMN error; ``failure``: it fails
- ``{"do": "message", "name", "key", "variables"}``: publish a message; ``{"do": "signal", "name", "variables"}``: broadcast a signal
- ``{"do": "clock", "to"}``: move the clock to the ``next`` timer, to a moment, or to what FEEL (``=…``) makes of the variables
- ``{"do": "retry", "process", "at"}``: try what failed again
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.acts import completion
from app.engine import feel, runtime
from app.engine.errors import Conflict, EngineError, ExpressionError, NotFound, StepFailed
from app.engine.models import Activity, Incident, JobRow, ProcessInstance, Task
from app.modeler.trial.sandbox import Sandbox, TooManyTimers, TooMuchWork

#: steps of one trial or scenario
MOST_STEPS = 300
_TEXTS = ("process", "at", "name", "key", "to", "business_key", "error", "failure")


class StepRefused(Exception):
    """A step cannot be carried out as things stand; ``code`` and ``params`` say why (``sentences.refused`` words it)."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(slots=True)
class Play:
    """What is played: from when on, which called processes are stand-ins, and the steps."""

    process: str
    begin: datetime
    stubs: list[str] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"process": self.process, "begin": clock.local(self.begin).isoformat(), "stubs": self.stubs, "steps": self.steps}

    @classmethod
    def of(cls, given: Any) -> Play:
        """Read JSON that anybody may have written, as a copy. ``StepRefused`` when it is not what the list above says."""
        given = deepcopy(given)
        try:
            begin = datetime.fromisoformat(given["begin"])
            process, stubs, steps = given["process"], given.get("stubs", []), given["steps"]
        except (KeyError, TypeError, ValueError) as error:
            raise StepRefused("not_a_play") from error
        fits = isinstance(process, str) and process and isinstance(stubs, list) and all(isinstance(each, str) for each in stubs)
        if not fits or begin.tzinfo is None or not isinstance(steps, list):
            raise StepRefused("not_a_play")
        if len(steps) > MOST_STEPS:
            raise StepRefused("too_many_steps", most=MOST_STEPS)
        return cls(process, begin, list(stubs), [checked(step) for step in steps])


def checked(step: Any) -> dict[str, Any]:
    """*step*, if it is one. ``StepRefused`` otherwise."""
    if not isinstance(step, dict) or step.get("do") not in _DO:
        raise StepRefused("not_a_step", step=str(step)[:80])
    objects = [step.get(name, {}) for name in ("variables", "form", "expect")]
    texts = [step.get(name, "") for name in _TEXTS]
    if not all(isinstance(each, dict) for each in objects) or not all(isinstance(each, str) for each in texts):
        raise StepRefused("not_a_step", step=str(step)[:80])
    if not isinstance(step.get("nth", 1), int) or isinstance(step.get("nth", 1), bool):
        raise StepRefused("not_a_step", step=str(step)[:80])
    return step


def carry_out(sandbox: Sandbox, step: Mapping[str, Any]) -> None:
    """Do one step in the sandbox, and what follows by itself. A step of the engine that fails is an incident, as in real life.

    Raises ``StepRefused`` when there is nothing to do it with.
    """
    try:
        _DO[step["do"]](sandbox, step)
    except NotFound as error:
        raise StepRefused("not_found", what=str(error)) from error
    except Conflict as error:
        raise StepRefused("conflict", what=error) from error
    except TooManyTimers as error:
        raise StepRefused("too_many_timers") from error
    except TooMuchWork as error:
        raise StepRefused("too_much_work") from error


def root(session: Session) -> ProcessInstance | None:
    """The instance that the trial is about: the first one."""
    return session.scalar(select(ProcessInstance).order_by(ProcessInstance.key).limit(1))


def _start(sandbox: Sandbox, step: Mapping[str, Any]) -> None:
    try:
        sandbox.start(step.get("process", ""), dict(step.get("variables", {})), step.get("business_key", ""), step.get("at") or None)
    except StepFailed as error:
        raise StepRefused("start_failed", element=error.element_id, what=str(error)) from error


def visited(session: Session, process: str, element: str, nth: int) -> Activity:
    """The *nth* visit to an element of any instance of *process*."""
    here = select(ProcessInstance.key).where(ProcessInstance.process_id == process)
    query = select(Activity).where(Activity.instance_key.in_(here), Activity.element_id == element).order_by(Activity.key)
    found = session.scalar(query.offset(max(nth, 1) - 1).limit(1))
    if found is None:
        raise StepRefused("never_there", element=element, process=process, nth=nth)
    return found


def _visit(sandbox: Sandbox, step: Mapping[str, Any]) -> Activity:
    with sandbox.db.reading() as session:
        found = visited(session, step.get("process", ""), step.get("at", ""), step.get("nth", 1))
        if found.how:
            raise StepRefused("already_left", element=found.element_name or found.element_id, how=found.how)
        return found


def _complete(sandbox: Sandbox, step: Mapping[str, Any]) -> None:
    activity = _visit(sandbox, step)
    with sandbox.db.reading() as session:
        task = session.get(Task, activity.key)
    if task is None:
        raise StepRefused("no_task", element=activity.element_name or activity.element_id)
    try:
        sandbox.complete(activity.key, step.get("form"), dict(step.get("variables", {})))
    except completion.Invalid as refused:
        raise StepRefused("form_refused", element=task.name, outcome=refused.outcome) from refused
    except StepFailed as error:
        failed = error
        sandbox.db.in_transaction(lambda session: runtime.record_incident(session, failed, task_key=activity.key))


def _answer(sandbox: Sandbox, step: Mapping[str, Any]) -> None:
    activity = _visit(sandbox, step)
    with sandbox.db.reading() as session:
        job = session.scalar(select(JobRow).where(JobRow.activity_key == activity.key, JobRow.kind == "service"))
        broken = select(Incident.key).where(Incident.activity_key == activity.key, Incident.state == "OPEN")
        incident = session.scalar(broken.limit(1))
    if job is None:
        raise StepRefused("no_service_task", element=activity.element_name or activity.element_id)
    if incident is not None:
        sandbox.retry(incident)
    sandbox.answer(job.key, dict(step.get("variables", {})), error=step.get("error", ""), failure=step.get("failure", ""))


def _message(sandbox: Sandbox, step: Mapping[str, Any]) -> None:
    sandbox.publish(step.get("name", ""), step.get("key", ""), dict(step.get("variables", {})))


def _signal(sandbox: Sandbox, step: Mapping[str, Any]) -> None:
    sandbox.broadcast(step.get("name", ""), dict(step.get("variables", {})))


def _clock(sandbox: Sandbox, step: Mapping[str, Any]) -> None:
    to = step.get("to", "")
    target = sandbox.next_timer() if to == "next" else moment(sandbox, to)
    if target is None:
        raise StepRefused("no_timer")
    if target < clock.now():
        raise StepRefused("backward", to=clock.local(target), now=clock.local(clock.now()))
    sandbox.advance(target)


def moment(sandbox: Sandbox, written: str) -> datetime:
    """A moment as written: ISO 8601 with zone, or FEEL over the variables of the trial's instance."""
    with sandbox.db.reading() as session:
        instance = root(session)
        variables = instance.variables if instance else {}
    try:
        value = feel.resolve(written, variables)
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except (ExpressionError, ValueError) as error:
        raise StepRefused("not_a_moment", text=written) from error
    if found.tzinfo is None:
        raise StepRefused("not_a_moment", text=written)
    return found


def _retry(sandbox: Sandbox, step: Mapping[str, Any]) -> None:
    with sandbox.db.reading() as session:
        here = select(ProcessInstance.key).where(ProcessInstance.process_id == step.get("process", ""))
        query = select(Incident.key).where(
            Incident.state == "OPEN", Incident.instance_key.in_(here), Incident.element_id == step.get("at", "")
        )
        incident = session.scalar(query.order_by(Incident.key).limit(1))
    if incident is None:
        raise StepRefused("no_incident", element=step.get("at", ""))
    try:
        sandbox.retry(incident)
    except EngineError as error:
        raise StepRefused("conflict", what=error) from error


_DO = {
    "start": _start,
    "complete": _complete,
    "answer": _answer,
    "message": _message,
    "signal": _signal,
    "clock": _clock,
    "retry": _retry,
}
