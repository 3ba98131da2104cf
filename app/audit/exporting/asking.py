"""Two persons: an export of many rows is asked for by one auditor, confirmed by another, and taken by who asked. All of it is records.

There is no table beside the records: what was asked, decided and taken is told by records with the subject ``export:<key>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.audit import queries
from app.audit.exporting import texts
from app.audit.exporting.choice import Choice
from app.audit.queries import Filter
from app.engine import events
from app.engine.actor import Actor
from app.engine.errors import CONFLICTS, Conflict, NotFound
from app.engine.models import Event

#: A confirmed export may be taken for so long, and rows taken without a second person are added up over so long.
DAY = timedelta(days=1)

CONFLICTS.update(texts.CONFLICTS)


@dataclass(slots=True)
class Asked:
    """A request and what became of it."""

    event: Event
    choice: Choice | None
    decisions: list[Event] = field(default_factory=list)
    taken: int = 0

    @property
    def decided(self) -> Event | None:
        """The decision that counts: if two met at the same moment, the rejection."""
        rejected = [each for each in self.decisions if each.kind == "export.rejected"]
        return next(iter(rejected or self.decisions), None)

    @property
    def state(self) -> str:
        """WAITING, REJECTED, CONFIRMED, or EXPIRED: its day is over, or its text was erased."""
        found = self.decided
        if found is not None and found.kind == "export.rejected":
            return "REJECTED"
        late = found is not None and clock.real_now() > found.recorded_at + DAY
        if self.choice is None or late:
            return "EXPIRED"
        return "CONFIRMED" if found else "WAITING"


def alone(session: Session, rows: int, limit: int, by: Actor) -> bool:
    """Whether *by* may take so many rows without a second person, all that he took in the last day counted in."""
    since: datetime = clock.real_now() - DAY
    query = select(Event.detail).where(Event.campaign_id == 0, Event.actor == by.name, Event.kind == "export.made")
    details = session.scalars(query.where(Event.recorded_at >= since))
    return rows + sum(int(each["rows"]) for each in details if "request" not in each) <= limit


def ask(session: Session, choice: Choice, rows: int, reason: str, by: Actor) -> Event:
    """Ask for an export that needs a second person."""
    if not reason:
        raise Conflict("export_reason")
    made = events.record(session, "export.requested", by, detail={**choice.detail(), "rows": rows, "reason": reason[:500]})
    made.subject = f"export:{made.key}"
    return made


def made(session: Session, choice: Choice, rows: int, by: Actor, request: Asked | None = None) -> Event:
    """Record that an export is taken."""
    whole = choice.detail() | {"rows": rows}
    if request is not None:
        whole |= {"request": str(request.event.key)}
    return events.record(session, "export.made", by, subject=request.event.subject if request else "", detail=whole)


def decide(session: Session, key: int, by: Actor, *, confirm: bool) -> Event:
    """Confirm or reject, by another person than who asked, whoever acts for whom."""
    found = one(session, key)
    if found.state != "WAITING":
        raise Conflict("export_decided")
    if not {by.name, by.on_behalf_of}.isdisjoint({found.event.actor, found.event.on_behalf_of} - {""}):
        raise Conflict("export_same_person")
    kind = "export.confirmed" if confirm else "export.rejected"
    detail = {"format": found.event.detail["format"], "rows": found.event.detail["rows"], "requested_by": found.event.actor}
    return events.record(session, kind, by, subject=found.event.subject, detail=detail)


def take(session: Session, key: int, by: Actor) -> tuple[Choice, Event]:
    """Take a confirmed export: only who asked for it, within a day."""
    found = one(session, key)
    if found.event.actor != by.name:
        raise NotFound("export", key)
    if found.state != "CONFIRMED" or found.choice is None:
        raise Conflict("export_not_confirmed")
    return found.choice, made(session, found.choice, int(found.event.detail["rows"]), by, found)


def one(session: Session, key: int) -> Asked:
    """A request with what became of it."""
    row = session.scalar(select(Event).where(Event.key == key, Event.kind == "export.requested"))
    if row is None:
        raise NotFound("export", key)
    return _with_outcomes(session, [row])[0]


def newest(session: Session, size: int) -> list[Asked]:
    """The newest requests."""
    found = islice(queries.every_record(session, Filter(kind="export.requested"), size=size), size)
    return _with_outcomes(session, [each.event for each in found])


def waiting_for(session: Session, username: str, size: int) -> int:
    """How many of the newest requests wait for the decision of *username*: his own do not."""
    return sum(
        1 for each in newest(session, size) if each.state == "WAITING" and username not in {each.event.actor, each.event.on_behalf_of}
    )


def _with_outcomes(session: Session, rows: Sequence[Event]) -> list[Asked]:
    if not rows:
        return []
    found = {row.subject: Asked(row, Choice.of(row.detail)) for row in rows}
    query = select(Event).where(Event.campaign_id == 0, Event.subject.in_(found), Event.kind.startswith("export."))
    for each in session.scalars(query.order_by(Event.key)):
        if each.kind in ("export.confirmed", "export.rejected"):
            found[each.subject].decisions.append(each)
        elif each.kind == "export.made":
            found[each.subject].taken += 1
    return list(found.values())
