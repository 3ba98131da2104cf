"""Figures from visits: per element, per path, per day. No database here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from app import clock
from app.audit.pictures.visits import Ran, Visit

#: Paths that are shown, the most frequent; days and elements of the table of what stood open.
PATHS, DAYS, ELEMENTS = 20, 14, 12
#: Shades of heat.
LEVELS = 5


@dataclass(slots=True)
class ElementFigures:
    """One element: how often it was visited, and spans of time; None where there is nothing to measure."""

    id: str
    name: str
    kind: str
    visits: int = 0
    open: int = 0
    canceled: int = 0
    #: entered → left, of what was completed
    median: timedelta | None = None
    ninety: timedelta | None = None
    #: created → begun, begun → completed (medians), and of how many that were done nothing tells when somebody began
    waiting: timedelta | None = None
    working: timedelta | None = None
    untold: int = 0


@dataclass(frozen=True, slots=True)
class Path:
    """What instances really took: elements in order, how many instances, which share, one of them to look at."""

    elements: tuple[str, ...]
    count: int
    share: float
    example: int


@dataclass(slots=True)
class Days:
    """Open tasks per day and element at the day's end; the elements with the highest peak first."""

    days: list[date] = field(default_factory=list)
    #: (element id, counts in the days' order)
    rows: list[tuple[str, list[int]]] = field(default_factory=list)


def elements(ran: Ran) -> list[ElementFigures]:
    """Every element that was visited, in the order in which they were first entered."""
    found: dict[str, ElementFigures] = {}
    spans: dict[str, list[timedelta]] = {}
    for visit in sorted(ran.visits, key=lambda each: (each.entered, each.key)):
        each = found.setdefault(visit.element, ElementFigures(visit.element, visit.name, visit.kind))
        each.visits += 1
        each.open += visit.left is None
        each.canceled += visit.how == "canceled"
        if visit.left is not None and visit.how == "completed":
            spans.setdefault(visit.element, []).append(visit.left - visit.entered)
    for identity, measured in spans.items():
        found[identity].median, found[identity].ninety = quantile(measured, 0.5), quantile(measured, 0.9)
    _split(found, ran)
    return list(found.values())


def _split(found: dict[str, ElementFigures], ran: Ran) -> None:
    """Waiting against working time of user tasks."""
    waited: dict[str, list[timedelta]] = {}
    worked: dict[str, list[timedelta]] = {}
    for work in ran.works:
        each = found.get(work.element)
        if each is None:
            continue
        if work.begun is None:
            each.untold += 1
            continue
        waited.setdefault(work.element, []).append(work.begun - work.created)
        worked.setdefault(work.element, []).append(work.completed - work.begun)
    for identity, spans in waited.items():
        found[identity].waiting, found[identity].working = quantile(spans, 0.5), quantile(worked[identity], 0.5)


def quantile(spans: Iterable[timedelta], share: float) -> timedelta | None:
    """The smallest span that at least *share* of them do not exceed (nearest rank); None of none."""
    ordered = sorted(spans)
    if not ordered:
        return None
    rank = -(-len(ordered) * round(share * 100) // 100)
    return ordered[max(rank, 1) - 1]


def paths(ran: Ran) -> tuple[list[Path], int]:
    """Paths of the instances that came to their end, the most frequent first; and how many different ones there are."""
    taken: dict[int, list[str]] = {}
    for visit in ran.visits:
        if ran.instances.get(visit.instance) == "COMPLETED":
            taken.setdefault(visit.instance, []).append(visit.element)
    counted = Counter(tuple(each) for each in taken.values())
    example: dict[tuple[str, ...], int] = {}
    for instance, each in taken.items():
        example.setdefault(tuple(each), instance)
    rows = sorted(counted.items(), key=lambda each: (-each[1], each[0]))[:PATHS]
    return [Path(each, count, count / len(taken), example[each]) for each, count in rows], len(counted)


def open_by_day(visits: Sequence[Visit], today: date) -> Days:
    """User tasks that were open when each of the last days ended (today: that are open now)."""
    tasks = [visit for visit in visits if visit.kind == "userTask"]
    if not tasks:
        return Days()
    last = min(today, max(clock.local(visit.left or visit.entered).date() for visit in tasks))
    if any(visit.left is None for visit in tasks):
        last = today
    first = max(min(clock.local(visit.entered).date() for visit in tasks), last - timedelta(days=DAYS - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    rows: dict[str, list[int]] = {}
    for number, day in enumerate(days):
        end = _end(day)
        for visit in tasks:
            if visit.entered < end and (visit.left is None or visit.left >= end):
                rows.setdefault(visit.element, [0] * len(days))[number] += 1
    return Days(days, sorted(rows.items(), key=lambda each: (-max(each[1]), each[0]))[:ELEMENTS])


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), clock.CAMPAIGN_ZONE)


def heat(values: dict[str, float]) -> dict[str, int]:
    """Element → 1 (least) … 5 (most) by its share of the highest; what is 0 has none."""
    highest = max(values.values(), default=0)
    return {identity: math.ceil(value * LEVELS / highest) for identity, value in values.items() if value > 0}
