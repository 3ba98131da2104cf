"""The execution core: ``(state, command) -> Step`` on SpiffWorkflow. The only place that imports it. No I/O.

SpiffWorkflow keeps the tokens (``tree``) and drives them through task specs (``specs``); variables live in scopes (``scopes``);
events are armed and caught in ``events``, thrown in ``throwing``. A step returns whole or raises ``StepFailed``: nothing is kept then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.engine import bpmn, feel
from app.engine import step as steps
from app.engine.errors import ExpressionError, StepFailed
from app.engine.spiff import mapping
from app.engine.spiff.activities import none_start
from app.engine.spiff.migrating import Migrated, migrate
from app.engine.spiff.reaching import stuck
from app.engine.spiff.run import Decide, Run
from app.engine.spiff.scopes import put
from app.engine.spiff.tree import ROOT, Place, Token, places
from app.engine.step import Step, Variables

__all__ = ["ROOT", "Decide", "Migrated", "Place", "advance", "mapping", "migrate", "output_of_child", "places", "scope_of_child", "stuck"]


def advance(
    process: bpmn.Process,
    state: bytes | None,
    variables: Variables,
    command: steps.Command,
    *,
    now: datetime,
    decide: Decide,
    has_parent: bool,
) -> Step:
    """Carry out *command* on the instance (*state*, *variables*) and everything that follows until each token waits.

    *now* is campaign time, *decide(decision id, variables)* evaluates a decision. Raises ``StepFailed``; the given values are not changed.
    """
    run = Run(process, state, variables, now=now, decide=decide, has_parent=has_parent)
    _obey(run, command)
    run.settle()
    return run.result()


def output_of_child(process: bpmn.Process, element_id: str, variables: Variables) -> Any:
    """The value that one ended child gives to the output collection of its multi-instance call activity.

    The call activity's output mappings are evaluated over the child's *variables* first, then the output element (Camunda 8's order).
    """
    element = process.elements[element_id]
    if element.loop is None or not element.loop.output_element:
        return None
    return _resolve(element.loop.output_element, scope_of_child(process, element_id, variables), element_id)


def scope_of_child(process: bpmn.Process, element_id: str, variables: Variables) -> Variables:
    """What the output element and the completion condition of a multi-instance call activity see of one ended child: its *variables*, and
    over them what the call activity's output mappings make of them."""
    seen = dict(variables)
    for source, target in process.elements[element_id].outputs:
        put(seen, target, _resolve(source, seen, element_id))
    return seen


def _resolve(written: str, variables: Variables, element_id: str) -> Any:
    try:
        return feel.to_json(feel.resolve(written, variables))
    except ExpressionError as error:
        raise StepFailed.of(error, element_id=element_id) from error


def _obey(run: Run, command: steps.Command) -> None:
    match command:
        case steps.Start():
            _start(run, command)
        case steps.Complete():
            _complete(run, command)
        case steps.Trigger():
            run.events.fire(run.token(command.key), command.variables)
        case steps.ThrowError():
            token = run.token(command.key)
            run.events.throw_error(
                command.code, command.message, command.variables, scope=token.scope, activity=token, at=token.task_spec.name
            )
        case steps.ThrowEscalation():
            token = run.token(command.key)
            run.events.throw_escalation(command.code, command.variables, scope=token.scope, activity=token)
        case steps.Evaluate():
            _evaluate(run, command)
        case steps.SetVariables():
            for name, value in command.variables.items():
                run.scopes.write_local(ROOT, name, feel.to_json(value))
        case steps.Cancel():
            run.step.outcome = "terminated"
            run.events.cancel_scope(ROOT, command.cause)
        case steps.Move():
            _move(run, command)


def _move(run: Run, command: steps.Move) -> None:
    """Whether the target is a place for a token has been looked at before (``token_moves``)."""
    token = run.token(command.key)
    scope = token.scope
    run.events.cancel(token, "moved")
    run.place(command.element_id, scope)


def _start(run: Run, command: steps.Start) -> None:
    element = run.process.elements[command.element_id] if command.element_id else _entry(run.process)
    if element.event is None or not element.outputs or not command.element_id:
        # What came with an event goes through its output mappings, if it has any.
        for name, value in command.variables.items():
            run.scopes.write_local(ROOT, name, feel.to_json(value))
    run.events.arm_scope("", ROOT)
    if element.event is None:
        run.place(element.id, ROOT)
        return
    # The event has fired already: pass through it, so that its output mappings see what came with it.
    token = run.put(element.id, ROOT, TaskState.STARTED)
    run.enter(token)
    run.map_outputs(token, element, command.variables, propagate=False)
    run.finish(token)


def _entry(process: bpmn.Process) -> bpmn.Element:
    """Where an instance that somebody starts by hand begins: the none start event, or the only start event there is."""
    starts = [element for element in process.elements.values() if element.kind == "startEvent" and not element.scope]
    if len(starts) == 1:
        return starts[0]
    return none_start(process, "")


def _complete(run: Run, command: steps.Complete) -> None:
    token = run.token(command.key)
    element = token.task_spec.element
    variables = command.variables
    if element.kind == "callActivity" and element.loop is not None:
        _end_loop(run, token, element, variables)
        return
    if element.kind == "callActivity" and not element.outputs and not element.propagate_all_child:
        variables = {}
    if element.kind in {"scriptTask", "businessRuleTask"} and element.result_variable and element.result_variable not in variables:
        variables = {**variables, element.result_variable: None}
    run.map_outputs(token, element, variables)
    run.finish(token)


def _end_loop(run: Run, token: Token, element: bpmn.Element, variables: Variables) -> None:
    for name, value in variables.items():
        run.scopes.write(token.scope, name, feel.to_json(value))
    run.finish(token)


def _evaluate(run: Run, command: steps.Evaluate) -> None:
    token = run.token(command.key)
    element = token.task_spec.element
    if element.loop is None or element.loop.completion_condition is None:
        raise StepFailed("this activity has no completion condition", element_id=element.id)
    counts = {
        "numberOfInstances": command.total,
        "numberOfActiveInstances": command.active,
        "numberOfCompletedInstances": command.completed,
        "numberOfTerminatedInstances": command.terminated,
    }
    written = f"={element.loop.completion_condition.removeprefix('=')}"
    (met,) = run.evaluate([written], run.sees(token), element.id, {**command.variables, **command.ended, **counts})
    if met is True:
        _end_loop(run, token, element, command.variables)
    elif met is not False:
        raise StepFailed(f"the completion condition “{written}” is neither true nor false but {met!r}", element_id=element.id)
