"""What diagrams may refer to: forms, decisions, processes and task types that exist."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import resources
from app.engine.handlers import known_types
from app.engine.models import Definition


class Registry(Protocol):
    """Answers whether something that a diagram names exists."""

    def has_form(self, form_id: str) -> bool: ...
    def has_decision(self, decision_id: str) -> bool: ...
    def has_process(self, process_id: str) -> bool: ...
    def has_task_type(self, task_type: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Known:
    """A registry of fixed sets."""

    forms: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    task_types: frozenset[str] = frozenset()

    def has_form(self, form_id: str) -> bool:
        return form_id in self.forms

    def has_decision(self, decision_id: str) -> bool:
        return decision_id in self.decisions

    def has_process(self, process_id: str) -> bool:
        return process_id in self.processes

    def has_task_type(self, task_type: str) -> bool:
        return task_type in self.task_types


def known(session: Session, files: Mapping[str, bytes], task_types: Collection[str] | None = None) -> Known:
    """What is deployed, together with *files*. Task types: those given, otherwise those with a registered handler."""
    deployed = {(kind, key) for kind, key in session.execute(select(Definition.kind, Definition.id).distinct())}
    return _known(deployed | _of_files(files), task_types)


def known_files(files: Mapping[str, bytes], task_types: Collection[str] | None = None) -> Known:
    """What *files* define, without a database."""
    return _known(_of_files(files), task_types)


def _of_files(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    return {(item.kind, item.id) for name, content in files.items() for item in resources.defined(name, content)}


def _known(ids: set[tuple[str, str]], task_types: Collection[str] | None) -> Known:
    def of(kind: str) -> frozenset[str]:
        return frozenset(key for each, key in ids if each == kind)

    return Known(of("form"), of("decision"), of("process"), known_types() if task_types is None else frozenset(task_types))
