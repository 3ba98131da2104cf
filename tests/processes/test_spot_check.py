"""R53: the spot check."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select
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


def _check(session: Session, code: str) -> None:
    row = session.scalars(select(SpotSample).where(SpotSample.household == code)).one()
    row.checked_at, row.fields_checked, row.fields_wrong = clock.now(), 10, 1
