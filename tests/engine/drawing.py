"""Small diagrams as text, for tests of the shell: ``diagram("p", start("s"), user("a"), end("e"), flows="s>a>e")``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import Database
from app.engine import definitions
from app.engine.actor import Actor
from app.engine.change_journal.followed_rows import STATES
from app.engine.leases import OUTSIDE
from app.engine.models import Event, Incident, JobRow, ProcessInstance, Task

CONFORMANCE = Path(__file__).parent / "conformance" / "diagrams"
ANN = Actor("ann", origin="127.0.0.1")
BOB = Actor("bob", origin="127.0.0.1")

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">'
)


def diagram(process_id: str, *elements: str, flows: str, roots: str = "", properties: dict[str, str] | None = None) -> bytes:
    """A deployable file with one process. *flows*: ``"a>b>c; b>d"``, a condition in brackets before the target: ``"g>[x = 1]b"``; a default
    flow is marked by ``[default]``."""
    lines: list[str] = []
    body = "".join(elements)
    for chain in filter(None, (part.strip() for part in flows.split(";"))):
        steps = [step.strip() for step in chain.split(">")]
        for source, target in zip(steps, steps[1:], strict=False):
            source = source.rpartition("]")[2]
            condition, _, target = target.rpartition("]")
            flow = f"f_{source}_{target}"
            inner = ""
            if condition == "[default":
                body = body.replace(f'id="{source}"', f'id="{source}" default="{flow}"')
            elif condition:
                inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">={escape(condition[1:])}</bpmn:conditionExpression>'
            lines.append(f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>')
    named = "".join(f"<zeebe:property name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in (properties or {}).items())
    own = f"<bpmn:extensionElements><zeebe:properties>{named}</zeebe:properties></bpmn:extensionElements>" if named else ""
    text = f'{_HEAD}<bpmn:process id="{process_id}" isExecutable="true">{own}{body}{"".join(lines)}</bpmn:process>{roots}'
    return f"{text}</bpmn:definitions>".encode()


def element(tag: str, id: str, inner: str = "", extensions: str = "", **attributes: str) -> str:
    """Any element."""
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    more = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>" if extensions else ""
    return f'<bpmn:{tag} id="{id}" name="{id}"{written}>{more}{inner}</bpmn:{tag}>'


def start(id: str = "s", inner: str = "") -> str:
    return element("startEvent", id, inner)


def end(id: str = "e", inner: str = "") -> str:
    return element("endEvent", id, inner)


def user(id: str, groups: str = "office", *, form: str = "", extensions: str = "", **schedule: str) -> str:
    parts = f"<zeebe:assignmentDefinition candidateGroups={quoteattr(groups)}/><zeebe:userTask/>"
    if form:
        parts += f'<zeebe:formDefinition formId="{form}"/>'
    if schedule:
        parts += "<zeebe:taskSchedule" + "".join(f" {name}={quoteattr(value)}" for name, value in schedule.items()) + "/>"
    return element("userTask", id, extensions=parts + extensions)


def service(id: str, type: str, *, retries: str = "3", extensions: str = "") -> str:
    return element("serviceTask", id, extensions=f'<zeebe:taskDefinition type="{type}" retries="{retries}"/>{extensions}')


def script(id: str, expression: str, result: str) -> str:
    written = f"<zeebe:script expression={quoteattr('=' + expression)} resultVariable={quoteattr(result)}/>"
    return element("scriptTask", id, extensions=written)


def call(
    id: str, process: str, *, items: str = "", output: tuple[str, str] | None = None, sequential: bool = False, enough: str = ""
) -> str:
    """A call activity; with *items* (FEEL) one child each, called ``item``. *output*: collection and element; *enough*: its condition."""
    inner = ""
    if items:
        collects = f" outputCollection={quoteattr(output[0])} outputElement={quoteattr('=' + output[1])}" if output else ""
        loop = f'<zeebe:loopCharacteristics inputCollection={quoteattr("=" + items)} inputElement="item"{collects}/>'
        condition = ""
        if enough:
            condition = f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">={escape(enough)}</bpmn:completionCondition>'
        inner = (
            f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><bpmn:extensionElements>{loop}'
            f"</bpmn:extensionElements>{condition}</bpmn:multiInstanceLoopCharacteristics>"
        )
    return element("callActivity", id, inner, f"<zeebe:calledElement processId={quoteattr(process)}/>")


def timer(kind: str, text: str) -> str:
    """A timer definition: *kind* timeDate, timeDuration or timeCycle."""
    inner = f'<bpmn:{kind} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:{kind}>'
    return f"<bpmn:timerEventDefinition>{inner}</bpmn:timerEventDefinition>"


def boundary(id: str, host: str, definition: str, *, interrupting: bool = True) -> str:
    return element("boundaryEvent", id, definition, attachedToRef=host, cancelActivity=str(interrupting).lower())


def catch(id: str, definition: str) -> str:
    return element("intermediateCatchEvent", id, definition)


def message(name: str, key: str = "") -> str:
    """A root element: message *name* (id ``m_name``) with its correlation key (FEEL)."""
    inner = f"<bpmn:extensionElements><zeebe:subscription correlationKey={quoteattr('=' + key)}/></bpmn:extensionElements>" if key else ""
    return f'<bpmn:message id="m_{name}" name="{name}">{inner}</bpmn:message>'


def on_message(name: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="m_{name}"/>'


def signal(name: str) -> str:
    return f'<bpmn:signal id="s_{name}" name="{name}"/>'


def on_signal(name: str) -> str:
    return f'<bpmn:signalEventDefinition signalRef="s_{name}"/>'


def error(code: str) -> str:
    return f'<bpmn:error id="e_{code}" name="{code}" errorCode="{code}"/>'


def on_error(code: str) -> str:
    return f'<bpmn:errorEventDefinition errorRef="e_{code}"/>'


def escalation(code: str) -> str:
    return f'<bpmn:escalation id="c_{code}" name="{code}" escalationCode="{code}"/>'


def on_escalation(code: str) -> str:
    return f'<bpmn:escalationEventDefinition escalationRef="c_{code}"/>'


def deploy(db: Database, *files: bytes, task_types: tuple[str, ...] = ()) -> None:
    """Deploy files through the real check."""
    named = {f"file{number}.bpmn" if b"bpmn:definitions" in file else f"file{number}.form": file for number, file in enumerate(files)}
    db.in_transaction(lambda session: definitions.deploy(session, named, ANN, now=clock.now(), task_types=task_types))


def conformance(name: str) -> bytes:
    """A diagram of the conformance suite."""
    return (CONFORMANCE / f"{name}.bpmn").read_bytes()


def subprocess(id: str, *inner: str, flows: str, extensions: str = "", event: bool = False) -> str:
    """An embedded subprocess, or (*event*) an event subprocess; *inner* and *flows* as in ``diagram``."""
    text = diagram("inner", *inner, flows=flows).decode()
    body = text[text.index(">", text.index("<bpmn:process ")) + 1 : text.index("</bpmn:process>")]
    return element("subProcess", id, body, extensions, **({"triggeredByEvent": "true"} if event else {}))


def on(id: str, definition: str, *, interrupting: bool = True) -> str:
    """The start event of an event subprocess."""
    return element("startEvent", id, definition, isInterrupting=str(interrupting).lower())


def gateway(id: str, kind: str = "exclusive") -> str:
    """A gateway: exclusive, parallel, inclusive or eventBased."""
    return element(f"{kind}Gateway", id)


def throw(id: str, definition: str) -> str:
    return element("intermediateThrowEvent", id, definition)


def link(name: str) -> str:
    return f'<bpmn:linkEventDefinition name="{name}"/>'


def mappings(**pairs: list[tuple[str, str]]) -> str:
    """``mappings(input=[("=x", "y")], output=[("=a", "b.c")])``."""
    written = "".join(
        f"<zeebe:{kind} source={quoteattr(source)} target={quoteattr(target)}/>" for kind, rows in pairs.items() for source, target in rows
    )
    return f"<zeebe:ioMapping>{written}</zeebe:ioMapping>"


def said_by_property(name: str, value: str) -> str:
    return f"<zeebe:properties><zeebe:property name={quoteattr(name)} value={quoteattr(value)}/></zeebe:properties>"


# --- looking at what is there --------------------------------------------------------------------------------------------


def read(db: Database, look: Callable[[Session], Any]) -> Any:
    with db.reading() as session:
        return look(session)


def tasks(db: Database, state: str = "OPEN", **where: Any) -> list[Task]:
    """Tasks in order of opening."""
    return read(db, lambda s: list(s.scalars(select(Task).filter_by(state=state, **where).order_by(Task.key))))


def task(db: Database, element_id: str, **where: Any) -> Task:
    """The only open task at an element."""
    (found,) = tasks(db, element_id=element_id, **where)
    return found


def said(event: Event) -> dict[str, Any]:
    """What a record says, apart from the version of the process and from what it tells of changed rows."""
    return {name: value for name, value in event.detail.items() if name not in ("definition", STATES)}


def instances(db: Database, **where: Any) -> list[ProcessInstance]:
    return read(db, lambda s: list(s.scalars(select(ProcessInstance).filter_by(**where).order_by(ProcessInstance.key))))


def jobs_of(db: Database, **where: Any) -> list[JobRow]:
    """Jobs, but for those that are done outside: an ended campaign leaves one, for its seal."""
    query = select(JobRow).filter_by(**where).where(JobRow.kind != OUTSIDE).order_by(JobRow.due_at, JobRow.key)
    return read(db, lambda s: list(s.scalars(query)))


def incidents_of(db: Database, **where: Any) -> list[Incident]:
    return read(db, lambda s: list(s.scalars(select(Incident).filter_by(**where).order_by(Incident.key))))


def history(db: Database, *kinds: str) -> list[Event]:
    """Events in order, of some kinds only."""
    return read(db, lambda s: [e for e in s.scalars(select(Event).order_by(Event.key)) if not kinds or e.kind in kinds])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
