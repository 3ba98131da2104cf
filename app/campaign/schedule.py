"""The plan's dates, counted backward from the report deadline (倒排工期, R02).

The offsets are data (``data/schedule.json``: Shashi's own). The user gives the deadline; every date can then be adjusted. The
diagrams read the dates as variables (``variables``), so nothing here knows what happens on a date.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from app.clock import CAMPAIGN_ZONE

_DATA = Path(__file__).parent / "data" / "schedule.json"

#: the deadline as the diagrams know it
ANCHOR = "report_deadline"


@dataclass(frozen=True, slots=True)
class Entry:
    """A date of the plan. ``days`` counts from the day after the last day (the deadline's midnight); ``time`` may be ``24:00``."""

    name: str
    zh: str
    en: str
    days: int
    time: str
    phase: str
    requirement: str
    #: name of the date that may not come after this one
    not_before: str = ""

    @property
    def ends_day(self) -> bool:
        """Written as the end of a day: 24:00 of the 31st, not 00:00 of the 1st."""
        return self.time == "24:00"


@dataclass(frozen=True, slots=True)
class DailyTime:
    """A time of day at which something happens every day."""

    name: str
    zh: str
    en: str
    time: str
    requirement: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A bar of the timeline."""

    name: str
    zh: str
    en: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Table:
    """The offsets' table, as read from its file."""

    entries: tuple[Entry, ...]
    times: tuple[DailyTime, ...]
    phases: tuple[Phase, ...]

    def entry(self, name: str) -> Entry:
        return next(entry for entry in self.entries if entry.name == name)


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

    def back(self, day: date, days: int) -> date:
        """The day that lies *days* (negative) counted days before *day*."""
        left = -days
        while left > 0:
            day -= timedelta(days=1)
            left -= self.counts(day)
        return day


@cache
def table() -> Table:
    """The offsets' table."""
    raw = json.loads(_DATA.read_text(encoding="utf-8"))
    return Table(
        tuple(Entry(**item) for item in raw["dates"]),
        tuple(DailyTime(**item) for item in raw["times"]),
        tuple(Phase(item["name"], item["zh"], item["en"], item["from"], item["to"]) for item in raw["phases"]),
    )


def compute(deadline: datetime, calendar: Calendar | None = None) -> dict[str, str]:
    """Every date, as ISO 8601 text with zone, from the report deadline (aware; usually a midnight)."""
    calendar = calendar or Calendar()
    local = deadline.astimezone(CAMPAIGN_ZONE)
    whole = local.time() == time(0)
    after_last_day = local.date() if whole else local.date() + timedelta(days=1)
    dates = {entry.name: _moment(calendar.back(after_last_day, entry.days), entry.time) for entry in table().entries}
    dates[ANCHOR] = local.isoformat()
    for daily in table().times:
        dates[daily.name] = _time_of_day(daily.time)
    return dates


def errors(dates: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong with adjusted dates: ``(name, other)`` where *name* comes before *other* or, with ``report_deadline``, after it."""
    wrong = []
    for entry in table().entries:
        if entry.not_before and moment(dates[entry.name]) < moment(dates[entry.not_before]):
            wrong.append((entry.name, entry.not_before))
        elif moment(dates[entry.name]) > moment(dates[ANCHOR]):
            wrong.append((entry.name, ANCHOR))
    return wrong


def days(dates: Mapping[str, str], calendar: Calendar | None = None) -> list[date]:
    """The campaign's days: from the start to the last day before the deadline."""
    calendar = calendar or Calendar()
    first = moment(dates["start"]).date()
    last = last_day(moment(dates[ANCHOR]))
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in every if calendar.counts(day)]


def last_day(until: datetime) -> date:
    """The last local day that lies before *until*: midnight belongs to the day it ends."""
    return (until.astimezone(CAMPAIGN_ZONE) - timedelta(microseconds=1)).date()


def variables(campaign_id: int, name: str, dates: Mapping[str, str], calendar: Calendar | None = None) -> dict[str, Any]:
    """The process variable ``campaign``: id, name, all dates, and per counted day ``days``, ``evenings``, ``closes``."""
    counted = days(dates, calendar)
    return {
        "id": str(campaign_id),
        "name": name,
        **dates,
        "days": [day.isoformat() for day in counted],
        "evenings": _daily(counted, dates["evening"]),
        "closes": _daily(counted, dates["daily_close"]),
    }


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
    return _moment(day, clock_time)


def time_written(clock_time: str) -> str:
    """``HH:MM`` → time of day with zone. ``ValueError`` when it is no time."""
    return _time_of_day(clock_time)


def _moment(day: date, clock_time: str) -> str:
    if clock_time == "24:00":
        day, clock_time = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(clock_time), CAMPAIGN_ZONE).isoformat()


def _time_of_day(clock_time: str) -> str:
    offset = datetime(2020, 1, 1, tzinfo=UTC).astimezone(CAMPAIGN_ZONE).strftime("%z")
    return f"{time.fromisoformat(clock_time).isoformat()}{offset[:3]}:{offset[3:]}"


def _daily(counted: Iterable[date], time_of_day: str) -> list[str]:
    return [datetime.combine(day, time.fromisoformat(time_of_day)).isoformat() for day in counted]
