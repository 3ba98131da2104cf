"""By which versions of its process an instance went, and where its activities stood in each: the rows say the newest only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.models import Event, ProcessInstance

_MOVES = ("instance.migrated", "instance.migration_taken_back")


@dataclass(frozen=True, slots=True)
class Diagram:
    """The version by which an instance went from a moment on; None: from its start."""

    definition_key: int
    version: int
    since: datetime | None = None


@dataclass(slots=True)
class Versions:
    """The diagrams of an instance, oldest first, and the elements at which activities stood before a migration."""

    diagrams: list[Diagram]
    #: activity key -> [(until when, element id)], oldest first
    earlier: dict[int, list[tuple[datetime, str]]] = field(default_factory=dict)


def of(session: Session, instance: ProcessInstance) -> Versions:
    """From the records of migrations. One statement, one more where there was a migration."""
    query = select(Event).where(Event.instance_key == instance.key, Event.kind.in_(_MOVES)).order_by(Event.key)
    moves = session.scalars(query).all()
    if not moves:
        return Versions([Diagram(instance.definition_key, instance.version)])
    found = Versions([_side(moves[0], "from", None)])
    standing: dict[int, str] = {}
    for move in moves:
        found.diagrams.append(_side(move, "to", move.at))
        for key, before, after in _renamed(move, standing):
            found.earlier.setdefault(key, []).append((move.at, before))
            standing[key] = after
    return found


def _side(move: Event, side: str, since: datetime | None) -> Diagram:
    told = move.detail[side]
    return Diagram(int(told["definition"]), int(told["version"]), since)


def _renamed(move: Event, standing: dict[int, str]) -> list[tuple[int, str, str]]:
    """(activity, element before, element after) of those that a migration, or its way back, put on another element."""
    if move.kind == "instance.migrated":
        return [(int(key), str(before), str(after)) for key, before, after in move.detail.get("carried") or ()]
    restored = {int(key): columns.get("element_id") for key, columns in (move.detail.get("restored") or {}).items()}
    return [(key, standing[key], str(after)) for key, after in restored.items() if after and key in standing]
