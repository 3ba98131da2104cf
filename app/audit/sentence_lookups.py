"""What sentences need beside their records: names of people, things, elements and forms. A constant number of statements for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.audit import wording
from app.audit.queries import Record
from app.audit.search import terms
from app.auth.models import Account
from app.element_names import spoken_in
from app.engine import definitions
from app.engine.actor import SYSTEM
from app.engine.errors import NotFound
from app.engine.models import Activity, Definition, Event, ProcessInstance, Task
from app.forms import schema

#: Names in a record's detail that hold user names.
_PERSONS = ("to", "from", "rectified_by", "signer", "absent", "substitute", "username", "responsible", "assignee", "made_by", "handed_by")


@dataclass(slots=True)
class Surroundings:
    """Names by what they stand for. What is not known is shown as it is written."""

    names: Mapping[str, str] = field(default_factory=dict)
    #: definition key → name of the process, and its version
    processes: Mapping[int, str] = field(default_factory=dict)
    versions: Mapping[int, int] = field(default_factory=dict)
    #: form id → its title in Chinese and in English
    forms: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: activity key → name of its element
    elements: Mapping[int, str] = field(default_factory=dict)
    #: (definition key, element id) → name, for what is no activity (boundary events)
    others: dict[tuple[int, str], str] = field(default_factory=dict)
    #: (campaign, subject) → label
    labels: Mapping[tuple[int, str], str] = field(default_factory=dict)
    #: setting or date of the plan → what it is called in Chinese and in English
    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: key of a user task → since when somebody had it
    since: Mapping[int, datetime] = field(default_factory=dict)

    def name(self, username: str, locale: str) -> str:
        return self.names.get(username) or wording.machine(username, locale)

    def about(self, record: Record, locale: str) -> str:
        """What a record is about, as people call it."""
        label = record.label or self.labels.get((record.event.campaign_id, record.event.subject), "")
        return label or (wording.subject(record.event.subject, locale) if record.event.subject else "")

    def household(self, record: Record, code: str) -> str:
        return self.labels.get((record.event.campaign_id, f"household:{code}"), code)

    def process(self, record: Record, locale: str) -> str:
        told = str((record.event.detail or {}).get("process") or "")
        name = self.processes.get(definition_of(record)) or (record.instance.process_id if record.instance else told)
        return spoken_in(locale, name)

    def version(self, record: Record) -> int:
        """The version of the process by which the instance went when this was recorded; 0: not known."""
        key = definition_of(record)
        return self.versions.get(key) or (record.instance.version if record.instance and record.instance.definition_key == key else 0)

    def element(self, record: Record, locale: str) -> str:
        event = record.event
        own = self.others.get((definition_of(record), event.element_id))
        name = spoken_in(locale, own or self.elements.get(event.activity_key or 0, ""))
        return name or (wording.unnamed(locale) if event.element_id else "")

    def element_of(self, record: Record, element_id: str, locale: str) -> str:
        """An element of the record's own diagram by its id; "" where it has no name."""
        return spoken_in(locale, self.others.get((definition_of(record), element_id), ""))

    def cause(self, record: Record, cause: str, locale: str) -> str:
        """Why something was cancelled: the event of the diagram that did it, or a reason in words."""
        known = wording.cause(cause, locale)
        if known is not None:
            return known
        name = self.element_of(record, cause, locale)
        return wording.canceled_by(name, locale) if name else cause

    def form(self, form_id: str, locale: str) -> str:
        return wording.both(*self.forms.get(form_id, (form_id, form_id)), locale)

    def group(self, code: str, locale: str) -> str:
        return wording.group(code, locale)

    def value_name(self, name: str, locale: str) -> str:
        """What a setting or a date of the plan is called."""
        return wording.both(*self.values.get(name, (name, name)), locale)

    def took(self, record: Record) -> timedelta | None:
        """How long whoever completed a task had had it."""
        begun = self.since.get(record.event.activity_key or 0) if record.event.kind == "task.completed" else None
        return record.event.at - begun if begun is not None and record.event.at >= begun else None


def definition_of(record: Record) -> int:
    """Key of the version by which the instance went when this was recorded, since it may have been migrated later; 0: of no instance."""
    told = str((record.event.detail or {}).get("definition") or "")
    if told.isdecimal():
        return int(told)
    return record.instance.definition_key if record.instance else 0


def load(session: Session, rows: Sequence[Record]) -> Surroundings:
    """Everything that the sentences of *rows* name: seven statements at most."""
    events = [row.event for row in rows]
    if not events:
        return Surroundings()
    processes, versions = _processes(session, {definition_of(row) for row in rows} - {0})
    found = Surroundings(
        names=names(session, _usernames(events)),
        processes=processes,
        versions=versions,
        forms=_forms(session, {str(event.detail["form"]) for event in events if (event.detail or {}).get("form")}),
        elements=_elements(session, {event.activity_key for event in events if event.activity_key}),
        labels=labels(session, {(event.campaign_id, subject) for event in events for subject in _subjects(event)}),
        values=_values(session, events),
        since=_since(session, [event for event in events if event.kind == "task.completed"]),
    )
    for row in rows:
        _name_elsewhere(session, found, row)
    return found


def names(session: Session, usernames: set[str]) -> dict[str, str]:
    """User name → name."""
    if not usernames:
        return {}
    return dict(session.execute(select(Account.username, Account.name).where(Account.username.in_(sorted(usernames)))).all())


def _usernames(events: Sequence[Event]) -> set[str]:
    found: list[Any] = [name for event in events for name in (event.actor, event.on_behalf_of)]
    for event in events:
        detail = event.detail or {}
        # a migration's "from" and "to" are versions
        found += [detail.get(name) for name in _PERSONS]
        found += detail.get("users") or ()
    return {name for name in found if isinstance(name, str) and name and name != SYSTEM.name}


def _processes(session: Session, keys: set[int]) -> tuple[dict[int, str], dict[int, int]]:
    """Names and versions of processes."""
    if not keys:
        return {}, {}
    query = select(Definition.key, Definition.name, Definition.id, Definition.version).where(Definition.key.in_(keys))
    rows = session.execute(query).all()
    return {key: wording.flat(name or process_id) for key, name, process_id, _version in rows}, {row.key: row.version for row in rows}


def _forms(session: Session, ids: set[str]) -> dict[str, tuple[str, str]]:
    """Titles by the newest version of each form (its content is kept in memory)."""
    if not ids:
        return {}
    query = select(Definition.id, Definition.key).where(Definition.kind == "form", Definition.id.in_(ids)).order_by(Definition.version)
    newest = dict(session.execute(query).all())
    return {form_id: _titles(form_id, definitions.file_of(session, key).content) for form_id, key in newest.items()}


def _titles(form_id: str, content: bytes) -> tuple[str, str]:
    """A form that cannot be opened is called by its id: one bad row takes no page down."""
    try:
        form = schema.load(content)
    except schema.SchemaError:
        return form_id, form_id
    return form.title("zh"), form.title("en")


def _elements(session: Session, keys: set[int]) -> dict[int, str]:
    if not keys:
        return {}
    return {
        key: wording.flat(name) for key, name in session.execute(select(Activity.key, Activity.element_name).where(Activity.key.in_(keys)))
    }


def _values(session: Session, events: Sequence[Event]) -> dict[str, tuple[str, str]]:
    """Names of settings and dates, as the feature that has them tells; only where a record speaks of them."""
    if not any(event.kind.startswith("campaign.") and "changed" in (event.detail or {}) for event in events):
        return {}
    provider: Any = current_app.extensions.get("daopai.value_names")
    return provider(session) if provider else {}


def _subjects(event: Event) -> list[str]:
    household = terms.household_of(event)
    return [each for each in (event.subject, f"household:{household}" if household else "") if each]


def labels(session: Session, subjects: set[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """(campaign, subject) → what people call it, from the instances that are about it."""
    if not subjects:
        return {}
    campaigns = {campaign for campaign, _subject in subjects}
    query = (
        select(ProcessInstance.campaign_id, ProcessInstance.subject, func.min(ProcessInstance.label))
        .where(ProcessInstance.campaign_id.in_(campaigns), ProcessInstance.subject.in_({subject for _campaign, subject in subjects}))
        .where(ProcessInstance.label != "")
        .group_by(ProcessInstance.campaign_id, ProcessInstance.subject)
    )
    return {(campaign, subject): label for campaign, subject, label in session.execute(query)}


def _since(session: Session, completed: Sequence[Event]) -> dict[int, datetime]:
    """Task → when it was last taken by somebody, or when it was opened."""
    keys = {event.activity_key for event in completed if event.activity_key}
    if not keys:
        return {}
    found: dict[int, datetime] = dict(session.execute(select(Task.key, Task.created_at).where(Task.key.in_(keys))).all())
    instances = {event.instance_key for event in completed}
    taken = (
        select(Event.activity_key, func.max(Event.at))
        .where(and_(Event.instance_key.in_(instances), Event.activity_key.in_(keys), Event.kind.in_(("task.claimed", "task.handed_over"))))
        .group_by(Event.activity_key)
    )
    return {**found, **{key: at for key, at in session.execute(taken) if key}}


def _name_elsewhere(session: Session, found: Surroundings, row: Record) -> None:
    """Names of boundary events and the like, from the diagram (kept in memory)."""
    key = definition_of(row)
    if not key:
        return
    detail = row.event.detail or {}
    wanted = {str(detail.get("cause") or "")}
    if row.event.kind == "instance.stepped":
        wanted |= {str(named) for each in detail.get("left") or () for named in (each[1], each[3])}
    if row.event.kind == "instance.moved":
        wanted |= {str(detail.get("from") or ""), str(detail.get("to") or "")}
    # An activity's row says what the newest version calls it.
    moved = row.instance is not None and row.instance.definition_key != key
    if row.event.element_id and (moved or not found.elements.get(row.event.activity_key or 0)):
        wanted.add(row.event.element_id)
    for element_id in wanted - {""}:
        if (key, element_id) not in found.others:
            found.others[key, element_id] = element_name(session, key, element_id)


def element_name(session: Session, definition_key: int, element_id: str) -> str:
    """What an element is called in its own version of the diagram; "" when it is not there."""
    try:
        element = definitions.drawn(session, definition_key).elements.get(element_id)
    except NotFound:
        return ""
    return wording.flat(element.name) if element is not None else ""
