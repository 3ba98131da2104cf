"""Instances as administrators look for them: filters from the address, keyset pages, a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, defer

from app import clock
from app.acts import privacy
from app.border import number_or
from app.engine.models import Definition, Incident, ProcessInstance
from app.modeler.operations import words

#: rows on one page
SIZE = 40
STATES = ("ACTIVE", "SUSPENDED", "COMPLETED", "TERMINATED")
_BROKEN = exists().where(Incident.instance_key == ProcessInstance.key, Incident.state == "OPEN")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address says about the list."""

    process: str = ""
    version: str = ""
    state: str = ""
    #: "1": with an open incident only
    incident: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    after: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Filters:
        names = ("process", "version", "state", "incident", "since", "until", "after")
        return cls(**{name: args.get(name, "").strip()[:200] for name in names}, text=args.get("q", "").strip()[:60])


@dataclass(frozen=True, slots=True)
class Page:
    """One page of instances; ``after`` is "" on the last."""

    rows: Sequence[tuple[ProcessInstance, bool]]
    after: str
    first: bool


def page(session: Session, filters: Filters) -> Page:
    """Instances, the newest first, each with whether it has an open incident."""
    query = select(ProcessInstance, _BROKEN.label("broken")).options(defer(ProcessInstance.tokens), defer(ProcessInstance.variables))
    query = query.where(*conditions(filters))
    if after := number_or(filters.after):
        query = query.where(ProcessInstance.key < after)
    rows = session.execute(query.order_by(ProcessInstance.key.desc()).limit(SIZE + 1)).all()
    shown = [(row[0], bool(row[1])) for row in rows[:SIZE]]
    return Page(shown, str(shown[-1][0].key) if len(rows) > SIZE else "", bool(filters.after))


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What the filters say, without the page."""
    found: list[ColumnElement[bool]] = []
    if filters.process:
        found.append(ProcessInstance.process_id == filters.process)
    if version := number_or(filters.version):
        found.append(ProcessInstance.version == version)
    if filters.state in STATES:
        found.append(ProcessInstance.state == filters.state)
    if filters.incident:
        found.append(_BROKEN)
    if filters.text:
        found.append(_named(filters.text))
    for text, later in ((filters.since, False), (filters.until, True)):
        moment = _midnight(text, later)
        if moment is not None:
            found.append(ProcessInstance.started_at < moment if later else ProcessInstance.started_at >= moment)
    return found


def _named(text: str) -> ColumnElement[bool]:
    """By key, business key or subject; by label only where labels name institutions: a search must not tell who lives where."""
    like = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    institution = or_(*(ProcessInstance.subject.like(f"{kind}:%") for kind in privacy.INSTITUTIONS))
    ways = [
        ProcessInstance.business_key.like(f"{like}%", escape="\\"),
        ProcessInstance.subject.like(f"{like}%", escape="\\"),
        ProcessInstance.subject.like(f"%:{like}%", escape="\\"),
        and_(institution, ProcessInstance.label.like(f"%{like}%", escape="\\")),
    ]
    if key := number_or(text):
        ways.append(ProcessInstance.key == key)
    return or_(*ways)


def _midnight(text: str, later: bool) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=1 if later else 0), time(0), clock.CAMPAIGN_ZONE).astimezone(UTC)


def processes(session: Session) -> dict[str, str]:
    """Process id → name, by the newest version."""
    query = select(Definition.id, Definition.name).where(Definition.kind == "process").order_by(Definition.id, Definition.version)
    return {row.id: words.named(row.name) or row.id for row in session.execute(query)}


def by_state(session: Session) -> list[dict[str, Any]]:
    """Per process: how many instances in each state, and how many run on a version that is not the newest."""
    counted = select(ProcessInstance.process_id, ProcessInstance.version, ProcessInstance.state, func.count()).group_by(
        ProcessInstance.process_id, ProcessInstance.version, ProcessInstance.state
    )
    newest = newest_versions(session)
    table: dict[str, dict[str, Any]] = {}
    for process_id, version, state, number in session.execute(counted):
        row = table.setdefault(process_id, {"process": process_id, "older": 0, **dict.fromkeys(STATES, 0)})
        row[state] += number
        if state in ("ACTIVE", "SUSPENDED") and version < newest.get(process_id, 0):
            row["older"] += number
    return [table[name] for name in sorted(table)]


def newest_versions(session: Session) -> dict[str, int]:
    """Process id → its newest version."""
    query = select(Definition.id, func.max(Definition.version)).where(Definition.kind == "process").group_by(Definition.id)
    return {row[0]: row[1] for row in session.execute(query)}
