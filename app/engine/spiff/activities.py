"""What happens when a token enters an activity or a catch event. Each function returns True to go on, False to wait for a command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.engine import bpmn, feel, timers
from app.engine import step as steps
from app.engine.errors import EngineError, StepFailed
from app.engine.feel_string import string
from app.engine.spiff import throwing
from app.engine.spiff.bounded import CANDIDATE, PERSON, bounded
from app.engine.spiff.scopes import put
from app.engine.spiff.service_jobs import service_job
from app.engine.step import Variables

if TYPE_CHECKING:
    from app.engine.spiff.run import Run
    from app.engine.spiff.tree import Token


def begin(run: Run, token: Token, element: bpmn.Element) -> bool:
    """Enter *element*."""
    if element.kind == "intermediateCatchEvent":
        return _catch(run, token, element)
    if element.loop is None:
        run.map_inputs(token, element)
    if element.task_type is not None:
        return _service(run, token, element)
    return _BEGIN[element.kind](run, token, element)


def _catch(run: Run, token: Token, element: bpmn.Element) -> bool:
    if element.event is None or element.event.kind == "link":
        return True
    run.events.subscribe(token, element, token.scope)
    return False


def _user(run: Run, token: Token, element: bpmn.Element) -> bool:
    run.step.user_tasks.append(user_task(run, token, element))
    run.events.arm_boundaries(token)
    return False


def user_task(run: Run, token: Token, element: bpmn.Element) -> steps.UserTask:
    """The user task as its attributes say now."""
    scope = run.sees(token)
    written = [
        element.assignee,
        element.candidate_groups,
        element.candidate_users,
        element.due,
        element.follow_up,
        element.priority,
        element.form_id,
    ]
    assignee, groups, users, due, follow_up, priority, form = run.evaluate(written, scope, element.id)
    return steps.UserTask(
        key=token.id,
        element_id=element.id,
        name=element.name or element.id,
        form_id=form or None,
        assignee=bounded(assignee, "assignee", element, PERSON) or None,
        candidate_groups=_names(groups, "candidate group", element, CANDIDATE),
        candidate_users=_names(users, "candidate user", element, PERSON),
        due_at=_moment(due, run, element),
        follow_up_at=_moment(follow_up, run, element),
        priority=_priority(priority, element),
        variables=run.scopes.local(run.sees(token)),
        properties=dict(element.properties),
    )


def _names(value: Any, what: str, element: bpmn.Element, limit: int) -> tuple[str, ...]:
    """Groups or users: a FEEL list, or text with commas."""
    if value is None:
        return ()
    items = [string(item) for item in value] if isinstance(value, list) else string(value).split(",")
    return tuple(dict.fromkeys(bounded(item.strip(), what, element, limit) for item in items if item.strip()))


def _moment(value: Any, run: Run, element: bpmn.Element) -> datetime | None:
    """A due or follow-up date."""
    if value is None or value == "":
        return None
    try:
        return timers.instant(value)
    except ValueError as error:
        raise StepFailed(f"the date “{value}”: {error}", element_id=element.id, kind="timer") from error


def _priority(value: Any, element: bpmn.Element) -> int:
    if value is None or value == "":
        return 50
    try:
        return max(0, min(100, int(value)))
    except (TypeError, ValueError) as error:
        raise StepFailed(f"the priority “{value}” is not a number from 0 to 100", element_id=element.id) from error


def _service(run: Run, token: Token, element: bpmn.Element) -> bool:
    """A service task, or any task or throw event that names a handler by its task definition."""
    run.step.jobs.append(service_job(run, token, element))
    run.events.arm_boundaries(token)
    return False


def _script(run: Run, token: Token, element: bpmn.Element) -> bool:
    (value,) = run.evaluate([f"={(element.script or '').removeprefix('=')}"], run.sees(token), element.id)
    run.map_outputs(token, element, {element.result_variable or "result": feel.to_json(value)})
    return True


def _decision(run: Run, token: Token, element: bpmn.Element) -> bool:
    scope = run.sees(token)
    (decision,) = run.evaluate([element.decision_id], scope, element.id)
    try:
        value = run.decide(string(decision), run.scopes.visible(scope))
    except StepFailed:
        raise
    except EngineError as error:
        raise StepFailed.of(error, element_id=element.id, kind="decision", message=f"decision “{decision}”: {error}") from error
    run.map_outputs(token, element, {element.result_variable or "result": feel.to_json(value)})
    return True


def _send(run: Run, token: Token, element: bpmn.Element) -> bool:
    throwing.send_message(run, token, element)
    run.map_outputs(token, element, {})
    return True


def _receive(run: Run, token: Token, element: bpmn.Element) -> bool:
    run.events.arm_boundaries(token)
    run.events.subscribe(token, element, run.sees(token))
    return False


def _subprocess(run: Run, token: Token, element: bpmn.Element) -> bool:
    run.scopes.open(token.id, token.scope)
    run.events.arm_boundaries(token)
    run.events.arm_scope(element.id, token.id)
    run.place(none_start(run.process, element.id).id, token.id)
    return False


def none_start(process: bpmn.Process, scope: str) -> bpmn.Element:
    """The none start event of the process ("") or of an embedded subprocess."""
    for element in process.elements.values():
        if element.kind == "startEvent" and element.scope == scope and element.event is None:
            return element
    raise StepFailed("there is no start event without a trigger", element_id=scope or process.id, kind="unsupported")


def _call(run: Run, token: Token, element: bpmn.Element) -> bool:
    loop = element.loop
    scope = run.sees(token)
    process_id, items = run.evaluate([element.called_process, loop.input_collection if loop else None], scope, element.id)
    own = run.scopes.get(token.id)
    common = run.scopes.visible(scope) if element.propagate_all_parent else dict(own.variables) if own else {}
    if loop is None:
        run.step.children.append(
            steps.Children(token.id, element.id, string(process_id), ({},), common, propagate_all=element.propagate_all_child)
        )
        run.events.arm_boundaries(token)
        return False
    if not isinstance(items, list):
        raise StepFailed(f"the input collection “{loop.input_collection}” is not a list but {items!r}", element_id=element.id)
    if not items:
        if loop.output_collection:
            run.scopes.write(token.scope, loop.output_collection, [])
        return True
    run.step.children.append(
        steps.Children(
            token.id,
            element.id,
            string(process_id),
            tuple(_item_variables(run, token, element, index, item) for index, item in enumerate(items)),
            common,
            multi=True,
            sequential=loop.sequential,
            output_collection=loop.output_collection,
            output_element=loop.output_element,
            has_completion_condition=loop.completion_condition is not None,
            propagate_all=element.propagate_all_child,
        )
    )
    run.events.arm_boundaries(token)
    return False


def _item_variables(run: Run, token: Token, element: bpmn.Element, index: int, item: Any) -> Variables:
    """What one child of a multi-instance call activity gets beside the common variables."""
    variables: Variables = {"loopCounter": index + 1}
    if element.loop and element.loop.input_element:
        variables[element.loop.input_element] = feel.to_json(item)
    for target, value in run.mapped(element.inputs, token.scope, element.id, variables):
        put(variables, target, value)
    return variables


def _pass(run: Run, token: Token, element: bpmn.Element) -> bool:
    run.map_outputs(token, element, {})
    return True


_BEGIN: dict[str, Callable[[Any, Any, bpmn.Element], bool]] = {
    "userTask": _user,
    "serviceTask": _pass,
    "sendTask": _send,
    "scriptTask": _script,
    "businessRuleTask": _decision,
    "receiveTask": _receive,
    "callActivity": _call,
    "subProcess": _subprocess,
}
