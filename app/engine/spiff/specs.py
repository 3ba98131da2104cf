"""Task specs: one class per kind of BPMN element, on SpiffWorkflow's ``BpmnTaskSpec``.

SpiffWorkflow calls ``_update_hook`` when a token arrives, ``_run_hook`` when it runs and ``_on_complete_hook`` when it is done. What
SpiffWorkflow's own specs do wrong (``tests/engine/conformance``) is done right here: joins count the tokens that wait at them instead of
reading finished history, gateways evaluate FEEL, nothing is predicted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from app.engine import bpmn
from app.engine.errors import StepFailed
from app.engine.spiff import activities, throwing
from app.engine.spiff.tree import Token


class Node(BpmnTaskSpec):  # type: ignore[misc]
    """An element of the diagram. ``execute`` does its work; False means: wait for a command."""

    def __init__(self, wf_spec: ProcessSpec, element: bpmn.Element) -> None:
        super().__init__(wf_spec, element.id, lane=element.lane, documentation=element.documentation)
        self.bpmn_id = element.id
        self.bpmn_name = element.name
        self.element = element

    def test(self) -> None:
        # Deployment has checked the diagram.
        pass

    def _predict(self, my_task: Token, *_args: Any, **_kwargs: Any) -> None:
        pass

    def _update_hook(self, my_task: Token) -> bool:
        return True

    def _on_ready_hook(self, my_task: Token) -> None:
        my_task.workflow.run.queue.append(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        run = my_task.workflow.run
        run.enter(my_task)
        return True if self.execute(my_task) else None

    def execute(self, token: Token) -> bool:
        """Pass through: none events, manual and undefined tasks."""
        return True

    def _on_complete_hook(self, my_task: Token) -> None:
        run = my_task.workflow.run
        run.leave(my_task)
        if my_task.id not in my_task.workflow.tasks:
            return  # what it threw was caught by something that cancelled it
        for flow in self.element.outgoing:
            run.follow(my_task, flow)

    def _on_cancel(self, my_task: Token) -> None:
        pass


class ActivityNode(Node):
    """A task, call activity, subprocess, catch event: works or waits as ``activities`` says."""

    def execute(self, token: Token) -> bool:
        return activities.begin(token.workflow.run, token, self.element)


class ThrowNode(Node):
    """An intermediate throw or end event."""

    def execute(self, token: Token) -> bool:
        return throwing.throw(token.workflow.run, token, self.element)


class ExclusiveGateway(Node):
    """Takes the first flow whose condition is true, otherwise the default flow."""

    def _on_complete_hook(self, my_task: Token) -> None:
        run = my_task.workflow.run
        run.leave(my_task)
        flows = list(self.element.outgoing)
        if len(flows) > 1 or run.process.flows[flows[0]].condition is not None:
            flows = run.true_flows(my_task, self.element, first_only=True)
        run.follow(my_task, flows[0])


class Join(Node):
    """A gateway with several ways in: tokens wait here until they may go on as one."""

    def _update_hook(self, my_task: Token) -> bool:
        if len(self.element.incoming) < 2:
            return True
        my_task._set_state(TaskState.WAITING)
        return self._complete_set(my_task)

    def _complete_set(self, my_task: Token) -> bool:
        return False

    def merge(self, token: Token) -> None:
        """Let *token* go on and take one waiting token of each other flow with it."""
        seen = {token.notes.get("flow")}
        for other in self.waiting(token):
            if other is not token and other.notes.get("flow") not in seen:
                seen.add(other.notes.get("flow"))
                token.workflow.drop(other)

    def waiting(self, token: Token) -> list[Token]:
        """The tokens that wait at this gateway in the scope of *token*."""
        return [
            other
            for other in token.workflow.tokens()
            if other.task_spec is self and other.scope == token.scope and other.state == TaskState.WAITING
        ]


class ParallelGateway(Join):
    """Goes on when a token waits on each flow in; one of each is taken, more stay."""

    def _complete_set(self, my_task: Token) -> bool:
        arrived = {other.notes.get("flow") for other in self.waiting(my_task)}
        if not arrived.issuperset(self.element.incoming):
            return False
        self.merge(my_task)
        return True


class InclusiveGateway(Join):
    """Out: every flow whose condition is true. In: waits while a token could still come by a flow on which none waits.

    That is asked when nothing else can move (``Run.settle``), not on arrival.
    """

    def blockers(self, token: Token) -> list[Token]:
        """BPMN 2.0, 13.4.3: the tokens elsewhere that can reach an empty flow in, and not a filled one as well."""
        process = token.workflow.run.process
        filled = {other.notes.get("flow") for other in self.waiting(token)}
        empty = [flow for flow in self.element.incoming if flow not in filled]
        may_come = upstream(process, self.element.id, tuple(empty))
        has_come = upstream(process, self.element.id, tuple(flow for flow in self.element.incoming if flow in filled))
        return [
            other
            for other in token.workflow.tokens()
            if other.scope == token.scope
            and other.task_spec is not self
            and other.task_spec.name in may_come
            and other.task_spec.name not in has_come
        ]

    def _on_complete_hook(self, my_task: Token) -> None:
        run = my_task.workflow.run
        run.leave(my_task)
        flows = list(self.element.outgoing)
        if len(flows) > 1:
            flows = run.true_flows(my_task, self.element, first_only=False)
        for flow in flows:
            run.follow(my_task, flow)


class EventGateway(Node):
    """Waits at all events behind it; the first that fires takes the token."""

    def execute(self, token: Token) -> bool:
        run = token.workflow.run
        for flow in self.element.outgoing:
            target = run.process.elements[run.process.flows[flow].target]
            run.events.arm(target, token.scope, sees=token.scope, notes={"gateway": token.id})
        return False


def upstream(process: bpmn.Process, gateway: str, flows: tuple[str, ...]) -> set[str]:
    """Ids of the elements from which *flows* can be reached without passing *gateway*."""
    seen: set[str] = set()
    todo = [process.flows[flow].source for flow in flows]
    while todo:
        element = process.elements[todo.pop()]
        if element.id in seen or element.id == gateway:
            continue
        seen.add(element.id)
        todo.extend(process.flows[flow].source for flow in element.incoming)
        if element.attached_to:
            todo.append(element.attached_to)
        if element.kind == "intermediateCatchEvent" and element.event and element.event.kind == "link":
            todo.extend(throw.id for throw in throwing.link_throws(process, element))
    return seen


_KINDS: dict[str, type[Node]] = {
    "startEvent": Node,
    "manualTask": Node,
    "task": Node,
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
    "eventBasedGateway": EventGateway,
    "boundaryEvent": Node,
    "intermediateThrowEvent": ThrowNode,
    "endEvent": ThrowNode,
    **dict.fromkeys(
        (
            "userTask",
            "serviceTask",
            "sendTask",
            "scriptTask",
            "businessRuleTask",
            "receiveTask",
            "callActivity",
            "subProcess",
            "intermediateCatchEvent",
        ),
        ActivityNode,
    ),
}


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]
    """SpiffWorkflow's spec of a process: all elements, those of embedded subprocesses too, in one flat spec."""

    def __init__(self, process: bpmn.Process) -> None:
        super().__init__(name=process.id)
        self.process = process
        for element in process.elements.values():
            kind = _KINDS.get(element.kind)
            if kind is None:
                raise StepFailed(f"{element.kind} is not supported", element_id=element.id, kind="unsupported")
            kind(self, element)


@lru_cache(maxsize=256)
def _spec(identity: int, holder: _Identity) -> ProcessSpec:
    return ProcessSpec(holder.process)


class _Identity:
    """Lets the cache know a process by identity: its dictionaries cannot be hashed."""

    def __init__(self, process: bpmn.Process) -> None:
        self.process = process

    def __hash__(self) -> int:
        return id(self.process)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.process is self.process


def spec_of(process: bpmn.Process) -> ProcessSpec:
    """The spec of *process*, built once per parsed definition."""
    return _spec(id(process), _Identity(process))
