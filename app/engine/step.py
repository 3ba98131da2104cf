"""A command to a process instance and what came of it: values only, no I/O.

``spiff.advance(process, state, command, ...) -> Step`` is pure; ``store`` writes a Step; ``runtime`` connects them.
Keys are 64-bit integers (``db.new_key``). An *activity key* names one visit of a token to one element (Camunda's element instance
key); a user task, a job, a subscription and a call activity's children hang on the activity key that opened them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Variables = dict[str, Any]

# --- commands ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a new instance, at its none start event or at ``element_id`` (a message, timer or signal start event)."""

    variables: Variables
    element_id: str | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """An open activity is done: user task, manual, service, send task, or call activity (all children ended).

    ``variables`` go through the activity's output mappings, or, without any, to the instance (Camunda 8's rule).
    """

    key: int
    variables: Variables


@dataclass(frozen=True, slots=True)
class Trigger:
    """A waiting event fired: timer, message or signal; catch event, receive task, boundary event, event subprocess start event.

    ``key`` is that of the Timer or Subscription.
    """

    key: int
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThrowError:
    """A BPMN error arises at an open activity (service task's handler, child instance of a call activity, API)."""

    key: int
    code: str
    message: str = ""
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThrowEscalation:
    """A child instance of the open call activity *key* threw an escalation that it did not catch."""

    key: int
    code: str
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Look whether the multi-instance call activity *key* may end now (its completion condition), after a child ended.

    If it may, the Step closes *key* (cancel the children that still run) and ``variables`` (the output collection so far) are its result.
    The condition is asked in the scope of the child that ended: ``ended`` is what is seen there beside (``spiff.scope_of_child``).
    """

    key: int
    total: int
    active: int
    completed: int
    variables: Variables = field(default_factory=dict)
    terminated: int = 0
    ended: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SetVariables:
    """Write variables of the instance (administrator, API)."""

    variables: Variables


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the instance from outside; every open activity is cancelled."""

    cause: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """An administrator takes the token away from the open activity *key* (it is cancelled) and puts it on another element of its scope."""

    key: int
    element_id: str


Command = Start | Complete | Trigger | ThrowError | ThrowEscalation | Evaluate | SetVariables | Cancel | Move

# --- what came of it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entered:
    """A token came to an element."""

    key: int
    element_id: str
    element_name: str
    #: BPMN tag
    kind: str
    #: activity key of the embedded subprocess it is in; None at the top
    scope_key: int | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A token left an element."""

    key: int
    element_id: str
    #: ``completed`` or ``canceled``
    how: str
    #: what cancelled it: id of the boundary event, event subprocess or terminate end event; "" if completed
    cause: str = ""


@dataclass(frozen=True, slots=True)
class UserTask:
    """A user task opened."""

    key: int
    element_id: str
    name: str
    form_id: str | None
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    due_at: datetime | None
    follow_up_at: datetime | None
    priority: int
    #: what the task sees beside the instance's variables: its input mappings, and what is local to the subprocesses around it
    variables: Variables
    properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """A service or send task (or a throw event with a task definition) waits for its handler."""

    key: int
    element_id: str
    type: str
    retries: int
    headers: dict[str, str]
    #: everything the handler may see: instance variables overlaid by the task's inputs
    variables: Variables


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer is armed. A cycle arms its next occurrence in the Step that fired the last one, under the same key."""

    key: int
    element_id: str
    due_at: datetime
    occurrence: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """Waits for a message (with ``correlation_key``) or a signal."""

    key: int
    element_id: str
    #: ``message`` or ``signal``
    kind: str
    name: str
    correlation_key: str = ""
    #: False: the subscription stays open after it fired (non-interrupting boundary event or event subprocess)
    interrupting: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """A message thrown by this instance."""

    name: str
    correlation_key: str
    variables: Variables


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal thrown by this instance; reaches every waiting instance, this one too, and signal start events."""

    name: str
    variables: Variables


@dataclass(frozen=True, slots=True)
class Children:
    """A call activity starts child instances; the activity ends by ``Complete(key, results)`` when they have ended.

    Single: one item in ``variables``. Multi-instance: one item each, ``multi`` true; ``sequential`` starts the next when one ended.
    """

    key: int
    element_id: str
    process_id: str
    #: what differs from child to child (input element, loopCounter, per-item inputs), one dict per child; overlays ``common``
    variables: tuple[Variables, ...]
    #: start variables that all children share (with propagateAllParentVariables: everything the call activity sees)
    common: Variables = field(default_factory=dict)
    multi: bool = False
    sequential: bool = False
    #: name of the list that ``Complete`` must carry, and FEEL (no ``=``) evaluated over each child's variables at its end
    output_collection: str | None = None
    output_element: str | None = None
    #: send ``Evaluate`` after each child's end
    has_completion_condition: bool = False
    #: single call: all of the child's variables come back (Camunda's propagateAllChildVariables)
    propagate_all: bool = True


@dataclass(slots=True)
class Step:
    """Everything one command changed."""

    state: bytes
    #: the instance's variables afterwards (JSON values)
    variables: Variables
    #: ``active``, ``completed``, ``terminated`` (cancelled from outside) or ``error`` (an uncaught BPMN error in a child: see ``error``)
    outcome: str = "active"
    entered: list[Entered] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    #: gateways at which tokens wait for those of other flows, once for each token
    joining: list[str] = field(default_factory=list)
    user_tasks: list[UserTask] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    #: keys whose user task, job, timer, subscription or children are over (completed or cancelled)
    closed: set[int] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    children: list[Children] = field(default_factory=list)
    #: escalations nobody in this instance caught: (code, variables); go to the parent's call activity, if there is one
    escalations: list[tuple[str, Variables]] = field(default_factory=list)
    #: the BPMN error that ended the instance because nobody in it caught it (only when it has a parent; otherwise StepFailed)
    error: tuple[str, str, Variables] | None = None
    #: names of instance variables that changed
    changed: set[str] = field(default_factory=set)
