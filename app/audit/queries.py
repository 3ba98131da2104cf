"""Records as auditors ask for them: a ``Filter`` from the address, and one keyset-paged ``select_records`` that pages and exports share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.audit import filters
from app.audit.filters import TECHNICAL, Filter, cursor, without
from app.audit.models import RecordIndex, RecordSpan
from app.audit.search import store, terms
from app.audit.search.filling import LIGHT
from app.auth.models import Account
from app.engine.models import Event, ProcessInstance

__all__ = ["TECHNICAL", "Filter", "Page", "Record", "cursor", "every_record", "select_records", "without"]

#: Records on one page.
SIZE = 50
#: A search looks at no more records than this for one page; if that did not fill it, the page says so and the next one goes on from there.
LOOKED_AT = 4_000
#: Days that are looked up one by one; a longer span is looked up by months.
MOST_DAYS = 62
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


def select_records(session: Session, wanted: Filter, *, after: int = 0, size: int = SIZE, newest_first: bool = True) -> Page:
    """The next *size* records after the key *after*, newest first unless told otherwise.

    The same filter and key give the same page, however many records are added meanwhile.
    """
    people = _people(session, wanted.text)
    place = after or (END if newest_first else 0)
    found: list[Record] = []
    looked = 0
    while len(found) <= size and looked < LOOKED_AT:
        keys = _keys(session, wanted, people, place, size + 1 if looked == 0 else size * 4, newest_first)
        if not keys:
            return Page(found[:size], found[size - 1].event.key if len(found) > size else 0)
        rows = session.execute(_read(keys, newest_first)).all()
        found += [Record(event, instance) for event, instance in rows if filters.fits(event, instance, wanted, people)]
        looked, place = looked + len(keys), keys[-1]
    if len(found) > size:
        return Page(found[:size], found[size - 1].event.key)
    return Page(found, place, partial=True)


def every_record(session: Session, wanted: Filter, *, after: int = 0, newest_first: bool = True, size: int = 500) -> Iterator[Record]:
    """All records of a filter after the key *after*, page after page: exactly the filtered view."""
    while True:
        page = select_records(session, wanted, after=after, size=size, newest_first=newest_first)
        yield from page.rows
        after = page.after
        if not after:
            return


# --- which keys -----------------------------------------------------------------------------------------------------------


def _keys(session: Session, wanted: Filter, people: Sequence[set[str]], cursor: int, limit: int, newest_first: bool) -> list[int]:
    """Keys of the next records that may fit. What is not yet in the term index is read straight from the records."""
    clauses = _clauses(wanted, people)
    direct = not clauses or _straight(wanted)
    upto = END if direct else session.scalar(select(RecordIndex.upto).where(RecordIndex.id == 1)) or 0
    side = Event.key < cursor if newest_first else Event.key > cursor
    fresh = and_(side, *filters.conditions(wanted)) if direct else and_(side, Event.key > upto, *filters.conditions(wanted))
    straight = select(Event.key).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key)
    tail = straight.where(fresh).order_by(Event.key.desc() if newest_first else Event.key).limit(limit)
    if direct:
        return list(session.scalars(tail))
    first, last = _stretch(session, wanted, upto)
    above, below = (first, min(cursor, last)) if newest_first else (max(cursor, first), last)
    indexed = partial(store.keys, session, clauses, above=above, below=below, limit=limit, newest_first=newest_first)
    if newest_first:
        found = list(session.scalars(tail)) if cursor > upto + 1 else []
        return found or (indexed() if above < below else [])
    return (indexed() if above < below else []) or list(session.scalars(tail))


def _stretch(session: Session, wanted: Filter, upto: int) -> tuple[int, int]:
    """Between which keys of the index records of the wanted time can be."""
    begin, end = wanted.span
    if begin is None and end is None:
        return 0, upto + 1
    where = ([RecordSpan.to_at >= begin] if begin else []) + ([RecordSpan.from_at < end] if end else [])
    first, last = session.execute(select(func.min(RecordSpan.first_key), func.max(RecordSpan.last_key)).where(*where)).one()
    return (first - 1, last + 1) if first else (0, 0)


def _straight(wanted: Filter) -> bool:
    """Does an index of the records themselves answer it in order?"""
    given = {name for name in wanted.__slots__ if getattr(wanted, name)} - {"plain"}
    return given <= {"campaign"} or given == {"campaign", "subject"} or given == {"instance"}


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
    rows = session.execute(select(Account.username, Account.name).where(like).limit(300)).all()
    return [{username for username, name in rows if word in name or word == username} for word in words]
