"""The newest definitions, remembered by this process as long as nobody has deployed anything, here or elsewhere."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.engine import definition_lookup
from app.engine.models import Deployment


@dataclass(frozen=True, slots=True)
class Found:
    """What is needed of a definition to start it or to refer to it."""

    key: int
    id: str
    version: int


@dataclass(slots=True)
class _Memory:
    #: number of deployments when this was looked up
    stamp: int = -1
    found: dict[tuple[str, str], Found | None] = field(default_factory=dict)


_memories: MutableMapping[Any, _Memory] = WeakKeyDictionary()


def stamp() -> ScalarSelect[int]:
    """How many deployments there have been: a column for a query that is made anyway. Deployments are never taken back."""
    return select(func.count(Deployment.key)).scalar_subquery()


_STAMP = select(stamp())


def newest(session: Session, kind: str, definition_id: str, deployments: int | None) -> Found | None:
    """The newest ``process``, ``decision`` or ``form`` when there were so many *deployments*; None if there is none.

    A statement is needed only after a deployment, and for what this process has not looked for yet.
    """
    if deployments is None:
        deployments = session.scalar(_STAMP) or 0
    memory = _memories.get(session.get_bind())
    if memory is None or memory.stamp != deployments:
        memory = _memories[session.get_bind()] = _Memory(deployments)
    if (kind, definition_id) not in memory.found:
        row = definition_lookup.newest(session, kind, definition_id)
        memory.found[kind, definition_id] = Found(row.key, row.id, row.version) if row else None
    return memory.found[kind, definition_id]
