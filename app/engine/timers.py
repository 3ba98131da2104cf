"""When a timer is due: ISO 8601 dates, durations and cycles, and what FEEL makes of them.

Calendar arithmetic (days, months, years) is done in the campaign's zone, that of a cycle with a start in the zone that the start is written
with; results are aware and in UTC. A time without a zone is never guessed at: ``TimerError``. A date without a time means the end of that
day in the campaign's zone, wherever it stands: due date, follow-up date, timer, start of a cycle.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.clock import CAMPAIGN_ZONE
from app.engine.feel_values import YearsMonths


class TimerError(ValueError):
    """A timer that cannot be read. ``code`` is a key of the problem texts; the message says what is wrong and what to write."""

    def __init__(self, code: str, message: str, value: Any) -> None:
        super().__init__(f"{value!s}: {message}")
        self.code = code
        self.value = str(value)


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time: calendar months and days, and hours and less."""

    months: int
    days: int
    rest: timedelta


@dataclass(frozen=True, slots=True)
class Cycle:
    """A repeated timer, ISO 8601 ``R[n]/[start/]period``."""

    #: None: for ever
    repetitions: int | None
    #: when it fires first; None: one period after it is armed
    start: datetime | None
    period: Period
    #: whose calendar its months and days are of
    zone: tzinfo = CAMPAIGN_ZONE


def due(kind: str, value: Any, now: datetime) -> tuple[datetime, int | None]:
    """When a timer that is armed *now* fires first, and how often in all (None: for ever).

    *kind* is ``date``, ``duration`` or ``cycle``. *value* is a FEEL result or ISO 8601 text. A date in the past is due at once. Of a cycle
    with a start, occurrences that have passed are left out; if all have, the last one is due at once. Raises ``TimerError``.
    """
    if kind == "date":
        return instant(value), 1
    if kind == "duration":
        return add(now, duration(value)), 1
    if kind == "cycle":
        return _first(cycle(value), now)
    raise ValueError(f"unknown kind of timer: {kind}")


def next_occurrence(value: Any, previous: datetime, *, anchor: datetime | None = None, after: datetime | None = None) -> datetime:
    """When the cycle *value* fires after *previous* (and *after*, if given: what has passed by then is left out).

    Counted from its start, otherwise from the *anchor* (when it was armed): months keep their day, and the cadence stays when it was late.
    """
    turn = cycle(value)
    base = turn.start or anchor or previous
    return add(base, turn.period, _index(base, turn, max(previous, after or previous)) + 1, turn.zone)


def left_out(value: Any, previous: datetime, following: datetime, *, anchor: datetime | None = None) -> int:
    """How many occurrences of the cycle *value* lie between two of them."""
    turn = cycle(value)
    base = turn.start or anchor or previous
    return _index(base, turn, following) - _index(base, turn, previous) - 1


#: what the output mappings of a timer event may read: for when it was due, ISO 8601
DUE_AT = "dueAt"
#: zeebe:property of a repeating timer: does it make up for every time that it could not fire?
CATCH_UP = "catchUp"
EVERY, ONCE = "all", "once"


def catches_up(properties: Mapping[str, str], left: int | None) -> bool:
    """Whether a cycle that comes late fires for each of its times (``all``), or once (``once``).

    Where the diagram does not say so, what is counted (``R3/…``; *left*: how often still) comes as often as is written, and what goes on
    for ever fires once and then at its next moment.
    """
    return properties.get(CATCH_UP, ONCE if left is None else EVERY) == EVERY


def instant(value: Any) -> datetime:
    """A point in time, from ISO 8601 text with a zone, an aware date-time, or a date (the end of that day in the campaign's zone)."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _without_zone(value.isoformat())
        return value.astimezone(UTC)
    if isinstance(value, date):
        return _end_of_day(value).astimezone(UTC)
    if isinstance(value, str):
        return _written(value.strip()).astimezone(UTC)
    raise TimerError("timer_not_a_date", "is no point in time; write one like 2020-05-21T09:00:00+08:00", value)


def _end_of_day(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), CAMPAIGN_ZONE)


def duration(value: Any) -> Period:
    """A length of time, from ISO 8601 text or a FEEL duration."""
    if isinstance(value, timedelta):
        return Period(0, value.days, value - timedelta(value.days))
    if isinstance(value, YearsMonths):
        return Period(value.months, 0, timedelta())
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise TimerError("timer_not_a_duration", "is no duration; write one like PT2H or P3D", value)
    return _period(found)


def cycle(value: Any) -> Cycle:
    """A cycle, from ISO 8601 text or a FEEL duration (which repeats for ever)."""
    if not isinstance(value, str) or _DURATION.fullmatch(value.strip()):
        return Cycle(None, None, _forward(duration(value), value))
    found = _CYCLE.fullmatch(value.strip())
    if found is None or (found.group(2) or "").startswith("P"):
        # "R3/PT1H/end" too: ISO 8601 leaves open on which side of its end it repeats
        code = "timer_cron" if value.count(" ") >= 4 or value.startswith("@") else "timer_not_a_cycle"
        raise TimerError(code, "is no cycle; write one like R3/PT10M or R/2020-05-21T20:00:00+08:00/P1D", value)
    written, start, period = found.groups()
    repetitions = None if written in ("", "-1") else int(written)
    if repetitions == 0:
        raise TimerError("timer_not_a_cycle", "never fires; let it repeat at least once, like R1/PT10M", value)
    begin = _written(start) if start else None
    zone = begin.tzinfo if begin and begin.tzinfo else CAMPAIGN_ZONE
    return Cycle(repetitions, begin.astimezone(UTC) if begin else None, _forward(duration(period), value), zone)


def add(moment: datetime, period: Period, times: int = 1, zone: tzinfo = CAMPAIGN_ZONE) -> datetime:
    """*moment* plus *times* periods, in UTC: months and days by the calendar and the wall clock of *zone*, the rest as time passes."""
    local = moment.astimezone(zone)
    try:
        year, month = divmod(local.year * 12 + local.month - 1 + period.months * times, 12)
        day = min(local.day, calendar.monthrange(year, month + 1)[1])
        on_the_wall = local.replace(year=year, month=month + 1, day=day) + timedelta(period.days * times)
        return on_the_wall.astimezone(UTC) + period.rest * times
    except (OverflowError, ValueError) as error:
        raise TimerError("timer_not_a_duration", "is too far away", period) from error


_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?=\d|T\d)(?:(?P<weeks>\d+)W)?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
#: the name of a start's zone may have a slash
_CYCLE = re.compile(r"R(-1|\d{0,6})/(?:((?:[^/\[@]|\[[^\]]*\]|@[^/]+/[^/]+)+)/)?([^/]+)")
_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)"  # local time
    r"(Z|[+-]\d{2}:?\d{2})?"
    r"(?:\[([A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*)\]|@([A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*))?"  # zone name, as Java and as FEEL write it
)


def _written(text: str) -> datetime:
    """The moment that *text* says, in the zone that it is written with."""
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        try:
            return _end_of_day(date.fromisoformat(text)) if len(text) == 10 else _refuse(text)
        except ValueError as error:
            raise error if isinstance(error, TimerError) else _not_a_date(text) from error
    written, offset, *names = found.groups()
    name = next(filter(None, names), None)
    if offset is None and name is None:
        raise _without_zone(text)
    midnight = written[11:16] == "24:00"
    try:
        moment = datetime.fromisoformat(written.replace("T24:", "T00:") + (offset or ""))
        if name is not None:
            zone = ZoneInfo(str(name))
            moment = moment.replace(tzinfo=zone) if offset is None else moment.astimezone(zone)
        moment += timedelta(days=midnight)
        moment.astimezone(UTC)
        return moment
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        raise _not_a_date(text) from error


def _refuse(text: str) -> datetime:
    raise _not_a_date(text)


def _not_a_date(text: str) -> TimerError:
    return TimerError("timer_not_a_date", "is no point in time; write one like 2020-05-21T09:00:00+08:00", text)


def _without_zone(text: str) -> TimerError:
    return TimerError("time_without_zone", "has no time zone; write +08:00 or Z behind it", text)


def _period(found: re.Match[str]) -> Period:
    parts = found.groupdict()
    sign = -1 if parts.pop("sign") == "-" else 1
    number = {name: float(part or 0) for name, part in parts.items()}
    try:
        months = int(number.pop("years") * 12 + number.pop("months"))
        days = int(number["days"] + number.pop("weeks") * 7)
        number["days"] %= 1  # half a day is twelve hours
        return Period(sign * months, sign * days, sign * timedelta(**number))
    except OverflowError as error:
        raise TimerError("timer_not_a_duration", "is too long", found.group()) from error


def _forward(period: Period, value: Any) -> Period:
    base = datetime(2000, 1, 1, tzinfo=UTC)
    if add(base, period) < base + timedelta(seconds=1):
        raise TimerError("timer_not_a_cycle", "repeats without a pause; let at least a second pass, like R3/PT10M", value)
    return period


def _first(turn: Cycle, now: datetime) -> tuple[datetime, int | None]:
    if turn.start is None:
        return add(now, turn.period), turn.repetitions
    if turn.start >= now:
        return turn.start, turn.repetitions
    passed = _index(turn.start, turn, now - timedelta(microseconds=1)) + 1
    if turn.repetitions is not None and passed >= turn.repetitions:
        return add(turn.start, turn.period, turn.repetitions - 1, turn.zone), 1
    return add(turn.start, turn.period, passed, turn.zone), None if turn.repetitions is None else turn.repetitions - passed


def _index(base: datetime, turn: Cycle, moment: datetime) -> int:
    """The number, counted from 0 at *base*, of the last occurrence that is not after *moment*; -1: none is."""
    if moment < base:
        return -1
    low, high = 0, 1
    while _reached(base, turn, high, moment):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _reached(base, turn, middle, moment) else (low, middle)
    return low


def _reached(base: datetime, turn: Cycle, number: int, moment: datetime) -> bool:
    try:
        return add(base, turn.period, number, turn.zone) <= moment
    except TimerError:  # beyond the calendar's end
        return False
