"""One flow node of BPMN XML to ``Element``."""

from __future__ import annotations

from typing import Any

from app.engine.bpmn_model import Element, EventDefinition, Loop
from app.engine.problems import Problem
from app.engine.safe_xml import Node, elements, local, namespace, text

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"

SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})

#: timer definition's child -> our word
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def is_true(written: str | None) -> bool:
    """xsd:boolean."""
    return (written or "").strip().lower() in {"true", "1"}


def child(node: Node, name: str) -> Node | None:
    return next(node.iterchildren(f"{{{BPMN}}}{name}"), None)


def extension(node: Node, name: str) -> Node | None:
    """The zeebe extension element *name* of *node*."""
    for holder in node.iterchildren(f"{{{BPMN}}}extensionElements"):
        found = next(holder.iterchildren(f"{{{ZEEBE}}}{name}"), None)
        if found is not None:
            return found
    return None


def attribute(node: Node | None, name: str) -> str | None:
    """The attribute's value without white space around it; None when missing or empty."""
    return (node.get(name) or "").strip() or None if node is not None else None


def documentation(node: Node) -> str:
    return "\n".join(text(part) for part in node.iterchildren(f"{{{BPMN}}}documentation"))


def zeebe_properties(node: Node) -> dict[str, str]:
    return _pairs(extension(node, "properties"), "property", "name", "value")


def _pairs(holder: Node | None, item: str, name: str, value: str) -> dict[str, str]:
    if holder is None:
        return {}
    return {part.get(name): part.get(value) or "" for part in holder.iterchildren(f"{{{ZEEBE}}}{item}") if part.get(name)}


class References:
    """Messages, signals, errors and escalations of a file, by id."""

    def __init__(self, root: Node) -> None:
        self._nodes = {
            (local(node), node.get("id")): node
            for node in elements(root)
            if namespace(node) == BPMN and local(node) in {"message", "signal", "error", "escalation"}
        }

    def find(self, kind: str, reference: str | None) -> Node | None:
        """The definition that *reference* (a QName, its prefix does not matter) names."""
        return self._nodes.get((kind, (reference or "").strip().rpartition(":")[2]))


def read_element(
    node: Node,
    references: References,
    *,
    scope: str,
    lane: str,
    incoming: tuple[str, ...],
    outgoing: tuple[str, ...],
    problems: list[Problem],
) -> Element:
    """Read *node*. What is wrong in the XML itself is appended to *problems*."""
    kind = local(node)
    assignment = extension(node, "assignmentDefinition")
    schedule = extension(node, "taskSchedule")
    task = extension(node, "taskDefinition")
    script = extension(node, "script")
    decision = extension(node, "calledDecision")
    called = extension(node, "calledElement")
    inputs, outputs = _mappings(node)
    _refuse_misread(node, problems)
    return Element(
        id=node.get("id"),
        kind=kind,
        name=node.get("name", ""),
        documentation=documentation(node),
        scope=scope,
        lane=lane,
        incoming=incoming,
        outgoing=outgoing,
        default=attribute(node, "default"),
        event=_event(node, kind, references, problems),
        attached_to=attribute(node, "attachedToRef"),
        interrupting=is_true(node.get("isInterrupting" if kind == "startEvent" else "cancelActivity", "true")),
        triggered_by_event=is_true(node.get("triggeredByEvent")),
        inputs=inputs,
        outputs=outputs,
        form_id=attribute(extension(node, "formDefinition"), "formId"),
        assignee=attribute(assignment, "assignee"),
        candidate_groups=attribute(assignment, "candidateGroups"),
        candidate_users=attribute(assignment, "candidateUsers"),
        due=attribute(schedule, "dueDate"),
        follow_up=attribute(schedule, "followUpDate"),
        priority=attribute(extension(node, "priorityDefinition"), "priority"),
        task_type=attribute(task, "type"),
        retries=attribute(task, "retries"),
        headers=_pairs(extension(node, "taskHeaders"), "header", "key", "value"),
        script=attribute(script, "expression"),
        result_variable=attribute(script, "resultVariable") or attribute(decision, "resultVariable"),
        decision_id=attribute(decision, "decisionId"),
        called_process=attribute(called, "processId"),
        # Zeebe's defaults are true for both; the Modeler writes "false" when it means it.
        propagate_all_parent=called is None or is_true(called.get("propagateAllParentVariables", "true")),
        propagate_all_child=called is None or is_true(called.get("propagateAllChildVariables", "true")),
        loop=_loop(node),
        properties=zeebe_properties(node),
        line=node.sourceline or 0,
        markers=tuple(_markers(node, kind)),
    )


def _mappings(node: Node) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    holder = extension(node, "ioMapping")
    if holder is None:
        return (), ()

    def pairs(name: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            ((part.get("source") or "").strip(), (part.get("target") or "").strip()) for part in holder.iterchildren(f"{{{ZEEBE}}}{name}")
        )

    return pairs("input"), pairs("output")


def _loop(node: Node) -> Loop | None:
    multi = child(node, "multiInstanceLoopCharacteristics")
    if multi is None:
        return None
    characteristics = extension(multi, "loopCharacteristics")
    condition = child(multi, "completionCondition")
    return Loop(
        sequential=is_true(multi.get("isSequential")),
        input_collection=attribute(characteristics, "inputCollection") or "",
        input_element=attribute(characteristics, "inputElement"),
        output_collection=attribute(characteristics, "outputCollection"),
        output_element=attribute(characteristics, "outputElement"),
        completion_condition=(text(condition) or None) if condition is not None else None,
    )


def _markers(node: Node, kind: str) -> list[str]:
    """What BPMN knows about the element and we do not run."""
    found = []
    if is_true(node.get("isForCompensation")):
        found.append("compensation")
    if child(node, "standardLoopCharacteristics") is not None:
        found.append("standardLoop")
    multi = child(node, "multiInstanceLoopCharacteristics")
    if multi is not None and child(multi, "loopCardinality") is not None:
        found.append("loopCardinality")
    if kind == "adHocSubProcess":
        found.append("adHoc")
    if is_true(node.get("instantiate")):
        found.append("instantiate")
    if kind == "eventBasedGateway" and node.get("eventGatewayType") == "Parallel":
        found.append("parallelEvents")
    if any(node.get(name) not in (None, "1") for name in ("startQuantity", "completionQuantity")):
        found.append("tokenQuantity")
    definitions = _event_definitions(node)
    if is_true(node.get("parallelMultiple")):
        found.append("parallelMultiple")
    elif len(definitions) > 1:
        found.append("multiple")
    return found


def _event_definitions(node: Node) -> list[Node]:
    return [part for part in elements(node) if namespace(part) == BPMN and local(part).endswith(("EventDefinition", "eventDefinitionRef"))]


def _event(node: Node, kind: str, references: References, problems: list[Problem]) -> EventDefinition | None:
    if kind in {"receiveTask", "sendTask"}:
        return _message(node, node, references, problems) if node.get("messageRef") or kind == "receiveTask" else None
    definitions = _event_definitions(node)
    if not definitions:
        return None
    definition = definitions[0]
    name = local(definition).removesuffix("EventDefinition")
    if name == "message":
        return _message(node, definition, references, problems)
    if name == "timer":
        return _timer(definition)
    if name == "link":
        return EventDefinition("link", name=attribute(definition, "name") or "")
    if name in {"signal", "error", "escalation"}:
        target = _referred(node, definition, name, references, problems)
        if name == "signal":
            return EventDefinition("signal", name=attribute(target, "name") or "")
        return EventDefinition(name, name=attribute(target, "name") or "", code=attribute(target, f"{name}Code"))
    return EventDefinition(name)


def _message(node: Node, holder: Node, references: References, problems: list[Problem]) -> EventDefinition:
    message = _referred(node, holder, "message", references, problems)
    subscription = extension(message, "subscription") if message is not None else None
    return EventDefinition("message", name=attribute(message, "name") or "", correlation_key=attribute(subscription, "correlationKey"))


def _timer(definition: Node) -> EventDefinition:
    found = [(_TIMERS[local(part)], text(part)) for part in elements(definition) if local(part) in _TIMERS]
    if len(found) != 1:
        return EventDefinition("timer")
    return EventDefinition("timer", timer=found[0][0], expression=found[0][1] or None)


def _referred(node: Node, holder: Node, kind: str, references: References, problems: list[Problem]) -> Node | None:
    reference = attribute(holder, f"{kind}Ref")
    found = references.find(kind, reference)
    if reference and found is None:
        problems.append(_problem("reference_missing", node, kind=kind, reference=reference))
    return found


def _refuse_misread(node: Node, problems: list[Problem]) -> None:
    """What other engines read from the XML and we do not: say so instead of running something else."""
    form = extension(node, "formDefinition")
    if form is not None and not form.get("formId") and (form.get("formKey") or form.get("externalReference")):
        problems.append(_problem("form_key", node, key=form.get("formKey") or form.get("externalReference")))
    for name in ("formDefinition", "calledElement", "calledDecision"):
        binding = attribute(extension(node, name), "bindingType")
        if binding not in (None, "latest"):
            problems.append(_problem("binding_unsupported", node, binding=binding))
    if local(node) == "scriptTask" and extension(node, "script") is None:
        problems.append(_problem("script_not_feel", node, format=node.get("scriptFormat") or "—"))
    elif local(node) == "scriptTask" and attribute(extension(node, "script"), "expression") is None:
        problems.append(_problem("script_missing", node))
    if local(node) in SCOPES:
        return
    for part in elements(node):
        if (
            namespace(part) == BPMN
            and local(part) not in _CHILDREN
            and not local(part).endswith(("EventDefinition", "LoopCharacteristics"))
        ):
            problems.append(_problem("unknown_element", node, tag=local(part)))


#: children of tasks, events and gateways; those of subprocesses are read by ``bpmn_xml``
_CHILDREN_NAMES = """documentation extensionElements incoming outgoing auditing monitoring categoryValueRef property ioSpecification
    dataInput dataOutput dataInputAssociation dataOutputAssociation inputSet outputSet resourceRole performer humanPerformer potentialOwner
    rendering script eventDefinitionRef activationCondition completionCondition condition supports"""
_CHILDREN = frozenset(_CHILDREN_NAMES.split())


def _problem(code: str, node: Node, **params: Any) -> Problem:
    return Problem(
        resource="",
        element_id=node.get("id", ""),
        element_name=node.get("name", ""),
        code=code,
        params=params,
        severity="error",
        line=node.sourceline or 0,
    )
