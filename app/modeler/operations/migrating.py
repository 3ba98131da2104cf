"""Instances on other versions of their process: what would become of each, with a given mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.border import number_or
from app.engine import definitions, rehearsal
from app.engine.models import Definition, ProcessInstance
from app.modeler.operations import words

RUNNING = ("ACTIVE", "SUSPENDED")
SIZE = 50


@dataclass(frozen=True, slots=True)
class Pair:
    """A version on which instances run, and the newest."""

    process: str
    name: str
    from_key: int
    from_version: int
    to_key: int
    to_version: int
    count: int


def pairs(session: Session) -> list[Pair]:
    """Every older version with running instances. Three statements."""
    newest = {
        row.id: row
        for row in session.scalars(select(Definition).where(Definition.kind == "process").order_by(Definition.id, Definition.version))
    }
    counted = (
        select(ProcessInstance.process_id, ProcessInstance.definition_key, ProcessInstance.version, func.count())
        .where(ProcessInstance.state.in_(RUNNING))
        .group_by(ProcessInstance.process_id, ProcessInstance.definition_key, ProcessInstance.version)
    )
    found = []
    for process_id, key, version, count in session.execute(counted):
        to = newest.get(process_id)
        if to is not None and to.key != key:
            found.append(Pair(process_id, words.named(to.name) or process_id, key, version, to.key, to.version, count))
    return sorted(found, key=lambda pair: (pair.process, pair.from_version))


@dataclass(frozen=True, slots=True)
class Judged:
    """An instance with its verdict."""

    row: Any
    verdict: str
    obstacles: Sequence[rehearsal.Obstacle]


@dataclass(slots=True)
class Table:
    """All running instances of one version, judged: counts, one page, the keys of those that are fine."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("fine", "needs", "cannot"), 0))
    #: element id → how many instances have something there
    occupied: dict[str, int] = field(default_factory=dict)
    rows: list[Judged] = field(default_factory=list)
    after: str = ""
    fine: list[int] = field(default_factory=list)


_COLUMNS = (
    ProcessInstance.key,
    ProcessInstance.campaign_id,
    ProcessInstance.definition_key,
    ProcessInstance.process_id,
    ProcessInstance.version,
    ProcessInstance.state,
    ProcessInstance.subject,
    ProcessInstance.label,
    ProcessInstance.business_key,
    ProcessInstance.started_at,
    ProcessInstance.tokens,
)


def table(
    session: Session,
    source: Definition,
    target: Definition,
    mapping: Mapping[str, str],
    *,
    verdict: str = "",
    element: str = "",
    after: str = "",
) -> Table:
    """Judge all of them by where their tokens are; the page holds those of *verdict* and at *element*. One statement."""
    found = Table()
    begin = number_or(after)
    rows = session.execute(_of(source)).all()
    found.occupied = rehearsal.occupied(list(rows))
    for row in rows:
        said, obstacles = rehearsal.verdict_of(session, row, target, mapping)
        found.counts[said] += 1
        if said == rehearsal.FINE:
            found.fine.append(row.key)
        here = not element or any(place.element_id == element for place in rehearsal.places(row))
        if row.key <= begin or not here or (verdict and verdict != said):
            continue
        if len(found.rows) == SIZE:
            found.after = found.after or str(found.rows[-1].row.key)
            continue
        found.rows.append(Judged(row, said, obstacles))
    return found


def _of(source: Definition) -> Any:
    running = (ProcessInstance.process_id == source.id, ProcessInstance.definition_key == source.key, ProcessInstance.state.in_(RUNNING))
    return select(*_COLUMNS).where(*running).order_by(ProcessInstance.key)


@dataclass(frozen=True, slots=True)
class Choice:
    """An element of the old version that has instances, and where its tokens may go."""

    id: str
    name: str
    kind: str
    count: int
    #: (id, name) in the new version
    options: list[tuple[str, str]]
    chosen: str
    #: what waits there is dropped when nothing is chosen; a token needs a place
    required: bool


def choices(
    session: Session, source: Definition, target: Definition, occupied: Mapping[str, int], mapping: Mapping[str, str]
) -> list[Choice]:
    """For each occupied element: what it could become, and what it becomes with *mapping*."""
    old, new = definitions.process_of(session, source.key), definitions.process_of(session, target.key)
    found = []
    for element_id, count in occupied.items():
        element = old.elements[element_id]
        options = [words.option(other) for other in rehearsal.candidates(old, new, element_id, mapping)]
        chosen = mapping.get(element_id, element_id)
        chosen = chosen if any(chosen == option for option, _name in options) else ""
        waits = bool(element.attached_to) or element.kind == "startEvent"
        found.append(Choice(element_id, words.named(element.name) or element_id, element.kind, count, options, chosen, not waits))
    order = {element_id: number for number, element_id in enumerate(old.elements)}
    return sorted(found, key=lambda choice: order[choice.id])


def suggested(session: Session, source: Definition, target: Definition, occupied: Mapping[str, int]) -> dict[str, str]:
    """What a person would most likely choose for elements whose id is gone: the one of the same name and kind."""
    old, new = definitions.process_of(session, source.key), definitions.process_of(session, target.key)
    mapping: dict[str, str] = {}
    for element_id in _outside_in(old, occupied):
        found = rehearsal.suggest(old, new, element_id, mapping)
        if found is not None and found != element_id:
            mapping[element_id] = found
    return mapping


def _outside_in(process: definitions.Process, occupied: Mapping[str, int]) -> Iterator[str]:
    """Subprocesses before what is in them, hosts before what is on their border."""

    def depth(element_id: str) -> tuple[int, bool]:
        element, level = process.elements[element_id], 0
        while element.scope:
            element, level = process.elements[element.scope], level + 1
        return level, bool(process.elements[element_id].attached_to)

    return iter(sorted(occupied, key=depth))


def read_mapping(args: Mapping[str, str]) -> dict[str, str]:
    """The mapping as the address or a form says it: ``map.<old id>=<new id>``. The same id is no entry."""
    found = {name[4:]: value for name, value in args.items() if name.startswith("map.") and value}
    return {old[:200]: new[:200] for old, new in found.items() if old != new}


def running(session: Session, source: Definition) -> list[int]:
    """Keys of all running instances of a version."""
    where = (ProcessInstance.process_id == source.id, ProcessInstance.definition_key == source.key, ProcessInstance.state.in_(RUNNING))
    return list(session.scalars(select(ProcessInstance.key).where(*where).order_by(ProcessInstance.key)))


def versions(session: Session, source: Definition) -> list[tuple[int, int]]:
    """(key, version) of every other version, the newest first: any of them can be the target."""
    query = select(Definition.key, Definition.version).where(
        Definition.kind == "process", Definition.id == source.id, Definition.key != source.key
    )
    return [(row.key, row.version) for row in session.execute(query.order_by(Definition.version.desc()))]
