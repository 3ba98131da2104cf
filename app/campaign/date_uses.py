"""Where the dates of the plan are read: which step or timer of which diagram, which decision, which form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaign import schedule
from app.element_names import spoken
from app.engine import definitions
from app.engine.models import Definition
from app.engine.schedule import read_names

#: attribute of an element → what it is for
DUE, TIMER, PHASE, OTHER = "due", "timer", "phase", "other"
_FOR = {"dueDate": DUE, "followUpDate": DUE, "timer": TIMER}


@dataclass(frozen=True, slots=True)
class Use:
    """A place that reads a date."""

    #: process, decision or form
    kind: str
    #: id and name of the diagram, decision or form
    id: str
    title: str
    #: name of the element in the reader's language, behind that of its subprocess; "" for a whole file
    element: str
    #: due, timer, phase (a bar of the timeline, a gate) or other
    what: str


def of(session: Session) -> dict[str, list[Use]]:
    """Name of a date → everything in the newest versions that reads it, by title."""
    found: dict[str, dict[Use, None]] = {}
    newest = select(Definition.kind, Definition.id, func.max(Definition.key)).group_by(Definition.kind, Definition.id)
    for kind, id_, key in session.execute(newest.order_by(Definition.kind, Definition.id)):
        reads = _in_diagram(session, id_, key) if kind == "process" else _in_file(session, kind, id_, key)
        for name, use in reads:
            found.setdefault(name, {})[use] = None
    return {name: sorted(uses, key=lambda use: (use.title, use.element)) for name, uses in found.items()}


def _in_diagram(session: Session, id_: str, key: int) -> Iterator[tuple[str, Use]]:
    process = definitions.drawn(session, key)
    for written in definitions.all_written(process):
        if written.at is process:
            continue  # a formula: told as what follows from the date
        for name in read_names(written.text):
            yield name, Use("process", id_, process.name, _called(process, written.at), _FOR.get(written.what, OTHER))
    for element in process.elements.values():
        for what in ("phase.from", "phase.to", "gate.to"):
            if what in element.properties:
                yield element.properties[what], Use("process", id_, process.name, _called(process, element), PHASE)


def _called(process: definitions.Process, item: Any) -> str:
    around = process.elements.get(item.scope)
    return " · ".join(spoken(each) for each in (around.name if around else "", item.name or item.id) if each)


def _in_file(session: Session, kind: str, id_: str, key: int) -> Iterator[tuple[str, Use]]:
    row = definitions.get(session, key)
    for name in read_names(row.content.decode(errors="replace")):
        yield name, Use(kind, id_, row.name or id_, "", OTHER)


def followers(plan: schedule.Schedule, name: str) -> list[str]:
    """The dates that move when *name* moves: their formulas use it, directly or through others. In the order of the diagram."""
    moved = {name}
    while more := {entry.name for entry in plan.entries if entry.uses & moved} - moved:
        moved |= more
    return [entry.name for entry in plan.entries if entry.name in moved - {name}]
