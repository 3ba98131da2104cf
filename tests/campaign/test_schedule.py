"""Dates counted backward from the report deadline (R02), as the plan of Shashi has them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from app.campaign import planning, schedule, timeline
from app.clock import CAMPAIGN_ZONE
from tests.shipped import PLAN

DEADLINE = datetime(2020, 6, 1, tzinfo=CAMPAIGN_ZONE)


def test_the_plans_own_dates_come_from_the_deadline_alone() -> None:
    """沙府发〔2020〕34号: training 21 May, visits 21–26, entry 29–31, rectification by 31 May, reports before 1 June."""
    dates = PLAN.compute(DEADLINE)
    assert dates["training"] == "2020-05-21T08:30:00+08:00"
    assert (dates["visits_from"], dates["visits_to"]) == ("2020-05-21T09:00:00+08:00", "2020-05-27T00:00:00+08:00")
    assert (dates["joint_review_from"], dates["joint_review_to"]) == ("2020-05-27T08:00:00+08:00", "2020-05-29T00:00:00+08:00")
    assert (dates["entry_from"], dates["entry_to"]) == ("2020-05-29T08:00:00+08:00", "2020-06-01T00:00:00+08:00")
    assert dates["rectification_deadline"] == dates["report_deadline"] == "2020-06-01T00:00:00+08:00"
    assert PLAN.errors(dates) == []


@pytest.mark.parametrize("last", [date(2020, 5, 31), date(2021, 3, 1), date(2024, 2, 29), date(2025, 12, 31)])
def test_any_deadline_gives_dates_in_order_that_all_have_a_zone(last: date) -> None:
    deadline = schedule.moment(schedule.written(last, "24:00"))
    dates = PLAN.compute(deadline)
    assert PLAN.errors(dates) == []
    assert all(value.endswith("+08:00") for value in dates.values())
    assert len(PLAN.days(dates)) == 11
    assert PLAN.days(dates)[-1] == last


def test_weekends_count_unless_the_campaign_counts_working_days() -> None:
    """Requirements, "Where the plan is unclear", 12: calendar days by default, an editable table for campaigns that do not."""
    calendar = schedule.Calendar(working_days=True, holidays={date(2020, 5, 28)}, make_up={date(2020, 5, 30)})
    dates = PLAN.compute(DEADLINE, calendar)
    assert dates["entry_to"].startswith("2020-05-31"), "the make-up Saturday is the last working day"
    counted = PLAN.days(dates, calendar)
    assert date(2020, 5, 30) in counted, "a make-up day"
    assert date(2020, 5, 28) not in counted, "a holiday"
    assert date(2020, 5, 31) not in counted, "a Sunday"
    assert len(counted) == 11
    assert PLAN.errors(dates) == []


def test_a_date_out_of_order_is_named_with_what_it_collides() -> None:
    dates = {**PLAN.compute(DEADLINE), "visits_to": "2020-05-20T00:00:00+08:00", "entry_to": "2020-06-02T00:00:00+08:00"}
    assert ("visits_to", "visits_from") in PLAN.errors(dates)
    assert ("entry_to", "report_deadline") in PLAN.errors(dates)


def test_the_midnight_that_ends_a_day_is_written_as_24_of_that_day() -> None:
    assert schedule.shown(DEADLINE, ends_day=True) == (date(2020, 5, 31), "24:00")
    assert schedule.shown(DEADLINE, ends_day=False) == (date(2020, 6, 1), "00:00")
    assert schedule.written(date(2020, 5, 31), "24:00") == "2020-06-01T00:00:00+08:00"
    with pytest.raises(ValueError):
        schedule.written(date(2020, 5, 31), "25:00")
    with pytest.raises(ValueError):
        schedule.moment("2020-05-31T10:00:00")


def test_process_variables_carry_every_date_as_text_and_the_days_to_go_through() -> None:
    variables = PLAN.variables(PLAN.compute(DEADLINE))
    assert variables["evening"] == "19:30:00+08:00"
    assert variables["days"][0] == "2020-05-21"
    assert variables["daily_closes"][-1] == "2020-05-31T22:00:00+08:00"
    assert len(variables["days"]) == len(variables["evenings"]) == 11


def test_the_timeline_shows_today_and_what_is_behind_it() -> None:
    plan = timeline.build(PLAN, PLAN.compute(DEADLINE), now=datetime(2020, 5, 27, 12, tzinfo=CAMPAIGN_ZONE))
    assert [day.label for day in plan.days if day.today] == ["5/27"]
    states = {bar.name: bar.state for bar in plan.bars}
    assert states["visits"] == "done"
    assert states["joint_review"] == "here"
    assert states["entry"] == "wait"
    assert plan.now == pytest.approx(6.5 * timeline.DAY)
    assert timeline.build(PLAN, PLAN.compute(DEADLINE), now=datetime(2020, 7, 1, tzinfo=CAMPAIGN_ZONE)).now is None


def test_walks_are_spread_evenly_over_the_days_of_visits() -> None:
    days = planning.visit_days(PLAN, PLAN.compute(DEADLINE))
    assert days == [date(2020, 5, day) for day in range(21, 27)]
    planned = planning.spread(26, days)
    assert planned == sorted(planned)
    assert {planned.count(day) for day in days} == {4, 5}
    assert planning.spread(0, days) == []
