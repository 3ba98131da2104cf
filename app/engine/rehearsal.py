"""What would become of an instance on another version: a verdict, what is armed and dropped, and whether it can go on. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.engine import bpmn, migration, migration_rows, spiff
from app.engine import definition_lookup as definitions
from app.engine import step as steps
from app.engine.actor import SYSTEM
from app.engine.errors import EngineError, NotFound, StepFailed
from app.engine.migration import CannotMigrate
from app.engine.models import Definition, ProcessInstance
from app.engine.spiff.mapping import CANNOT, FINE, NEEDS, Obstacle, candidates, suggest, verdict
from app.engine.step import Variables
from app.engine.work import Work

#: Steps that a rehearsal takes after the migration, at most.
STEPS = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """What a migration of one instance would do."""

    instance_key: int
    #: fine, needs (a mapping) or cannot
    verdict: str
    obstacles: list[Obstacle] = field(default_factory=list)
    #: ids (new version) of events that would be waited for, ids (old) of waits that would end
    armed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    #: timers that keep their due time and repeat otherwise from then on: element id, due, cycle ("": not at all)
    repeats: list[list[str]] = field(default_factory=list)
    #: names of what came next when everything open was done: the instance can go on
    path: list[str] = field(default_factory=list)
    #: why the rehearsal went no further; "" if it came to the end
    stopped: str = ""


def verdict_of(session: Session, instance: Any, target: Any, mapping: Mapping[str, str]) -> tuple[str, list[Obstacle]]:
    """The verdict by the places of the tokens alone: for tables of thousands. *instance*: a row with ``definition_key``, ``process_id``,
    ``state`` and ``tokens``."""
    found = migration.obstacles(session, instance, target, mapping)
    return verdict(found), found


def plan(
    session: Session, instance: ProcessInstance, to_definition_key: int, mapping: Mapping[str, str], *, recompute: bool = False
) -> Plan:
    """Carry the instance over in memory and let it go on there. *instance* is only read."""
    target = definitions.get(session, to_definition_key)
    work = Work(session, SYSTEM)
    try:
        done = migration.carry_over(work, instance, target, mapping, recompute=recompute)
    except CannotMigrate as error:
        return Plan(instance.key, verdict(error.obstacles), error.obstacles)
    process = definitions.process_of(session, target.key)
    try:
        path, stopped = _go_on(work, process, instance, done.step.state, done.step.variables)
    except _Hangs as error:
        return Plan(instance.key, CANNOT, [error.obstacle], path=error.path)
    except EngineError:
        raise
    except Exception as error:  # whatever the engine trips over now it would trip over later: say it before
        reason = f"{type(error).__name__}: {error}"
        return Plan(instance.key, CANNOT, [Obstacle("failed", "", False, {"reason": reason})])
    armed, dropped = migration_rows.armed(done), migration_rows.dropped(instance.tokens, done)
    return Plan(instance.key, FINE, [], armed, dropped, migration_rows.repeats(done), path, stopped)


class _Hangs(Exception):
    """On its way an instance comes to where it would wait for ever."""

    def __init__(self, join: bpmn.Element, path: list[str]) -> None:
        super().__init__(join.id)
        self.obstacle = Obstacle("stuck", join.id, False, {"name": join.name or join.id})
        self.path = path


def _go_on(work: Work, process: bpmn.Process, instance: ProcessInstance, state: bytes, variables: Variables) -> tuple[list[str], str]:
    """Do what is open, one after the other, with nothing entered. What a condition wants to know from a form ends the walk, no more."""
    path: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for _ in range(STEPS):
        for row in spiff.stuck(process, spiff.places(state)):
            raise _Hangs(process.elements[row.element_id], path)
        here = tuple(sorted(row.element_id for row in spiff.places(state)))
        if here in seen:
            return path, "it goes in a circle until a form says otherwise"
        seen.add(here)
        command = _next(process, state)
        if command is None:
            return path, ""
        try:
            done = spiff.advance(
                process, state, variables, command, now=work.now, decide=work.decide, has_parent=instance.parent_key is not None
            )
        except StepFailed as error:
            return path, str(error)
        path += [row.element_name or row.element_id for row in done.entered if row.kind.endswith(("Task", "Activity", "endEvent"))]
        if done.outcome != "active":
            return path, ""
        state, variables = done.state, done.variables
    return path, ""


def _next(process: bpmn.Process, state: bytes) -> steps.Command | None:
    places = spiff.places(state)
    for row in places:
        element = process.elements[row.element_id]
        if row.joining or element.kind in {"subProcess", "eventBasedGateway"}:
            continue
        if "gateway" in row.notes or (not row.waits and element.kind in {"intermediateCatchEvent", "receiveTask"}):
            return steps.Trigger(row.key)
        if not row.waits:
            return steps.Complete(row.key, {})
    return None


def occupied(instances: list[Any]) -> dict[str, int]:
    """Element id -> how many of the instances (rows with ``tokens``) have something there: tokens, and events that they wait for."""
    counts: dict[str, int] = {}
    for row in instances:
        for element_id in {place.element_id for place in spiff.places(row.tokens)}:
            counts[element_id] = counts.get(element_id, 0) + 1
    return counts


def places(instance: Any) -> list[spiff.Place]:
    """Where the tokens of an instance (a row with ``tokens``) are, and what it waits for."""
    return spiff.places(instance.tokens)


def definition(session: Session, key: int) -> Definition:
    """A process definition. Raises ``NotFound``."""
    found = definitions.get(session, key)
    if found.kind != "process":
        raise NotFound("process", key)
    return found


__all__ = [
    "CANNOT",
    "FINE",
    "NEEDS",
    "Obstacle",
    "Plan",
    "candidates",
    "definition",
    "occupied",
    "places",
    "plan",
    "suggest",
    "verdict_of",
]
