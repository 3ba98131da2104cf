"""Process instances as an OCEL 2.0 log: households, villages, problems, instances and user tasks, and the events that touch them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import exact_json
from app.audit.exporting.choice import Choice
from app.audit.exporting.log import Step, Trace, text, traces
from app.engine.models import Event, ProcessInstance

#: Object type → its attributes.
TYPES = {
    "household": (),
    "village": (),
    "problem": (),
    "instance": ("process", "version", "state"),
    "task": ("element", "form", "state"),
}
EVENT_ATTRIBUTES = ("transition", "resource", "element")
#: Subjects of records that are objects of the log.
_SUBJECTS = ("household", "village", "problem")
_MANY = 1_000

#: (object id, qualifier)
Relation = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Thing:
    """An object. Its first appearance tells when it came to be."""

    id: str
    type: str
    at: datetime
    attributes: dict[str, str] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """An event."""

    id: str
    type: str
    at: datetime
    attributes: dict[str, str]
    relations: tuple[Relation, ...]


def contents(session: Session, choice: Choice) -> Iterator[Thing | Happening]:
    """Every object once, before the first event that touches it."""
    known: set[str] = set()
    for trace in traces(session, choice):
        things, mine = _things(trace, whole=not choice.wanted.process)
        yield from _fresh(things, known)
        for step in trace.steps:
            yield _happening(step, mine)
    for things, event in _problems(session, choice):
        yield from _fresh(things, known)
        yield event


def _fresh(things: list[Thing], known: set[str]) -> Iterator[Thing]:
    for thing in things:
        if thing.id not in known:
            # Instances and tasks come once by themselves: only what many share has to be remembered.
            if thing.type in _SUBJECTS:
                known.add(thing.id)
            yield thing


def _things(trace: Trace, *, whole: bool) -> tuple[list[Thing], tuple[Relation, ...]]:
    """The objects of an instance, and how its events relate to them. *whole*: the instance above it is in the log, too."""
    each, at = trace.instance, trace.instance.started_at
    name = f"instance:{each.key}"
    found: list[Thing] = []
    about: list[Relation] = []
    for subject, qualifier in ((each.subject, "about"), (f"village:{each.scope}" if each.scope else "", "in")):
        thing = _named(subject, at)
        if thing is not None and all(thing.id != other for other, _qualifier in about):
            found.append(thing)
            about.append((thing.id, qualifier))
    parent = [(f"instance:{each.parent_key}", "part of")] if each.parent_key and whole else []
    told = {"process": text(each.process_id), "version": str(each.version), "state": each.state}
    found.append(Thing(name, "instance", at, told, (*about, *parent)))
    for task in trace.tasks.values():
        told = {"element": text(task.element_id), "form": text(task.form_id or ""), "state": task.state}
        found.append(Thing(f"task:{task.key}", "task", task.created_at, told, ((name, "of"),)))
    return found, ((name, "within"), *about)


def _named(subject: str, at: datetime) -> Thing | None:
    kind, _colon, code = subject.partition(":")
    return Thing(text(subject), kind, at) if kind in _SUBJECTS and code else None


def _happening(step: Step, mine: tuple[Relation, ...]) -> Happening:
    row = step.activity
    told = {"transition": step.transition, "resource": step.resource, "element": text(row.element_id)}
    task = ((f"task:{row.key}", "works on"),) if row.kind == "userTask" else ()
    return Happening(step.id, step.name, step.at, told, (*task, *mine))


def _problems(session: Session, choice: Choice) -> Iterator[tuple[list[Thing], Happening]]:
    """What was done about problems, with their households."""
    after = 0
    query = select(Event).where(Event.campaign_id == choice.wanted.campaign, Event.subject.startswith("problem:"))
    query = query.where(Event.kind.startswith("problem."), Event.key <= choice.upto)
    if choice.wanted.process:
        query = query.join(ProcessInstance, ProcessInstance.key == Event.instance_key)
        query = query.where(ProcessInstance.process_id == choice.wanted.process)
    while rows := session.scalars(query.where(Event.key > after).order_by(Event.key).limit(_MANY)).all():
        for row in rows:
            yield _problem(row)
        after = rows[-1].key
        session.expunge_all()


def _problem(row: Event) -> tuple[list[Thing], Happening]:
    household = _named(f"household:{(row.detail or {}).get('household') or ''}", row.at)
    of = ((household.id, "of"),) if household else ()
    things = [*([household] if household else []), Thing(text(row.subject), "problem", row.at, {}, of)]
    told = {"transition": "complete", "resource": text(row.actor), "element": text(row.element_id)}
    within = ((f"instance:{row.instance_key}", "within"),) if row.instance_key else ()
    about = ((text(row.subject), "about"), *((each, "concerns") for each, _of in of))
    return things, Happening(f"record-{row.key}", row.kind, row.at, told, (*about, *within))


def moment(at: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- JSON -----------------------------------------------------------------------------------------------------------------


def as_json(session: Session, choice: Choice, _locale: str) -> Iterator[bytes]:
    """One JSON object. The same log is read twice: objects, then events; the types of events are known at the end."""
    types = [{"name": name, "attributes": _declared(attributes)} for name, attributes in TYPES.items()]
    yield b'{"objectTypes":' + orjson.dumps(types) + b',"objects":['
    yield from _joined(_thing_json(each) for each in contents(session, choice) if isinstance(each, Thing))
    yield b'],"events":['
    seen: dict[str, None] = {}
    yield from _joined(_happening_json(each, seen) for each in contents(session, choice) if isinstance(each, Happening))
    found = [{"name": name, "attributes": _declared(EVENT_ATTRIBUTES)} for name in seen]
    yield b'],"eventTypes":' + orjson.dumps(found) + b"}\n"


def _declared(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"name": name, "type": "string"} for name in names]


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    first = True
    for piece in pieces:
        yield piece if first else b",\n" + piece
        first = False


def _thing_json(thing: Thing) -> bytes:
    told = [{"name": name, "time": moment(thing.at), "value": value} for name, value in thing.attributes.items()]
    return exact_json.dumps({"id": thing.id, "type": thing.type, "attributes": told, "relationships": _related(thing.relations)})


def _happening_json(event: Happening, seen: dict[str, None]) -> bytes:
    seen[event.type] = None
    told = [{"name": name, "value": value} for name, value in event.attributes.items()]
    whole: dict[str, Any] = {"id": event.id, "type": event.type, "time": moment(event.at), "attributes": told}
    return exact_json.dumps(whole | {"relationships": _related(event.relations)})


def _related(relations: tuple[Relation, ...]) -> list[dict[str, str]]:
    return [{"objectId": other, "qualifier": qualifier} for other, qualifier in relations]
