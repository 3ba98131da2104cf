"""A process definition as data (re-exported by ``bpmn``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.engine.problems import Problem


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. ``condition`` is FEEL without its leading ``=``."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None
    #: id of the embedded or event subprocess it stands in; "" at the top
    scope: str = ""
    documentation: str = ""
    #: line in the XML
    line: int = 0


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event waits for or throws."""

    #: message, timer, signal, error, escalation, terminate, link (or an unsupported kind, which deployment refuses)
    kind: str
    #: message, signal or link name as written (``=`` in front: FEEL)
    name: str = ""
    #: error or escalation code; None catches every code
    code: str | None = None
    #: FEEL with its ``=``: of the message's zeebe:subscription
    correlation_key: str | None = None
    #: date, duration or cycle
    timer: str | None = None
    #: as written (``=`` in front: FEEL, otherwise ISO 8601)
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """Multi-instance of an activity (zeebe:loopCharacteristics). Expressions with their ``=``."""

    sequential: bool
    input_collection: str
    input_element: str | None = None
    output_collection: str | None = None
    output_element: str | None = None
    #: FEEL, evaluated after each instance in its scope: input element, loopCounter, its variables, the output collection so far,
    #: numberOfInstances, numberOfActiveInstances, numberOfCompletedInstances, numberOfTerminatedInstances
    completion_condition: str | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node. Fields that its kind does not have stay at their defaults. Values are as written (``=`` in front: FEEL)."""

    id: str
    #: the BPMN tag: userTask, serviceTask, exclusiveGateway, subProcess, boundaryEvent …
    kind: str
    name: str = ""
    documentation: str = ""
    #: id of the embedded or event subprocess it stands in; "" at the top
    scope: str = ""
    lane: str = ""
    #: flow ids, in document order
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    #: id of the default flow
    default: str | None = None
    event: EventDefinition | None = None
    #: host of a boundary event
    attached_to: str | None = None
    #: boundary event's cancelActivity; an event subprocess start event's isInterrupting
    interrupting: bool = True
    #: a subProcess with triggeredByEvent
    triggered_by_event: bool = False
    #: zeebe:ioMapping as (source, target)
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    form_id: str | None = None
    assignee: str | None = None
    candidate_groups: str | None = None
    candidate_users: str | None = None
    due: str | None = None
    follow_up: str | None = None
    priority: str | None = None
    #: zeebe:taskDefinition
    task_type: str | None = None
    retries: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: zeebe:script or literal
    script: str | None = None
    result_variable: str | None = None
    decision_id: str | None = None
    called_process: str | None = None
    propagate_all_parent: bool = True
    propagate_all_child: bool = True
    loop: Loop | None = None
    #: zeebe:properties
    properties: Mapping[str, str] = field(default_factory=dict)
    #: line in the XML
    line: int = 0
    #: what is on the element and not supported: compensation, standardLoop, loopCardinality, adHoc, instantiate, parallelEvents,
    #: tokenQuantity, multiple, parallelMultiple
    markers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Process:
    """One executable process of a file."""

    id: str
    name: str
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    documentation: str = ""
    #: zeebe:properties of the process: label, scope, businessKey (FEEL with ``=``), evaluated when an instance starts
    properties: Mapping[str, str] = field(default_factory=dict)
    #: lane id -> name
    lanes: Mapping[str, str] = field(default_factory=dict)
    #: line in the XML
    line: int = 0
    #: zeebe:versionTag
    version_tag: str | None = None
    #: what reading found wrong; deployment refuses on errors among them
    problems: tuple[Problem, ...] = ()

    def items(self) -> Iterator[Process | Element | Flow]:
        """The process itself, its elements and its flows."""
        yield self
        yield from self.elements.values()
        yield from self.flows.values()
