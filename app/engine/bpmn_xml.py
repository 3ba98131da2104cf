"""BPMN XML to ``Process``: the file, its processes, scopes, flows and lanes (one element's details: ``bpmn_element``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.engine import bpmn_foreign, safe_xml
from app.engine.bpmn_element import (
    BPMN,
    SCOPES,
    ZEEBE,
    References,
    attribute,
    documentation,
    extension,
    is_true,
    read_element,
    zeebe_properties,
)
from app.engine.bpmn_model import Flow, Process
from app.engine.errors import Refused
from app.engine.problems import Problem
from app.engine.safe_xml import Node, elements, local, namespace, text

_FLOW_NODES_NAMES = """startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent implicitThrowEvent
    task userTask manualTask scriptTask serviceTask sendTask receiveTask businessRuleTask callActivity
    subProcess transaction adHocSubProcess
    exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway complexGateway
    choreographyTask callChoreography subChoreography"""
FLOW_NODES = frozenset(_FLOW_NODES_NAMES.split())
#: Standard BPMN that says nothing about how tokens move.
_IGNORED_NAMES = """documentation extensionElements laneSet dataObject dataObjectReference dataStoreReference dataInput dataOutput
    ioSpecification ioBinding property dataInputAssociation dataOutputAssociation dataState textAnnotation association group
    auditing monitoring incoming outgoing correlationSubscription supports resourceRole performer humanPerformer potentialOwner
    rendering categoryValueRef"""
IGNORED = frozenset(_IGNORED_NAMES.split())


@dataclass(slots=True)
class File:
    """What a BPMN file holds: its executable processes, and what reading it found wrong."""

    processes: list[Process]
    problems: list[Problem] = field(default_factory=list)


def read(content: bytes) -> File:
    """Read a BPMN file. Raises ``Refused`` for what is no BPMN file at all; the rest is in ``File.problems``."""
    root = safe_xml.read(content)
    if local(root) != "definitions" or namespace(root) != BPMN:
        raise Refused([_problem("not_bpmn", root, root=local(root))])
    problems = list(_duplicate_ids(root))
    references = References(root)
    participants = {
        str(node.get("processRef", "")).rpartition(":")[2]: node.get("name", "") for node in root.iter(f"{{{BPMN}}}participant")
    }
    processes = []
    found = list(root.iterchildren(f"{{{BPMN}}}process"))
    # BPMN's default is "not executable", and modelers leave the attribute out for the other pools of a collaboration.
    unmarked = not any(is_true(node.get("isExecutable")) for node in found)
    for node in found:
        written = node.get("isExecutable")
        if not (unmarked if written is None else is_true(written)):
            problems.append(_problem("process_not_executable", node, "warning"))
        elif not node.get("id"):
            problems.append(_problem("process_without_id", node))
        else:
            processes.append(_Reader(node, references, participants.get(node.get("id"), "")).process())
    problems.extend(bpmn_foreign.found(root))
    if not processes and not any(problem.severity == "error" for problem in problems):
        problems.append(_problem("no_process", root))
    return File(processes, problems)


class _Reader:
    """Reads one process element."""

    def __init__(self, node: Node, references: References, participant: str) -> None:
        self.node = node
        self.references = references
        self.participant = participant
        self.flow_nodes: list[tuple[Node, str]] = []
        self.flows: dict[str, Flow] = {}
        self.lanes: dict[str, str] = {}
        #: element id -> lane name
        self.lane_of: dict[str, str] = {}
        self.problems: list[Problem] = []

    def process(self) -> Process:
        self._scope(self.node, "")
        incoming: dict[str, list[str]] = {}
        outgoing: dict[str, list[str]] = {}
        for flow in self.flows.values():
            outgoing.setdefault(flow.source, []).append(flow.id)
            incoming.setdefault(flow.target, []).append(flow.id)
        members = {}
        for node, scope in self.flow_nodes:
            key = node.get("id")
            if key not in members:
                members[key] = read_element(
                    node,
                    self.references,
                    scope=scope,
                    lane=self.lane_of.get(key, ""),
                    incoming=tuple(incoming.get(key, ())),
                    outgoing=tuple(outgoing.get(key, ())),
                    problems=self.problems,
                )
        self._missing_flows()
        self._unknown_extensions()
        return Process(
            id=self.node.get("id"),
            name=self.node.get("name") or self.participant,
            elements=members,
            flows=self.flows,
            documentation=documentation(self.node),
            properties=zeebe_properties(self.node),
            lanes=self.lanes,
            line=self.node.sourceline or 0,
            version_tag=attribute(extension(self.node, "versionTag"), "value"),
            problems=tuple(self.problems),
        )

    def _scope(self, container: Node, scope: str) -> None:
        for node in elements(container):
            if namespace(node) != BPMN:
                continue
            name = local(node)
            if name in FLOW_NODES:
                self._flow_node(node, scope)
            elif name == "sequenceFlow":
                self._sequence_flow(node, scope)
            elif name == "laneSet":
                self._lane_set(node)
            elif name not in IGNORED and name not in {
                "multiInstanceLoopCharacteristics",
                "standardLoopCharacteristics",
                "completionCondition",
            }:
                self.problems.append(_problem("unknown_element", node, tag=name))

    def _flow_node(self, node: Node, scope: str) -> None:
        if not node.get("id"):
            self.problems.append(_problem("element_without_id", node, tag=local(node)))
            return
        self.flow_nodes.append((node, scope))
        if local(node) in SCOPES:
            self._scope(node, node.get("id"))

    def _sequence_flow(self, node: Node, scope: str) -> None:
        key = node.get("id")
        if not key:
            self.problems.append(_problem("element_without_id", node, tag="sequenceFlow"))
            return
        condition = None
        for child in node.iterchildren(f"{{{BPMN}}}conditionExpression"):
            written = text(child)
            if written.startswith("="):
                condition = written[1:].strip()
            elif written:
                condition = written
                self.problems.append(_problem("condition_not_feel", node, expression=written[:200]))
        self.flows[key] = Flow(
            id=key,
            source=node.get("sourceRef") or "",
            target=node.get("targetRef") or "",
            name=node.get("name", ""),
            condition=condition,
            scope=scope,
            line=node.sourceline or 0,
            documentation=documentation(node),
        )

    def _missing_flows(self) -> None:
        """Elements list the flows at them; one that is listed and does not exist was lost on the way."""
        for node, _ in self.flow_nodes:
            for name in ("incoming", "outgoing"):
                for reference in node.iterchildren(f"{{{BPMN}}}{name}"):
                    flow = text(reference).rpartition(":")[2]
                    if flow not in self.flows:
                        self.problems.append(_problem("flow_missing", node, flow=flow[:200]))

    def _lane_set(self, node: Node) -> None:
        """Lanes may hold lanes: the innermost names the element."""
        for lane in node.iter(f"{{{BPMN}}}lane"):
            name = lane.get("name", "")
            if lane.get("id"):
                self.lanes[lane.get("id")] = name
            for reference in lane.iterchildren(f"{{{BPMN}}}flowNodeRef"):
                self.lane_of[text(reference)] = name

    def _unknown_extensions(self) -> None:
        for holder in self.node.iter(f"{{{BPMN}}}extensionElements"):
            for node in elements(holder):
                if namespace(node) == ZEEBE:
                    self.problems.extend(_extension_problem(holder.getparent(), node))


#: Extension elements that say what is run, and that we run.
_EXECUTED_NAMES = """assignmentDefinition calledDecision calledElement formDefinition ioMapping loopCharacteristics priorityDefinition
    properties script subscription taskDefinition taskHeaders taskSchedule userTask versionTag"""
_EXECUTED = frozenset(_EXECUTED_NAMES.split())
#: Extension elements that change what is run in ways that we do not know.
_REFUSED = {
    "executionListeners": "listeners",
    "taskListeners": "listeners",
    "userTaskForm": "embedded_form",
    "linkedResources": "extension_unsupported",
    "adHoc": "extension_unsupported",
    "conditionalFilter": "extension_unsupported",
    "publishMessage": "extension_unsupported",
}
_WITHOUT_EFFECT = frozenset({"modelerTemplate", "template"})


def _extension_problem(holder: Node, node: Node) -> Iterator[Problem]:
    name = local(node)
    if name in _EXECUTED or name in _WITHOUT_EFFECT:
        return
    if name in _REFUSED:
        if name.endswith("Listeners") and len(node) == 0:
            return
        yield _problem(_REFUSED[name], holder, extension=f"zeebe:{name}")
    else:
        yield _problem("extension_ignored", holder, "warning", extension=f"zeebe:{name}")


def _duplicate_ids(root: Node) -> Iterator[Problem]:
    seen: set[str] = set()
    for node in root.iter(f"{{{BPMN}}}*"):
        key = node.get("id")
        if key is None:
            continue
        if key in seen:
            yield _problem("duplicate_id", node, id=key)
        seen.add(key)


def _problem(code: str, node: Node, severity: str = "error", **params: Any) -> Problem:
    return Problem(
        resource="",
        element_id=node.get("id", ""),
        element_name=node.get("name", ""),
        code=code,
        params=params,
        severity=severity,  # type: ignore[arg-type]
        line=node.sourceline or 0,
    )
