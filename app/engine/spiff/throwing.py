"""Throw events and end events: messages, signals, links, errors, escalations, termination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine import bpmn
from app.engine import step as steps
from app.engine.errors import StepFailed
from app.engine.feel_string import string
from app.engine.spiff.bounded import bounded
from app.engine.spiff.service_jobs import service_job

if TYPE_CHECKING:
    from app.engine.spiff.run import Run
    from app.engine.spiff.tree import Token


def throw(run: Run, token: Token, element: bpmn.Element) -> bool:
    """Throw what *element* throws; True to go on. A message event with a task definition is a job and waits."""
    event = element.event
    if event is None:
        run.map_inputs(token, element)
        run.map_outputs(token, element, {})
        return True
    run.map_inputs(token, element)
    if element.task_type is not None:
        run.step.jobs.append(service_job(run, token, element))
        return False
    if event.kind == "message":
        send_message(run, token, element)
    elif event.kind == "signal":
        (name,) = run.evaluate([event.name], run.sees(token), element.id)
        run.step.signals.append(steps.Signal(bounded(name, "name of the signal", element), _payload(run, token)))
    elif event.kind == "link":
        run.place(link_catch(run.process, element).id, token.scope)
    elif event.kind == "error":
        (code,) = run.evaluate([event.code], run.sees(token), element.id)
        run.events.throw_error(string(code), "", _payload(run, token), scope=token.scope, activity=None, at=element.id)
    elif event.kind == "escalation":
        (code,) = run.evaluate([event.code], run.sees(token), element.id)
        run.events.throw_escalation(string(code), _payload(run, token), scope=token.scope, activity=None)
    elif event.kind == "terminate":
        for other in run.tree.tokens():
            if other.scope == token.scope and other is not token and other.id in run.tree.tasks:
                run.events.cancel(other, element.id)
    else:
        raise StepFailed(f"{event.kind} cannot be thrown", element_id=element.id, kind="unsupported")
    run.map_outputs(token, element, {})
    return True


def _payload(run: Run, token: Token) -> steps.Variables:
    """What a thrown event carries: its input mappings, nothing without any."""
    own = run.scopes.get(token.id)
    return dict(own.variables) if own else {}


def send_message(run: Run, token: Token, element: bpmn.Element) -> None:
    """Publish the message of a throw event or send task, with its input mappings as variables."""
    if element.event is None:
        return
    name, key = run.evaluate([element.event.name, element.event.correlation_key], run.sees(token), element.id)
    name, key = bounded(name, "name of the message", element), bounded(key, "correlation key", element)
    run.step.messages.append(steps.Message(name, key, _payload(run, token)))


def link_catch(process: bpmn.Process, throw_event: bpmn.Element) -> bpmn.Element:
    """The link catch event of the same name in the same scope."""
    for element in process.elements.values():
        if (
            element.kind == "intermediateCatchEvent"
            and element.scope == throw_event.scope
            and element.event is not None
            and throw_event.event is not None
            and element.event.kind == "link"
            and element.event.name == throw_event.event.name
        ):
            return element
    raise StepFailed("there is no link catch event of this name", element_id=throw_event.id, kind="unsupported")


def link_throws(process: bpmn.Process, catch_event: bpmn.Element) -> list[bpmn.Element]:
    """The link throw events that lead to *catch_event*."""
    return [
        element
        for element in process.elements.values()
        if element.kind == "intermediateThrowEvent"
        and element.scope == catch_event.scope
        and element.event is not None
        and catch_event.event is not None
        and element.event.kind == "link"
        and element.event.name == catch_event.event.name
    ]
