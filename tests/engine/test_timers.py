"""When timers are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from app import clock
from app.engine import timers
from app.engine.feel_values import YearsMonths

EIGHT = datetime.fromisoformat("2020-05-21T08:00:00+08:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-05-21T09:00:00+08:00", "2020-05-21T01:00:00+00:00"),
        ("2020-05-21T09:00+0800", "2020-05-21T01:00:00+00:00"),
        ("2020-05-21T01:00:00Z", "2020-05-21T01:00:00+00:00"),
        ("2020-05-21T01:00:00.5Z", "2020-05-21T01:00:00.500000+00:00"),
        ("2020-05-21T09:00:00+08:00[Asia/Shanghai]", "2020-05-21T01:00:00+00:00"),
        ("2020-05-21T09:00:00@Asia/Shanghai", "2020-05-21T01:00:00+00:00"),
        ("2020-05-31T24:00:00+08:00", "2020-05-31T16:00:00+00:00"),
        ("2020-05-21", "2020-05-21T15:59:59+00:00"),
        (date(2020, 5, 21), "2020-05-21T15:59:59+00:00"),
        (datetime(2020, 5, 21, 9, tzinfo=timezone(timedelta(hours=8))), "2020-05-21T01:00:00+00:00"),
    ],
)
def test_a_date_is_due_at_its_instant(value: Any, expected: str) -> None:
    assert timers.due("date", value, EIGHT) == (at(expected), 1)


def test_results_are_aware_and_in_utc() -> None:
    moment, _ = timers.due("date", "2020-05-21T09:00:00+08:00", EIGHT)
    assert moment.tzinfo is UTC


def test_a_date_in_the_past_is_due_at_once() -> None:
    moment, _ = timers.due("date", "2019-01-01T00:00:00Z", EIGHT)
    assert moment < EIGHT


@pytest.mark.parametrize("value", ["2020-05-21T09:00:00", "2020-05-21T09:00", EIGHT.replace(tzinfo=None)])
def test_a_time_without_a_zone_is_refused(value: Any) -> None:
    with pytest.raises(timers.TimerError) as caught:
        timers.due("date", value, EIGHT)
    assert caught.value.code == "time_without_zone"


@pytest.mark.parametrize(
    "value",
    ["tomorrow", "", "2020-13-01T00:00:00Z", "2020-02-30T00:00:00Z", "2020-05-21T25:00:00Z", "2020-05-21 09:00:00+08:00", "PT5M",
     5, None, True, "2020-05-21T09:00:00@Nowhere/Land", "2020-5-21T09:00:00Z", "10000-01-01T00:00:00Z", "20200521", time(9)],
)  # fmt: skip
def test_what_is_no_date_is_refused(value: Any) -> None:
    with pytest.raises(timers.TimerError) as caught:
        timers.due("date", value, EIGHT)
    assert caught.value.code == "timer_not_a_date"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("PT10M", "2020-05-21T08:10:00+08:00"),
        ("P1DT2H", "2020-05-22T10:00:00+08:00"),
        ("P1W", "2020-05-28T08:00:00+08:00"),
        ("P1M", "2020-06-21T08:00:00+08:00"),
        ("P1Y", "2021-05-21T08:00:00+08:00"),
        ("P1Y2M3DT4H5M6S", "2021-07-24T12:05:06+08:00"),
        ("PT0S", "2020-05-21T08:00:00+08:00"),
        ("PT0.5S", "2020-05-21T08:00:00.5+08:00"),
        ("-PT1H", "2020-05-21T07:00:00+08:00"),
        (timedelta(hours=2), "2020-05-21T10:00:00+08:00"),
        (YearsMonths(14), "2021-07-21T08:00:00+08:00"),
    ],
)
def test_a_duration_counts_from_now(value: Any, expected: str) -> None:
    assert timers.due("duration", value, EIGHT) == (at(expected), 1)


def test_months_follow_the_calendar_of_the_campaigns_zone() -> None:
    """31 January 23:00 UTC is already February in Shashi."""
    moment, _ = timers.due("duration", "P1M", at("2020-01-31T23:00:00+00:00"))
    assert moment == at("2020-03-01T07:00:00+08:00")


def test_the_end_of_a_short_month_is_its_last_day() -> None:
    moment, _ = timers.due("duration", "P1M", at("2020-01-31T08:00:00+08:00"))
    assert moment == at("2020-02-29T08:00:00+08:00")


@pytest.mark.parametrize(
    "value", ["P", "PT", "5 minutes", "P1H", "PT1D", "P1M1Y", "PT5", "R3/PT5M", "2020-05-21T09:00:00Z", 5, None, "P99999999Y", "P1.5M"]
)
def test_what_is_no_duration_is_refused(value: Any) -> None:
    with pytest.raises(timers.TimerError) as caught:
        timers.due("duration", value, EIGHT)
    assert caught.value.code == "timer_not_a_duration"


@pytest.mark.parametrize(
    ("value", "first", "repetitions"),
    [
        ("R3/PT10M", "2020-05-21T08:10:00+08:00", 3),
        ("R/PT10M", "2020-05-21T08:10:00+08:00", None),
        ("R-1/PT10M", "2020-05-21T08:10:00+08:00", None),
        (timedelta(minutes=10), "2020-05-21T08:10:00+08:00", None),
        ("R/2020-05-21T20:00:00+08:00/P1D", "2020-05-21T20:00:00+08:00", None),
        ("R3/2020-05-21T08:00:00+08:00/P1D", "2020-05-21T08:00:00+08:00", 3),
        # what has passed is left out
        ("R/2020-05-19T20:00:00+08:00/P1D", "2020-05-21T20:00:00+08:00", None),
        ("R11/2020-05-19T20:00:00+08:00/P1D", "2020-05-21T20:00:00+08:00", 9),
        ("R2/2020-05-19T20:00:00+08:00/P1D", "2020-05-20T20:00:00+08:00", 1),
        ("R2/2020-05-01T20:00:00+08:00/P1D", "2020-05-02T20:00:00+08:00", 1),
        ("R/1990-01-01T00:00:00Z/PT1S", "2020-05-21T08:00:00+08:00", None),
    ],
)
def test_a_cycle_fires_first(value: Any, first: str, repetitions: int | None) -> None:
    assert timers.due("cycle", value, EIGHT) == (at(first), repetitions)


@pytest.mark.parametrize(
    ("value", "previous", "following"),
    [
        ("R3/PT10M", "2020-05-21T08:10:00+08:00", "2020-05-21T08:20:00+08:00"),
        ("R/2020-05-21T20:00:00+08:00/P1D", "2020-05-21T20:00:00+08:00", "2020-05-22T20:00:00+08:00"),
        # counted from the start: months keep their day
        ("R/2020-01-31T08:00:00+08:00/P1M", "2020-02-29T08:00:00+08:00", "2020-03-31T08:00:00+08:00"),
        ("R/2020-01-31T08:00:00+08:00/P1M", "2020-03-31T08:00:00+08:00", "2020-04-30T08:00:00+08:00"),
        ("R/2020-05-21T20:00:00+08:00/P1D", "2020-05-01T20:00:00+08:00", "2020-05-21T20:00:00+08:00"),
        (timedelta(minutes=10), "2020-05-21T08:10:00+08:00", "2020-05-21T08:20:00+08:00"),
        ("PT10M", "2020-05-21T08:10:00+08:00", "2020-05-21T08:20:00+08:00"),
    ],
)
def test_a_cycle_goes_on(value: Any, previous: str, following: str) -> None:
    assert timers.next_occurrence(value, at(previous)) == at(following)


@pytest.mark.parametrize(
    ("value", "armed", "days"),
    [
        ("R/P1M", "2020-01-31T08:00:00+08:00", ["2020-02-29", "2020-03-31", "2020-04-30", "2020-05-31"]),
        ("R/P1M", "2021-01-30T08:00:00+08:00", ["2021-02-28", "2021-03-30", "2021-04-30"]),
        ("R/P3M", "2019-11-30T08:00:00+08:00", ["2020-02-29", "2020-05-30", "2020-08-30"]),
        ("R/P1Y", "2020-02-29T08:00:00+08:00", ["2021-02-28", "2022-02-28", "2023-02-28", "2024-02-29"]),
        ("R/P1M1D", "2020-01-30T08:00:00+08:00", ["2020-03-01", "2020-04-01", "2020-05-03"]),
        # 23:30 UTC on the 30th is the 31st in Shashi
        ("R/P1M", "2020-01-30T23:30:00+00:00", ["2020-02-29", "2020-03-31", "2020-04-30"]),
        (YearsMonths(1), "2020-01-31T08:00:00+08:00", ["2020-02-29", "2020-03-31"]),
        ("P1M", "2020-01-31T08:00:00+08:00", ["2020-02-29", "2020-03-31"]),
    ],
)
def test_months_and_years_are_counted_from_the_moment_it_was_armed(value: Any, armed: str, days: list[str]) -> None:
    anchor = at(armed)
    due, _ = timers.due("cycle", value, anchor)
    seen = [due]
    while len(seen) < len(days):
        seen.append(timers.next_occurrence(value, seen[-1], anchor=anchor))
    assert [clock.local(moment).date().isoformat() for moment in seen] == days


@pytest.mark.parametrize(
    ("value", "moments"),
    [
        # the 31st of whom it was written by, at whose time
        (
            "R/2020-01-31T00:30:00+01:00/P1M",
            ["2020-01-31T00:30:00+01:00", "2020-02-29T00:30:00+01:00", "2020-03-31T00:30:00+01:00", "2020-04-30T00:30:00+01:00"],
        ),
        ("R/2020-01-30T23:30:00Z/P1M", ["2020-01-30T23:30:00Z", "2020-02-29T23:30:00Z", "2020-03-30T23:30:00Z"]),
        # days by the wall clock, hours as they pass, when summer time ends on 25 October
        (
            "R/2020-10-24T09:00:00[Europe/Berlin]/P1D",
            ["2020-10-24T09:00:00+02:00", "2020-10-25T09:00:00+01:00", "2020-10-26T09:00:00+01:00"],
        ),
        ("R/2020-10-25T00:00:00@Europe/Berlin/PT12H", ["2020-10-24T22:00:00Z", "2020-10-25T10:00:00Z", "2020-10-25T22:00:00Z"]),
    ],
)
def test_the_calendar_of_a_start_is_that_of_its_zone(value: str, moments: list[str]) -> None:
    due, _ = timers.due("cycle", value, at("2020-01-01T00:00:00Z"))
    seen = [due]
    while len(seen) < len(moments):
        seen.append(timers.next_occurrence(value, seen[-1]))
    assert seen == [at(moment) for moment in moments]


@pytest.mark.parametrize(
    ("value", "after", "following", "missed"),
    [
        # armed at 8:00, due at 8:05, the machine was away until 12:01
        ("R/PT5M", "2020-05-21T12:01:00+08:00", "2020-05-21T12:05:00+08:00", 47),
        ("R/PT5M", "2020-05-21T12:05:00+08:00", "2020-05-21T12:10:00+08:00", 48),
        ("R/PT5M", "2020-05-21T08:05:30+08:00", "2020-05-21T08:10:00+08:00", 0),
        ("R/2020-05-21T08:05:00+08:00/P1D", "2020-05-24T09:00:00+08:00", "2020-05-25T08:05:00+08:00", 3),
        ("R/P1M", "2020-05-21T08:05:00+08:00", "2020-06-21T08:00:00+08:00", 0),
    ],
)
def test_what_has_passed_is_left_out_and_the_cadence_stays(value: str, after: str, following: str, missed: int) -> None:
    previous = at("2020-05-21T08:05:00+08:00")
    found = timers.next_occurrence(value, previous, anchor=EIGHT, after=at(after))
    assert found == at(following)
    assert timers.left_out(value, previous, found, anchor=EIGHT) == missed


@pytest.mark.parametrize(
    ("properties", "left", "every"),
    [
        ({}, None, False),
        ({"catchUp": "all"}, None, True),
        ({"catchUp": "once"}, None, False),
        ({}, 3, True),
        ({"catchUp": "once"}, 3, False),
    ],
)
def test_each_time_is_made_up_for_where_the_diagram_says_so(properties: dict[str, str], left: int | None, every: bool) -> None:
    assert timers.catches_up(properties, left) is every


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("0 0 9-17 * * MON-FRI", "timer_cron"),
        ("@daily", "timer_cron"),
        ("R3", "timer_not_a_cycle"),
        ("R0/PT10M", "timer_not_a_cycle"),
        ("R3/PT0S", "timer_not_a_cycle"),
        ("R3/-PT5M", "timer_not_a_cycle"),
        ("R3/2020-05-21T20:00:00/P1D", "time_without_zone"),
        ("R3/soon/P1D", "timer_not_a_date"),
        ("every day", "timer_not_a_cycle"),
        ("R3/PT1H/PT1H/PT1H", "timer_not_a_cycle"),
        ("R3/P", "timer_not_a_duration"),
        (True, "timer_not_a_duration"),
        (timedelta(0), "timer_not_a_cycle"),
        ("R/2020-05-21T20:00:00Z/P9000Y", "timer_not_a_duration"),
        ("R3/PT1H/2020-05-21T10:00:00+08:00", "timer_not_a_cycle"),
    ],
)
def test_what_is_no_cycle_is_refused(value: Any, code: str) -> None:
    with pytest.raises(timers.TimerError) as caught:
        timers.due("cycle", value, EIGHT)
    assert caught.value.code == code


def test_the_message_says_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"2020-05-21T09:00:00: has no time zone; write \+08:00 or Z"):
        timers.instant("2020-05-21T09:00:00")
