"""Which records are wanted, from the address and back, and whether a record is one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

from app import clock
from app.audit.search import terms
from app.border import number_or
from app.engine.models import Event, ProcessInstance

#: Kinds that the engine writes about itself: most records, and few words for a reader.
TECHNICAL = frozenset(
    {"instance.stepped", "timer.fired", "message.published", "message.correlated", "message.expired", "signal.sent", "children.started"}
)
#: No record is older or younger.
FIRST, LAST = date(2015, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are wanted. Everything that is given must hold."""

    text: str = ""
    person: str = ""
    #: a kind (``task.completed``) or a group of kinds (``task``); several with commas between them
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
    #: only what people and deadlines did, without the engine's own steps
    plain: bool = False

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Filter:
        """From the address: q, person, kind, element, process, village, household, subject, instance, campaign, from, to. What makes no
        sense is left out."""
        names = ("person", "kind", "element", "process", "village", "household", "subject")
        given: dict[str, Any] = {name: args.get(name, "").strip()[:200].replace("\x00", "") for name in names}
        numbers: dict[str, Any] = {name: number_or(args.get(name, "")) for name in ("instance", "campaign")}
        text = " ".join(args.get("q", "").replace("\x00", "").split())[:100]
        return cls(
            text=text, **given, **numbers, from_=_day(args.get("from", "")), to=_day(args.get("to", "")), plain=bool(args.get("plain"))
        )

    def query(self) -> dict[str, str]:
        """The reverse of ``of``: what the address says, without what is not given."""
        names = {"text": "q", "from_": "from"}
        values = {name: getattr(self, name) for name in self.__slots__}
        return {names.get(name, name): "1" if value is True else str(value) for name, value in values.items() if value}

    @property
    def kinds(self) -> list[str]:
        return [kind for kind in (each.strip().strip(".") for each in self.kind.split(",")) if kind][:20]

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """Campaign time from … to before …, or None where it is open."""
        return _midnight(self.from_), _midnight(self.to + timedelta(days=1)) if self.to else None


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """What a record's own columns can tell."""
    begin, end = wanted.span
    found: list[ColumnElement[bool]] = []
    if wanted.campaign:
        found.append(Event.campaign_id == wanted.campaign)
    if wanted.person:
        found.append(or_(Event.actor == wanted.person, Event.on_behalf_of == wanted.person))
    if wanted.kinds:
        named = (Event.kind == kind if "." in kind else Event.kind.startswith(kind + ".", autoescape=True) for kind in wanted.kinds)
        found.append(or_(*named))
    for column, value in ((Event.element_id, wanted.element), (Event.subject, wanted.subject), (Event.instance_key, wanted.instance)):
        if value:
            found.append(column == value)
    if wanted.process:
        found.append(ProcessInstance.process_id == wanted.process)
    if (household := wanted.household) != "":
        found.append(or_(Event.subject == f"household:{household}", Event.detail["household"].as_string() == household))
    if (village := wanted.village) != "":
        named = or_(Event.subject == f"village:{village}", Event.detail["village"].as_string() == village)
        found.append(or_(ProcessInstance.scope == village, named))
    if wanted.plain:
        found.append(Event.kind.not_in(TECHNICAL))
    if begin:
        found.append(Event.at >= begin)
    if end:
        found.append(Event.at < end)
    return found


def fits(event: Event, instance: ProcessInstance | None, wanted: Filter, people: Sequence[set[str]]) -> bool:
    """Whether a record is what was asked for: terms only said that it may be."""
    begin, end = wanted.span
    names = (event.actor, event.on_behalf_of)
    checks = (
        not wanted.campaign or event.campaign_id == wanted.campaign,
        not wanted.person or wanted.person in names,
        not wanted.kinds or any(event.kind == kind or event.kind.startswith(f"{kind}.") for kind in wanted.kinds),
        not wanted.element or event.element_id == wanted.element,
        not wanted.subject or event.subject == wanted.subject,
        not wanted.instance or event.instance_key == wanted.instance,
        not wanted.process or (instance is not None and instance.process_id == wanted.process),
        not wanted.village or terms.village_of(event, instance) == wanted.village,
        not wanted.household or terms.household_of(event) == wanted.household,
        not wanted.plain or event.kind not in TECHNICAL,
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


def cursor(text: str) -> int:
    """The key in the address at which the page before ended; 0 for none."""
    return number_or(text)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if FIRST <= found <= LAST else None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(0), clock.CAMPAIGN_ZONE).astimezone(UTC) if day else None


def without(wanted: Filter, *names: str) -> Filter:
    """The same filter with these left open."""
    empty: dict[str, Any] = {"from_": None, "to": None, "instance": 0, "campaign": 0}
    return replace(wanted, **{name: empty.get(name, "") for name in names})
