"""A campaign's dates as its root diagram states them: each a FEEL formula over the deadline and the calendar (倒排工期, R02).

Properties of the process: ``date.<x>`` (formula), ``date.<x>.name``, ``after.<x>`` (the date it may not precede), ``time.<x>`` (a time of
day) and ``time.<x>.name``. The date that a user gives has the formula ``=deadline``. A formula may use other dates as ``campaign.<y>``.
Properties of its elements: ``phase``, ``phase.from``, ``phase.to`` (a bar of the timeline, called as the element), ``gate`` (what it waits
for, in words), ``gate.count`` (what is counted) and, without a phase, ``gate.to``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.clock import CAMPAIGN_ZONE
from app.engine import feel
from app.engine.bpmn_model import Element, Process
from app.engine.errors import ExpressionError

#: the formula of the date that the user gives
DEADLINE = "=deadline"
#: what the variable ``campaign`` holds besides dates
RESERVED = frozenset({"id", "name", "days", "calendar"})

#: what a gate may count: a feature that counts adds its names; the check refuses others where there are any
COUNTED: set[str] = set()

_DATE = re.compile(r"date\.([A-Za-z_]\w*)")
_TIME = re.compile(r"time\.([A-Za-z_]\w*)")
_READ = re.compile(r"\bcampaign\s*\.\s*([A-Za-z_]\w*)")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Entry:
    """A date of the plan."""

    name: str
    #: what people call it, as the diagram says
    label: str
    formula: str
    #: name of the date that may not come after this one; "" when any may
    after: str = ""

    @property
    def ends_day(self) -> bool:
        """Written as the end of a day: 24:00 of the 31st, not 00:00 of the 1st."""
        return self.formula == DEADLINE or '"24:00"' in self.formula

    @property
    def uses(self) -> frozenset[str]:
        """The dates that the formula reads."""
        return frozenset(read_names(self.formula))


@dataclass(frozen=True, slots=True)
class DailyTime:
    """A time of day at which something happens every day."""

    name: str
    label: str
    #: HH:MM
    time: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A bar of the timeline, from one date to another."""

    name: str
    label: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What holds the plan at a date."""

    #: the bar of the timeline that it ends; "" when it has none
    phase: str
    label: str
    #: what is missing, in words
    text: str
    #: what is counted, e.g. ``household:submitted``
    count: str
    #: name of the date
    until: str
    #: id of the element that states it
    element: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days count. Calendar days: all. Working days: no weekends or holidays, but make-up days."""

    working_days: bool = False
    holidays: Collection[date] = field(default_factory=frozenset)
    make_up: Collection[date] = field(default_factory=frozenset)

    def counts(self, day: date) -> bool:
        if not self.working_days or day in self.make_up:
            return True
        return day not in self.holidays and day.weekday() < 5

    def as_variable(self, deadline: datetime) -> dict[str, Any]:
        """``campaign.calendar``: what FEEL's ``back``, ``forward``, ``workdays`` and ``workday`` count in."""
        return {
            "after": (last_day(deadline) + timedelta(days=1)).isoformat(),
            "offset": _offset(),
            "counted": "working_days" if self.working_days else "calendar_days",
            "holidays": sorted(day.isoformat() for day in self.holidays),
            "make_up": sorted(day.isoformat() for day in self.make_up),
        }


class FormulaError(ExpressionError):
    """The formula of ``date`` gives no moment."""

    def __init__(self, label: str, reason: ExpressionError | None) -> None:
        said, english = (str(reason), reason.english) if reason else ("结果不是带时间的日期", "the result is no date and time")
        super().__init__(f"日期“{label}”的公式无法计算：{said}", english=f"The formula of the date “{label}” cannot be computed: {english}")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The dates, times, phases and gates of a root diagram. Dates in the order of the diagram, phases too."""

    entries: tuple[Entry, ...]
    times: tuple[DailyTime, ...]
    phases: tuple[Phase, ...]
    gates: tuple[Gate, ...]

    @property
    def anchor(self) -> str:
        """Name of the date that the user gives; "" when there is none."""
        return next((entry.name for entry in self.entries if entry.formula == DEADLINE), "")

    @property
    def names(self) -> frozenset[str]:
        """What the variable ``campaign`` holds under this schedule."""
        times = {daily.name for daily in self.times}
        return RESERVED | {entry.name for entry in self.entries} | times | {f"{name}s" for name in times}

    def phases_at(self, dates: Mapping[str, str]) -> list[Phase]:
        """The phases whose dates the campaign has: a diagram that it goes by newly may state more than it has counted so far."""
        return [phase for phase in self.phases if phase.start in dates and phase.end in dates]

    def gates_at(self, dates: Mapping[str, str]) -> list[Gate]:
        """The gates whose dates the campaign has."""
        return [gate for gate in self.gates if gate.until in dates]

    def entry(self, name: str) -> Entry:
        return next(entry for entry in self.entries if entry.name == name)

    def in_order(self) -> list[Entry]:
        """The dates, each after those that its formula uses. ``ValueError`` with the names of a circle."""
        known = {entry.name: entry for entry in self.entries}
        done: dict[str, Entry] = {}

        def visit(entry: Entry, path: tuple[str, ...]) -> None:
            if entry.name in path:
                raise ValueError(path[path.index(entry.name) :])
            for name in sorted(entry.uses & known.keys() - done.keys()):
                visit(known[name], (*path, entry.name))
            done.setdefault(entry.name, entry)

        for entry in self.entries:
            visit(entry, ())
        return list(done.values())

    def compute(self, deadline: datetime, calendar: Calendar | None = None) -> dict[str, str]:
        """Every date and time, as ISO 8601 text with zone, from the deadline (aware; usually a midnight). Raises ``FormulaError``."""
        calendar = calendar or Calendar()
        local = deadline.astimezone(CAMPAIGN_ZONE)
        found: dict[str, datetime] = {}
        for entry in self.in_order():
            scope = {"deadline": local, "campaign": {**found, "calendar": calendar.as_variable(local)}}
            found[entry.name] = _evaluated(entry, scope)
        dates = {entry.name: found[entry.name].isoformat() for entry in self.entries}
        return dates | {daily.name: time_written(daily.time) for daily in self.times}

    def errors(self, dates: Mapping[str, str]) -> list[tuple[str, str]]:
        """What is wrong with *dates*: ``(name, other)`` where *name* comes before *other* or, with the anchor, after it."""
        wrong = []
        for entry in self.entries:
            if entry.after and moment(dates[entry.name]) < moment(dates[entry.after]):
                wrong.append((entry.name, entry.after))
            elif self.anchor and moment(dates[entry.name]) > moment(dates[self.anchor]):
                wrong.append((entry.name, self.anchor))
        return wrong

    def first_day(self, dates: Mapping[str, str]) -> date:
        """The local day of the earliest date."""
        return min(moment(dates[entry.name]) for entry in self.entries).date()

    def days(self, dates: Mapping[str, str], calendar: Calendar | None = None) -> list[date]:
        """The campaign's counted days: from its first date to the last day before the deadline."""
        calendar = calendar or Calendar()
        first, last = self.first_day(dates), last_day(moment(dates[self.anchor]))
        every = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [day for day in every if calendar.counts(day)]

    def variables(self, dates: Mapping[str, str], calendar: Calendar | None = None) -> dict[str, Any]:
        """What the variable ``campaign`` says of time: all dates, ``days``, and each time of day on each of them (``evenings``)."""
        calendar = calendar or Calendar()
        counted = self.days(dates, calendar)
        return {
            **dates,
            "days": [day.isoformat() for day in counted],
            **{f"{daily.name}s": _daily(counted, dates[daily.name]) for daily in self.times},
            "calendar": calendar.as_variable(moment(dates[self.anchor])),
        }


def read(process: Process) -> Schedule:
    """The schedule that the root diagram *process* states; empty for a diagram without dates."""
    properties = process.properties
    entries = [
        Entry(name, properties.get(f"date.{name}.name", name), properties[f"date.{name}"].strip(), properties.get(f"after.{name}", ""))
        for name in _names(properties, _DATE)
    ]
    times = [DailyTime(name, properties.get(f"time.{name}.name", name), properties[f"time.{name}"]) for name in _names(properties, _TIME)]
    elements = process.elements.values()
    return Schedule(tuple(entries), tuple(times), tuple(_phases(elements)), tuple(_gates(elements)))


def _names(properties: Mapping[str, str], form: re.Pattern[str]) -> Iterator[str]:
    return (found[1] for found in map(form.fullmatch, properties) if found)


def _phases(elements: Collection[Element]) -> Iterator[Phase]:
    for element in elements:
        own = element.properties
        if own.get("phase") and "phase.from" in own and "phase.to" in own:
            yield Phase(own["phase"], element.name, own["phase.from"], own["phase.to"])


def _gates(elements: Collection[Element]) -> Iterator[Gate]:
    for element in elements:
        own = element.properties
        if "gate" in own:
            until = own.get("gate.to") or own.get("phase.to", "")
            phase = own.get("phase", "") if "phase.to" in own else ""
            yield Gate(phase, element.name, own["gate"], own.get("gate.count", ""), until, element.id)


def read_names(text: str) -> list[str]:
    """The names that *text* reads of the variable ``campaign``."""
    return _READ.findall(text)


def is_time(written: str) -> bool:
    """Whether *written* is a time of day, HH:MM."""
    return _CLOCK.fullmatch(written) is not None


def _evaluated(entry: Entry, scope: Mapping[str, Any]) -> datetime:
    try:
        value = feel.resolve(entry.formula, scope)
    except ExpressionError as error:
        raise FormulaError(entry.label, error) from error
    if not isinstance(value, datetime):
        raise FormulaError(entry.label, None)
    return value.astimezone(CAMPAIGN_ZONE) if value.tzinfo else value.replace(tzinfo=CAMPAIGN_ZONE)


# --- days and times ---------------------------------------------------------------------------------------------------


def last_day(until: datetime) -> date:
    """The last local day that lies before *until*: midnight belongs to the day it ends."""
    return (until.astimezone(CAMPAIGN_ZONE) - timedelta(microseconds=1)).date()


def moment(value: str) -> datetime:
    """ISO text with zone → aware date-time in the campaign's zone."""
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return parsed.astimezone(CAMPAIGN_ZONE)


def shown(value: datetime, *, ends_day: bool) -> tuple[date, str]:
    """``(day, "HH:MM")`` as people write it: the midnight that ends a day is 24:00 of that day."""
    local = value.astimezone(CAMPAIGN_ZONE)
    if ends_day and local.time() == time(0):
        return local.date() - timedelta(days=1), "24:00"
    return local.date(), local.strftime("%H:%M")


def written(day: date, clock_time: str) -> str:
    """The reverse of ``shown``: day and ``HH:MM`` (24:00 too) → ISO text with zone. ``ValueError`` when it is no time."""
    if clock_time == "24:00":
        day, clock_time = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(clock_time), CAMPAIGN_ZONE).isoformat()


def time_written(clock_time: str) -> str:
    """``HH:MM`` → time of day with zone. ``ValueError`` when it is no time."""
    return f"{time.fromisoformat(clock_time).isoformat()}{_offset()}"


def _offset() -> str:
    offset = datetime(2020, 1, 1, tzinfo=UTC).astimezone(CAMPAIGN_ZONE).strftime("%z")
    return f"{offset[:3]}:{offset[3:]}"


def _daily(counted: Collection[date], time_of_day: str) -> list[str]:
    return [datetime.combine(day, time.fromisoformat(time_of_day)).isoformat() for day in counted]
