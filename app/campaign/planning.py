"""Who visits which household on which day: walks spread evenly over the days of visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from app.campaign import schedule


def visit_days(plan: schedule.Schedule, dates: Mapping[str, str], calendar: schedule.Calendar | None = None) -> list[date]:
    """The counted days between the begin and the end of visits."""
    last = schedule.last_day(schedule.moment(dates["visits_to"]))
    first = schedule.moment(dates["visits_from"]).date()
    return [day for day in plan.days(dates, calendar) if first <= day <= last] or [first]


def spread(count: int, days: Sequence[date]) -> list[date]:
    """The day of each of *count* visits in walking order: as many on each day, as far as it goes."""
    return [days[index * len(days) // count] for index in range(count)]
