"""Everything about one instance, for its page: a constant number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.acts import privacy
from app.border import number_or
from app.engine import definitions, migration, token_moves
from app.engine.errors import NotFound
from app.engine.migration_models import InstanceMigration
from app.engine.models import Definition, Event, Incident, JobRow, ProcessInstance, SubscriptionRow, Task
from app.modeler.operations import words

#: events on one page, children listed
EVENTS, CHILDREN = 30, 30


@dataclass(frozen=True, slots=True)
class Token:
    """A token: where it stands, and where it may be put."""

    key: int
    element_id: str
    name: str
    joining: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """An instance with all that hangs on it."""

    row: ProcessInstance
    definition: Definition
    #: element id → name
    elements: dict[str, str]
    tokens: list[Token]
    #: element of a token → where it may be put: (id, name)
    targets: dict[str, list[tuple[str, str]]]
    variables: list[privacy.Shown]
    tasks: Sequence[Task]
    jobs: Sequence[JobRow]
    subscriptions: Sequence[SubscriptionRow]
    incidents: Sequence[Incident]
    parent: ProcessInstance | None
    children: Sequence[ProcessInstance]
    children_total: int
    #: the newest version, if it is another one
    newer: Definition | None
    #: the migration that can be taken back
    migration: InstanceMigration | None
    events: Sequence[Event]
    older_events: str


def find(session: Session, key: int) -> ProcessInstance:
    """The instance; ``NotFound`` when there is none."""
    row = session.get(ProcessInstance, key)
    if row is None:
        raise NotFound("instance", key)
    return row


def whole(session: Session, key: int, before: str = "") -> Whole:
    """Read it all."""
    row = find(session, key)
    process = definitions.drawn(session, row.definition_key)
    running = row.state in ("ACTIVE", "SUSPENDED")
    tokens = [
        Token(place.key, *words.option(process.elements[place.element_id]), place.joining)
        for place in token_moves.places(row)
        if running and not place.waits and place.element_id in process.elements
    ]
    newest = definitions.newest(session, "process", row.process_id)
    child = ProcessInstance.parent_key == key
    events = _events(session, key, before)
    return Whole(
        row=row,
        definition=definitions.get(session, row.definition_key),
        elements={element.id: words.named(element.name) or element.id for element in process.elements.values()},
        tokens=tokens,
        targets={token.element_id: [words.option(each) for each in token_moves.targets(process, token.element_id)] for token in tokens},
        variables=privacy.variables(row.variables),
        tasks=session.scalars(select(Task).where(Task.instance_key == key, Task.state == "OPEN").order_by(Task.key)).all(),
        jobs=session.scalars(select(JobRow).where(JobRow.instance_key == key).order_by(JobRow.due_at, JobRow.key).limit(200)).all(),
        subscriptions=session.scalars(select(SubscriptionRow).where(SubscriptionRow.instance_key == key)).all(),
        incidents=session.scalars(
            select(Incident).where(Incident.instance_key == key, Incident.state == "OPEN").order_by(Incident.key)
        ).all(),
        parent=session.get(ProcessInstance, row.parent_key) if row.parent_key else None,
        children=session.scalars(select(ProcessInstance).where(child).order_by(ProcessInstance.key.desc()).limit(CHILDREN)).all(),
        children_total=session.scalar(select(func.count()).select_from(ProcessInstance).where(child)) or 0,
        newer=newest if newest is not None and newest.key != row.definition_key else None,
        migration=last_migration(session, row) if running else None,
        events=events[:EVENTS],
        older_events=str(events[EVENTS - 1].key) if len(events) > EVENTS else "",
    )


def last_migration(session: Session, row: ProcessInstance) -> InstanceMigration | None:
    """Its last migration, if that can still be taken back."""
    query = select(InstanceMigration).where(InstanceMigration.instance_key == row.key, InstanceMigration.taken_back_at.is_(None))
    found = session.scalar(query.order_by(InstanceMigration.key.desc()).limit(1))
    return found if found is not None and migration.still(session, found, row) else None


def _events(session: Session, key: int, before: str) -> list[Event]:
    query = select(Event).where(Event.instance_key == key, Event.kind != "instance.stepped")
    if end := number_or(before):
        query = query.where(Event.key < end)
    return list(session.scalars(query.order_by(Event.key.desc()).limit(EVENTS + 1)))


def told(event: Event, elements: dict[str, str]) -> str:
    """What an event says beyond its kind, without anybody's data: reasons, places, versions."""
    detail: dict[str, Any] = event.detail
    said = []
    if event.kind == "instance.moved":
        said.append(
            f"{elements.get(detail.get('from', ''), detail.get('from', ''))} → {elements.get(detail.get('to', ''), detail.get('to', ''))}"
        )
    if isinstance(detail.get("to"), dict):
        said.append(f"v{detail['from']['version']} → v{detail['to']['version']}")
    said += [f"{old} → {new}" for old, new in detail.get("mapping", {}).items()] if isinstance(detail.get("mapping"), dict) else []
    if isinstance(detail.get("variables"), dict) and event.kind == "variables.changed":
        for path, change in detail["variables"].items():
            if isinstance(change, dict):
                said.append(f"{path}: {privacy.shown(path, change.get('old')).text} → {privacy.shown(path, change.get('new')).text}")
    if event.kind == "incident.created":
        said.append(privacy.message(str(detail.get("message", ""))))
    return " · ".join(said)
