"""Records as auditors ask for them: a ``Filter`` from the address, and one keyset-paged ``select_records`` that pages and exports share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.audit import filters
from app.audit.filters import TECHNICAL, Filter, cursor, without
from app.audit.models import RecordIndex, RecordSpan
from app.audit.search import terms, walking
from app.audit.search.filling import LIGHT
from app.audit.search.walking import Walked
from app.auth.models import Account
from app.engine.models import Event, ProcessInstance

__all__ = ["TECHNICAL", "Filter", "Page", "Record", "cursor", "every_record", "select_records", "without"]

#: Records on one page.
SIZE = 50
#: A search looks at no more records than this for one page; if that did not fill it, the page says so and the next one goes on from there.
LOOKED_AT = 4_000
#: Records that are read at once when the first ones did not fit.
AT_ONCE = 400
#: How long a search goes on for one page; what is then found is shown, and the next page goes on from there.
SECONDS = 0.2
#: Days that are looked up one by one; a longer span is looked up by months.
MOST_DAYS = 62
#: A word that stands in the names of more people is not looked up: what it leaves out is found by reading.
MOST_PEOPLE = 60
#: Keys count milliseconds from here.
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
#: Beyond every key.
END = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Record:
    """A record with the instance in which it happened."""

    event: Event
    instance: ProcessInstance | None

    @property
    def label(self) -> str:
        return self.instance.label if self.instance else ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records. ``after`` is the key to go on from, 0 where there is nothing more."""

    rows: Sequence[Record]
    after: int = 0
    #: there was too much to look through at once: more may follow although the page is not full
    partial: bool = False

    @property
    def reached(self) -> datetime:
        """The machine's time up to which everything was looked through, where there is more."""
        return _BEGIN + timedelta(milliseconds=self.after >> 22)


def select_records(session: Session, wanted: Filter, *, after: int = 0, size: int = SIZE, newest_first: bool = True) -> Page:
    """The next *size* records after the key *after*, newest first unless told otherwise.

    The same filter and key give the same records in the same order, however many are added meanwhile; how many of them come at once
    may differ where a page is ``partial``, because time was up.
    """
    people = _people(session, wanted.text)
    search = _Search(wanted, _clauses(wanted, people), newest_first, time.monotonic() + SECONDS)
    place = after or (END if newest_first else 0)
    found: list[Record] = []
    looked, limit = 0, size + 1
    while True:
        step = _next(session, search, place, limit)
        rows = session.execute(_read(step.keys, newest_first)).all() if step.keys else []
        found += [Record(event, instance) for event, instance in rows if filters.fits(event, instance, wanted, people)]
        if len(found) > size:
            return Page(found[:size], found[size - 1].event.key)
        if not step.more:
            return Page(found)
        looked, place = looked + len(step.keys), step.place
        if len(step.keys) < limit or looked >= LOOKED_AT or time.monotonic() >= search.until:
            return Page(found, place, partial=True)
        limit = min(size * 4, AT_ONCE)


def every_record(session: Session, wanted: Filter, *, after: int = 0, newest_first: bool = True, size: int = 500) -> Iterator[Record]:
    """All records of a filter after the key *after*, page after page: exactly the filtered view."""
    while True:
        page = select_records(session, wanted, after=after, size=size, newest_first=newest_first)
        yield from page.rows
        after = page.after
        if not after:
            return


# --- which keys -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for, in which order, and until when."""

    wanted: Filter
    clauses: Sequence[terms.Clause]
    newest_first: bool
    until: float

    @property
    def direct(self) -> bool:
        """Do the records themselves answer it, in order?"""
        given = {name for name in self.wanted.__slots__ if getattr(self.wanted, name)} - {"plain"}
        return not self.clauses or given <= {"campaign"} or given == {"campaign", "subject"} or given == {"instance"}


def _next(session: Session, search: _Search, place: int, limit: int) -> Walked:
    """Keys of the next records that may fit. What is not yet in the term index is read straight from the records."""
    if search.direct:
        return _straight(session, search, place, 0, limit)
    upto = session.scalar(select(RecordIndex.upto).where(RecordIndex.id == 1)) or 0
    if search.newest_first:
        young = _straight(session, search, place, upto, limit) if place > upto + 1 else None
        if young is not None and young.more:
            return young
        old = _indexed(session, search, min(place, upto + 1), upto, limit - (len(young.keys) if young else 0))
        return Walked([*young.keys, *old.keys], old.place, old.more) if young is not None else old
    old = _indexed(session, search, place, upto, limit) if place < upto else Walked([], place, False)
    if old.more:
        return old
    young = _straight(session, search, max(place, upto), upto, limit - len(old.keys))
    return Walked([*old.keys, *young.keys], young.place, young.more)


def _straight(session: Session, search: _Search, place: int, upto: int, limit: int) -> Walked:
    """From the records after the key *upto*."""
    newest_first = search.newest_first
    side = Event.key < place if newest_first else Event.key > place
    query = select(Event.key).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key)
    query = query.where(side, *([Event.key > upto] if upto else []), *filters.conditions(search.wanted))
    found = list(session.scalars(query.order_by(Event.key.desc() if newest_first else Event.key).limit(limit)))
    return Walked(found, found[-1] if found else place, len(found) == limit)


def _indexed(session: Session, search: _Search, place: int, upto: int, limit: int) -> Walked:
    """From the term index, which holds the records up to the key *upto*."""
    first, last = _stretch(session, search.wanted, upto)
    above, below = (first, min(place, last)) if search.newest_first else (max(place, first), last)
    return walking.walk(
        session, search.clauses, above=above, below=below, limit=limit, until=search.until, newest_first=search.newest_first
    )


def _stretch(session: Session, wanted: Filter, upto: int) -> tuple[int, int]:
    """Between which keys of the index records of the wanted time and campaign can be."""
    begin, end = wanted.span
    if begin is None and end is None:
        oldest = select(RecordSpan.first_key).order_by(RecordSpan.last_key).limit(1)
        above, below = 0 if wanted.campaign else (session.scalar(oldest) or 1) - 1, upto + 1
    else:
        where = ([RecordSpan.to_at >= begin] if begin else []) + ([RecordSpan.from_at < end] if end else [])
        first, last = session.execute(select(func.min(RecordSpan.first_key), func.max(RecordSpan.last_key)).where(*where)).one()
        above, below = (first - 1, last + 1) if first else (0, 0)
    if wanted.campaign:
        # One after the other from the index: both at once would read all of it.
        own = Event.campaign_id == wanted.campaign
        ends = (select(func.min(Event.key)).where(own).scalar_subquery(), select(func.max(Event.key)).where(own).scalar_subquery())
        first, last = session.execute(select(*ends)).one()
        above, below = (max(above, first - 1), min(below, last + 1)) if first else (0, 0)
    return above, below


def _read(keys: Sequence[int], newest_first: bool) -> Select[Event, ProcessInstance]:
    query = select(Event, ProcessInstance).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key).options(*LIGHT)
    return query.where(Event.key.in_(keys)).order_by(Event.key.desc() if newest_first else Event.key)


def _clauses(wanted: Filter, people: Sequence[set[str]]) -> list[terms.Clause]:
    place = f"{wanted.campaign}:" if wanted.campaign else ""
    found = [terms.any_of(kind, [value]) for kind, value in _places(wanted)]
    if wanted.kinds:
        found.append([[terms.term("kind" if "." in kind else "group", kind)] for kind in wanted.kinds])
    for kind in ("village", "household", "subject"):
        if getattr(wanted, kind) and place:
            found.append(terms.any_of(kind, [place + getattr(wanted, kind)]))
        elif getattr(wanted, kind):
            found += [[[each]] for each in terms.of_word(getattr(wanted, kind))]
    if wanted.from_ or wanted.to:
        found += _span(wanted)
    for word, names in zip(wanted.text.split(), people, strict=True):
        if len(names) > MOST_PEOPLE:
            continue
        alternatives = [terms.of_word(word)] if terms.of_word(word) else []
        alternatives += terms.any_of("person", sorted(names))
        if alternatives:
            found.append(alternatives)
    return found


def _places(wanted: Filter) -> Iterator[tuple[str, object]]:
    if wanted.campaign:
        yield "campaign", wanted.campaign
    for name in ("person", "element", "process", "instance"):
        if value := getattr(wanted, name):
            yield name, value


def _span(wanted: Filter) -> list[terms.Clause]:
    """The days of a span, or its months when there are many or an end is open."""
    latest = max(clock.now(), clock.real_now()).date() + timedelta(days=400)
    begin, end = wanted.from_ or filters.FIRST, wanted.to or max(latest, wanted.from_ or latest)
    count = (end - begin).days + 1
    if count <= 0:
        return [[[terms.term("day", "never")]]]
    if count <= MOST_DAYS:
        return [terms.any_of("day", [(begin + timedelta(days=number)).isoformat() for number in range(count)])]
    months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
    return [terms.any_of("month", [f"{month // 12}-{month % 12 + 1:02d}" for month in months])]


def _people(session: Session, text: str) -> list[set[str]]:
    """For each word, the user names of the people who are called so. One statement for all words."""
    words = text.split()
    if not words:
        return []
    like = or_(*(or_(Account.name.contains(word, autoescape=True), Account.username == word) for word in words))
    rows = session.execute(select(Account.username, Account.name).where(like)).all()
    return [{username for username, name in rows if word in name or word == username} for word in words]
