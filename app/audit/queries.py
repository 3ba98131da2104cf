"""Records as auditors ask for them: a ``Filter`` from the address, and one keyset-paged ``select_records`` that pages and exports share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.audit.models import RecordIndex
from app.audit.search import store, terms
from app.audit.search.filling import LIGHT
from app.auth.models import Account
from app.engine.models import Event, ProcessInstance

#: Records on one page.
SIZE = 50
#: A search looks at no more records than this for one page; if that did not fill it, the page says so and the next one goes on from there.
LOOKED_AT = 4_000
#: Days that are looked up one by one; a longer span is looked up by months.
MOST_DAYS = 62
#: No record is older or younger.
_FIRST, _LAST = date(2015, 1, 1), date(2100, 1, 1)
#: Beyond every key.
END = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are wanted. Everything that is given must hold."""

    text: str = ""
    person: str = ""
    #: a kind (``task.completed``) or a group of kinds (``task``)
    kind: str = ""
    element: str = ""
    process: str = ""
    village: str = ""
    household: str = ""
    subject: str = ""
    instance: int = 0
    campaign: int = 0
    from_: date | None = None
    to: date | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Filter:
        """From the address: q, person, kind, element, process, village, household, subject, instance, campaign, from, to. What makes no
        sense is left out."""
        names = ("person", "kind", "element", "process", "village", "household", "subject")
        given: dict[str, Any] = {name: args.get(name, "").strip()[:200].replace("\x00", "") for name in names}
        numbers: dict[str, Any] = {name: _number(args.get(name, "")) for name in ("instance", "campaign")}
        text = " ".join(args.get("q", "").replace("\x00", "").split())[:100]
        return cls(text=text, **given, **numbers, from_=_day(args.get("from", "")), to=_day(args.get("to", "")))

    def query(self) -> dict[str, str]:
        """The reverse of ``of``: what the address says, without what is not given."""
        names = {"text": "q", "from_": "from"}
        values = {name: getattr(self, name) for name in self.__slots__}
        return {names.get(name, name): str(value) for name, value in values.items() if value}

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """Campaign time from … to before …, or None where it is open."""
        return _midnight(self.from_), _midnight(self.to + timedelta(days=1)) if self.to else None


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
    cursor = after or (END if newest_first else 0)
    found: list[Record] = []
    looked = 0
    while len(found) <= size and looked < LOOKED_AT:
        keys = _keys(session, wanted, people, cursor, size + 1 if looked == 0 else size * 4, newest_first)
        if not keys:
            return Page(found[:size], found[size - 1].event.key if len(found) > size else 0)
        rows = session.execute(_read(keys, newest_first)).all()
        found += [Record(event, instance) for event, instance in rows if _fits(event, instance, wanted, people)]
        looked, cursor = looked + len(keys), keys[-1]
    if len(found) > size:
        return Page(found[:size], found[size - 1].event.key)
    return Page(found, cursor, partial=True)


def every_record(session: Session, wanted: Filter, *, newest_first: bool = True, size: int = 500) -> Iterator[Record]:
    """All records of a filter, page after page: exactly the filtered view."""
    after = 0
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
    fresh = and_(side, *_conditions(wanted)) if direct else and_(side, Event.key > upto, *_conditions(wanted))
    tail = select(Event.key).where(fresh).order_by(Event.key.desc() if newest_first else Event.key).limit(limit)
    if direct:
        return list(session.scalars(tail))
    if newest_first:
        found = list(session.scalars(tail)) if cursor > upto + 1 else []
        return found or store.keys(session, clauses, beyond=min(cursor, upto + 1), limit=limit)
    found = store.keys(session, clauses, beyond=cursor, limit=limit, newest_first=False) if cursor < upto else []
    return found or list(session.scalars(tail))


def _straight(wanted: Filter) -> bool:
    """Does an index of the records themselves answer it in order?"""
    given = {name for name in wanted.__slots__ if getattr(wanted, name)}
    return given <= {"campaign"} or given == {"campaign", "subject"} or given == {"instance"}


def _read(keys: Sequence[int], newest_first: bool) -> Select[Event, ProcessInstance]:
    query = select(Event, ProcessInstance).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key).options(*LIGHT)
    return query.where(Event.key.in_(keys)).order_by(Event.key.desc() if newest_first else Event.key)


def _clauses(wanted: Filter, people: Sequence[set[str]]) -> list[terms.Clause]:
    place = f"{wanted.campaign}:" if wanted.campaign else ""
    found = [terms.any_of(kind, [value]) for kind, value in _places(wanted)]
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
    if wanted.kind:
        yield ("kind" if "." in wanted.kind.strip(".") else "group"), wanted.kind.strip(".")
    for name in ("person", "element", "process", "instance"):
        if value := getattr(wanted, name):
            yield name, value


def _span(wanted: Filter) -> list[terms.Clause]:
    """The days of a span, or its months when there are many or an end is open."""
    latest = max(clock.now(), clock.real_now()).date() + timedelta(days=400)
    begin, end = wanted.from_ or _FIRST, wanted.to or max(latest, wanted.from_ or latest)
    count = (end - begin).days + 1
    if count <= 0:
        return [[[terms.term("day", "never")]]]
    if count <= MOST_DAYS:
        return [terms.any_of("day", [(begin + timedelta(days=number)).isoformat() for number in range(count)])]
    months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
    return [terms.any_of("month", [f"{month // 12}-{month % 12 + 1:02d}" for month in months])]


# --- does it fit ----------------------------------------------------------------------------------------------------------


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """What a record's own columns can tell."""
    begin, end = wanted.span
    found: list[ColumnElement[bool]] = []
    if wanted.campaign:
        found.append(Event.campaign_id == wanted.campaign)
    if wanted.person:
        found.append(or_(Event.actor == wanted.person, Event.on_behalf_of == wanted.person))
    if wanted.kind:
        exact = "." in wanted.kind.strip(".")
        found.append(Event.kind == wanted.kind if exact else Event.kind.startswith(wanted.kind.strip(".") + ".", autoescape=True))
    for column, value in ((Event.element_id, wanted.element), (Event.subject, wanted.subject), (Event.instance_key, wanted.instance)):
        if value:
            found.append(column == value)
    if begin:
        found.append(Event.at >= begin)
    if end:
        found.append(Event.at < end)
    return found


def _fits(event: Event, instance: ProcessInstance | None, wanted: Filter, people: Sequence[set[str]]) -> bool:
    """Whether a record is what was asked for: terms only said that it may be."""
    begin, end = wanted.span
    names = (event.actor, event.on_behalf_of)
    checks = (
        not wanted.campaign or event.campaign_id == wanted.campaign,
        not wanted.person or wanted.person in names,
        not wanted.kind or event.kind == wanted.kind or event.kind.startswith(wanted.kind.strip(".") + "."),
        not wanted.element or event.element_id == wanted.element,
        not wanted.subject or event.subject == wanted.subject,
        not wanted.instance or event.instance_key == wanted.instance,
        not wanted.process or (instance is not None and instance.process_id == wanted.process),
        not wanted.village or terms.village_of(event, instance) == wanted.village,
        not wanted.household or terms.household_of(event) == wanted.household,
        begin is None or event.at >= begin,
        end is None or event.at < end,
    )
    if not all(checks):
        return False
    if not wanted.text:
        return True
    said = terms.words(event, instance)
    asked = zip(wanted.text.split(), people, strict=True)
    return all(terms.plain(word) in said or not known.isdisjoint(names) for word, known in asked)


def _people(session: Session, text: str) -> list[set[str]]:
    """For each word, the user names of the people who are called so. One statement for all words."""
    words = text.split()
    if not words:
        return []
    like = or_(*(or_(Account.name.contains(word, autoescape=True), Account.username == word) for word in words))
    rows = session.execute(select(Account.username, Account.name).where(like).limit(300)).all()
    return [{username for username, name in rows if word in name or word == username} for word in words]


# --- from the address -----------------------------------------------------------------------------------------------------


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def cursor(text: str) -> int:
    """The key in the address at which the page before ended; 0 for none."""
    return _number(text)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if _FIRST <= found <= _LAST else None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(0), clock.CAMPAIGN_ZONE).astimezone(UTC) if day else None


def without(wanted: Filter, *names: str) -> Filter:
    """The same filter with these left open."""
    empty: dict[str, Any] = {"from_": None, "to": None, "instance": 0, "campaign": 0}
    return replace(wanted, **{name: empty.get(name, "") for name in names})


def keys_of(rows: Iterable[Record]) -> list[int]:
    return [row.event.key for row in rows]
