"""What the rules look at. Each source gives facts chunk after chunk, in a constant number of statements for a chunk.

A fact is plain values (times as ISO 8601 in UTC, spans in minutes) and where its evidence is. Which forms are wrong in which order is not
known here: the decision tables say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import form_times, queries
from app.audit.queries import Filter, Record
from app.audit.search import terms
from app.engine.actor import SYSTEM
from app.engine.models import Event, ProcessInstance, Task
from app.forms.models import Submission

#: Facts of one chunk, about.
CHUNK = 400


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, as rules see it, and where it can be looked up."""

    values: dict[str, Any]
    subject: str
    at: datetime
    #: keys of a record and of an instance, and a household's code: 0 and "" where there is none
    record: int = 0
    instance: int = 0
    household: str = ""
    #: the step that it is about, as the diagram calls it
    step: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Facts, and the cursor to go on from: "" where there is nothing more."""

    facts: list[Fact] = field(default_factory=list)
    after: str = ""


Source = Callable[[Session, int, str], Chunk]


def forms(session: Session, campaign: int, after: str) -> Chunk:
    """Per household: which forms were handed in when (first time) and by whom (everybody who ever did, or for whom it was done)."""
    where = (Submission.campaign_id == campaign, Submission.subject.startswith("household:"))
    subjects = select(Submission.subject).where(*where, Submission.subject > (after or "household:")).distinct()
    found = list(session.scalars(subjects.order_by(Submission.subject).limit(CHUNK + 1)))
    if not found:
        return Chunk()
    last = found[:CHUNK][-1]
    columns = (Submission.subject, Submission.form_id, Submission.at, Submission.actor, Submission.on_behalf_of, Submission.instance_key)
    rows = session.execute(
        select(*columns)
        .where(*where, Submission.subject >= found[0], Submission.subject <= last)
        .order_by(Submission.subject, Submission.at, Submission.key)
    ).all()
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row.subject, []).append(row)
    return Chunk([_filed(subject, each) for subject, each in grouped.items()], last if len(found) > CHUNK else "")


def _filed(subject: str, rows: Sequence[Any]) -> Fact:
    filed: dict[str, dict[str, Any]] = {}
    for row in rows:
        entry = filed.setdefault(row.form_id, {"form": row.form_id, "at": _iso(row.at), "persons": []})
        entry["persons"] += [name for name in (row.actor, row.on_behalf_of) if name and name not in entry["persons"]]
    values = {"filed": list(filed.values())}
    return Fact(values, subject, rows[-1].at, instance=rows[0].instance_key or 0, household=subject.partition(":")[2])


def closures(session: Session, campaign: int, after: str) -> Chunk:
    """Per closing of a problem: who closed it, and who rectified it last before."""
    # Problems are few among a campaign's records and stand beside each other in the index of subjects.
    # Letters bound them, because where punctuation stands is another matter in each collation.
    near = (Event.subject > (after or "problem"), Event.subject < "problen")
    mine = (Event.campaign_id == campaign, *near, Event.subject.startswith("problem:"))
    closed = select(Event.subject).where(*mine, Event.kind == "problem.closed").distinct().order_by(Event.subject)
    subjects = list(session.scalars(closed.limit(CHUNK + 1)))
    if not subjects:
        return Chunk()
    last = subjects[:CHUNK][-1]
    kinds = Event.kind.in_(("problem.closed", "problem.rectified"))
    told = select(Event, ProcessInstance).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key)
    rows = session.execute(told.where(*mine, Event.subject <= last, kinds).order_by(Event.subject, Event.key)).all()
    facts, rectified = [], {}
    for event, instance in rows:
        if event.kind == "problem.rectified":
            rectified[event.subject] = event
        else:
            facts.append(_closure(Record(event, instance), rectified.get(event.subject)))
    return Chunk(facts, last if len(subjects) > CHUNK else "")


def _closure(row: Record, before: Event | None) -> Fact:
    values = {
        "closed_by": row.event.actor,
        "closed_for": row.event.on_behalf_of,
        "rectified_by": before.actor if before else "",
        "rectified_for": before.on_behalf_of if before else "",
    }
    return _of_record(row, values)


def records(*kinds: str, everywhere: bool = False) -> Source:
    """Records of these kinds. *everywhere*: those that belong to no campaign, too (what auditors did)."""

    def source(session: Session, campaign: int, after: str) -> Chunk:
        wanted = Filter(campaign=0 if everywhere else campaign, kind=",".join(kinds))
        page = queries.select_records(session, wanted, after=queries.cursor(after), size=CHUNK)
        rows = [row for row in page.rows if row.event.campaign_id in (campaign, 0)] if everywhere else page.rows
        return Chunk([_of_record(row, _told(row.event)) for row in rows], _after(page))

    return source


def _told(event: Event) -> dict[str, Any]:
    detail = event.detail or {}
    return {
        "kind": event.kind,
        "by_person": event.actor != SYSTEM.name,
        "reason": str(detail.get("reason") or "").strip(),
        "carried": len(detail.get("carried") or ()),
    }


def _of_record(row: Record, values: dict[str, Any]) -> Fact:
    event = row.event
    subject = event.subject or (row.instance.subject if row.instance else "")
    household = terms.household_of(event) or (subject.partition(":")[2] if subject.startswith("household:") else "")
    return Fact(values, subject, event.at, event.key, event.instance_key or 0, household)


def _after(page: queries.Page) -> str:
    return str(page.after) if page.after else ""


def overdue(session: Session, campaign: int, after: str) -> Chunk:
    """User tasks that were completed after they were due, and by how much. What was in time is no fact: there would be too many."""
    where = (Task.campaign_id == campaign, Task.state == "COMPLETED", Task.completed_at > Task.due_at, Task.key > queries.cursor(after))
    columns = (Task.key, Task.instance_key, Task.subject, Task.due_at, Task.completed_at, Task.name)
    rows = session.execute(select(*columns).where(*where).order_by(Task.key).limit(CHUNK + 1)).all()
    facts = [
        Fact(
            {"minutes_late": _minutes(row.due_at, row.completed_at)},
            row.subject,
            row.completed_at,
            instance=row.instance_key,
            household=row.subject.partition(":")[2] if row.subject.startswith("household:") else "",
            step=row.name,
        )
        for row in rows[:CHUNK]
    ]
    return Chunk(facts, str(rows[CHUNK - 1].key) if len(rows) > CHUNK else "")


#: Investigators in one chunk of visits.
PEOPLE = 40


def visits(session: Session, campaign: int, after: str) -> Chunk:
    """Visits as the newest forms state them, with the visit of the same person that they overlap most, if any."""
    people = select(Submission.actor).where(Submission.campaign_id == campaign, Submission.actor > after).distinct()
    found = list(session.scalars(people.order_by(Submission.actor).limit(PEOPLE + 1)))
    chosen = found[:PEOPLE]
    start, end = (Submission.data[("visit", name)].as_string() for name in ("start", "end"))
    mine = (Submission.campaign_id == campaign, Submission.actor.in_(chosen))
    stating = form_times.visit_forms(session, *mine)
    columns = (Submission.subject, Submission.form_id, Submission.actor, Submission.at, Submission.instance_key)
    rows = session.execute(
        select(*columns, start.label("start"), end.label("end"))
        .where(*mine, Submission.form_id.in_(stating))
        .order_by(Submission.actor, Submission.subject, Submission.revision)
    ).all()
    told: dict[tuple[str, str, str], _Visit] = {}
    for row in rows:
        begin, finish = form_times.moment(row.start), form_times.moment(row.end)
        if begin is not None and finish is not None:
            place = (row.actor, row.subject, row.form_id)
            first = told[place].filed if place in told and told[place].start == begin else row.at
            told[place] = _Visit(row.actor, row.subject, begin, finish, first, row.instance_key or 0)
    by_person: dict[str, list[_Visit]] = {}
    for each in told.values():
        by_person.setdefault(each.person, []).append(each)
    facts = [_visit(each, by_person[each.person]) for each in told.values()]
    return Chunk(facts, chosen[-1] if len(found) > PEOPLE else "")


@dataclass(frozen=True, slots=True)
class _Visit:
    person: str
    subject: str
    start: datetime
    end: datetime
    #: when a form stated it first
    filed: datetime
    instance: int


def _visit(visit: _Visit, of_the_person: Sequence[_Visit]) -> Fact:
    others = [each for each in of_the_person if each.subject != visit.subject]
    overlaps = [(_minutes(max(visit.start, each.start), min(visit.end, each.end)), each.subject) for each in others]
    minutes, other = max(overlaps, default=(0, ""))
    values = {
        "subject": visit.subject,
        "other": other,
        "overlap_minutes": max(minutes, 0),
        "minutes": _minutes(visit.start, visit.end),
        "minutes_until_filed": _minutes(visit.end, visit.filed),
    }
    return Fact(values, visit.subject, visit.start, instance=visit.instance, household=visit.subject.partition(":")[2])


def _minutes(begin: datetime, end: datetime) -> int:
    return round((end - begin).total_seconds() / 60)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
