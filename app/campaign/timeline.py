"""The plan as bars over days, with today's line: what an SVG needs, in numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask_babel import lazy_gettext as _l

from app import clock
from app.campaign import schedule
from app.element_names import spoken
from app.engine.schedule import Phase

#: width of a day and height of a line, in SVG units
DAY, LINE = 84, 30


@dataclass(frozen=True, slots=True)
class Bar:
    """A phase of the plan. Places in SVG units from the first day's midnight."""

    name: str
    label: str
    x: float
    width: float
    y: float
    #: done, here, late, wait
    state: str
    #: "21日 09:00 – 26日 24:00"
    span: str


@dataclass(frozen=True, slots=True)
class Day:
    label: str
    weekday: str
    x: float
    rest: bool
    today: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    days: tuple[Day, ...]
    bars: tuple[Bar, ...]
    width: float
    height: float
    #: where now is; None outside the campaign
    now: float | None


#: Monday first
_WEEKDAYS = (_l("周一"), _l("周二"), _l("周三"), _l("周四"), _l("周五"), _l("周六"), _l("周日"))


def build(plan: schedule.Schedule, dates: Mapping[str, str], *, now: datetime | None = None, unfinished: Collection[str] = ()) -> Timeline:
    """The bars of every phase of *plan* over the campaign's days; a phase that is over but *unfinished* is late."""
    if not dates or not plan.anchor:
        return Timeline((), (), 0, 0, None)
    now = clock.local(now or clock.now())
    first, last = plan.first_day(dates), schedule.last_day(schedule.moment(dates[plan.anchor]))
    origin = datetime.combine(first, time(0), clock.CAMPAIGN_ZONE)
    count = (last - first).days + 1
    width = count * DAY
    days = tuple(_day(first + timedelta(days=number), number, now.date()) for number in range(count))
    phases = sorted(plan.phases_at(dates), key=lambda phase: (schedule.moment(dates[phase.start]), schedule.moment(dates[phase.end])))
    bars = tuple(_bar(phase, dates, origin, line, now, width, phase.name in unfinished) for line, phase in enumerate(phases))
    place = _place(now, origin)
    return Timeline(days, bars, width, len(bars) * LINE, place if 0 <= place <= width else None)


def _day(day: date, number: int, today: date) -> Day:
    return Day(f"{day.month}/{day.day}", str(_WEEKDAYS[day.weekday()]), number * DAY, day.weekday() >= 5, day == today)


def _place(moment: datetime, origin: datetime) -> float:
    return round((moment - origin).total_seconds() / 86_400 * DAY, 1)


def _bar(phase: Phase, dates: Mapping[str, str], origin: datetime, line: int, now: datetime, whole: float, open_: bool) -> Bar:
    start, end = schedule.moment(dates[phase.start]), schedule.moment(dates[phase.end])
    x = max(0.0, _place(start, origin))
    width = max(10.0, min(_place(end, origin), whole) - x)
    state = ("late" if open_ else "done") if now >= end else "here" if now >= start else "wait"
    (from_day, from_time), (to_day, to_time) = schedule.shown(start, ends_day=False), schedule.shown(end, ends_day=True)
    span = f"{from_day.month}/{from_day.day} {from_time} – {to_day.month}/{to_day.day} {to_time}"
    return Bar(phase.name, spoken(phase.label), x, width, line * LINE, state, span)
