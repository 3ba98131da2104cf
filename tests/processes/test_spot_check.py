"""R53: the spot check."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign.handlers import spot_checks
from app.campaign.models import Report, SpotSample
from tests.processes.play import HOUSEHOLDS, Play
from tests.processes.plays import plays


def test_the_same_seed_draws_the_same_sample_of_the_right_size() -> None:
    codes = [f"V01-{number:03d}" for number in range(100)]
    drawn = spot_checks.sample(codes, village="V01", seed=2020, rate=0.1, least=5)
    assert drawn == spot_checks.sample(codes[::-1], village="V01", seed=2020, rate=0.1, least=5)
    assert len(drawn) == 10
    assert drawn != spot_checks.sample(codes, village="V01", seed=2021, rate=0.1, least=5)
    assert len(spot_checks.sample(codes[:20], village="V01", seed=1, rate=0.1, least=5)) == 5
    assert len(spot_checks.sample(codes[:3], village="V01", seed=1, rate=0.1, least=5)) == 3


@pytest.mark.parametrize(
    ("households", "rate", "least", "drawn"),
    [
        *((0, 0.1, 5, 0), (1, 0.1, 5, 1), (4, 0.1, 5, 4), (5, 0.1, 5, 5), (6, 0.1, 5, 5)),
        *((49, 0.1, 5, 5), (50, 0.1, 5, 5), (51, 0.1, 5, 6), (60, 0.1, 5, 6), (61, 0.1, 5, 7), (101, 0.1, 5, 11)),
        *((100, 0.07, 1, 7), (101, 0.07, 1, 8), (300, 0.29, 1, 87), (10, 1.0, 1, 10), (3, 0.01, 1, 1), (10, 0.01, 20, 10)),
    ],
)
def test_a_share_is_rounded_up_never_below_the_least_and_never_above_all(households: int, rate: float, least: int, drawn: int) -> None:
    codes = [f"V01-{number:03d}" for number in range(households)]
    sample = spot_checks.sample(codes, village="V01", seed=2020, rate=rate, least=least)
    assert len(sample) == len(set(sample)) == drawn
    assert set(sample) <= set(codes)


def test_nobody_checks_a_household_that_they_investigated() -> None:
    load = {"anna": 0, "bert": 0}
    assert [spot_checks._checker(load, {"anna"}) for _ in range(2)] == ["bert", "bert"]
    assert spot_checks._checker(load, {"anna", "bert"}) == ""
    assert spot_checks._checker(load, set()) == "anna", "who has least to do"


@plays(
    "spot_check: spot_check draw_sample visits summarize report deliver",
    "spot_check_visit: spot_check_visit blind_check",
)
def test_sample_blind_check_report_delivery(play: Play) -> None:
    play.start("spot_check")
    assert [task.subject for task in play.inbox("checker")] == [f"household:{code}" for code in HOUSEHOLDS], "small villages: all"
    for code in HOUSEHOLDS:
        play.db.in_transaction(partial(_check, code=code))
        play.complete("checker", "blind_check", f"household:{code}")
    report = play.row(Report, Report.kind == "spot_check_report")
    assert report.content["sample"] == {"drawn": 6, "checked": 6, "fields_checked": 60, "fields_wrong": 6, "seed": 2020}
    assert "10.00%" in report.content["findings"]
    play.complete("checker", "report")
    assert play.row(Report, Report.kind == "spot_check_report").state == "delivered"
    assert play.got("office") == ["report"]
    assert play.state("spot_check") == "COMPLETED"


def test_the_campaign_sets_the_size_of_the_sample(play: Play) -> None:
    play.start("spot_check", settings={**play.variables["settings"], "sample_min": 1, "sample_rate": 0.34})
    with play.db.reading() as session:
        drawn = session.execute(select(SpotSample.village, func.count()).group_by(SpotSample.village)).all()
    villages = Counter(code.split("-")[0] for code in HOUSEHOLDS)
    assert dict(drawn) == {village: math.ceil(0.34 * count) for village, count in villages.items()}
    assert sum(villages.values()) > len(play.inbox("checker")) > 0


def _check(session: Session, code: str) -> None:
    row = session.scalars(select(SpotSample).where(SpotSample.household == code)).one()
    row.checked_at, row.fields_checked, row.fields_wrong = clock.now(), 10, 1
