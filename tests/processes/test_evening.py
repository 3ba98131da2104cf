"""The evening: judgement, frozen ledger, delivery to exactly the right people, daily progress."""

from __future__ import annotations

from sqlalchemy import select

from app.campaign.models import DayProgress, LedgerDay, LedgerEntry, Notification, Report
from tests.processes.play import Play
from tests.processes.plays import plays


def evening(play: Play, day: str = "2020-05-21") -> None:
    play.start("evening", day=day, villages=play.variables["villages"])


@plays("evening: evening evening_time list_open close_time")
def test_a_quiet_evening_needs_no_judgement(play: Play) -> None:
    evening(play)
    play.at("2020-05-21 19:30")
    assert play.tasks("office") == []


def test_the_ledger_is_frozen_at_the_close_of_the_day(play: Play) -> None:
    number = play.raise_problem("V01-01-001")
    evening(play)
    play.at("2020-05-21 21:59")
    assert play.tasks("office", "campaign:1") == ["judgement"]
    play.at("2020-05-21 22:00")
    day = play.row(LedgerDay)
    assert (day.number, day.counts["new"], day.counts["open"], day.counts["by_village"]) == (1, 1, 1, {"V01": 1})
    assert play.row(LedgerEntry).snapshot["state"] == "open"
    play.rectify(number, "cadre1")
    assert play.row(LedgerEntry).snapshot["state"] == "open", "what was frozen stays"
    assert play.task("office", "confirm_ledger").variables == {"day": "2020-05-21"}


def test_the_ledger_reaches_the_people_of_the_problems_village_only(play: Play) -> None:
    play.raise_problem("V01-01-001")
    evening(play)
    play.at("2020-05-21 22:00")
    assert play.got("cadre1") == [], "the office confirms first"
    play.complete("office", "confirm_ledger")
    assert play.got("cadre1") == play.got("resident1") == ["ledger"]
    assert "ledger" in play.got("office")
    assert "ledger" in play.got("commander")
    assert [name for name in ("cadre2", "resident2", "li1", "captain1", "keyer1") if play.got(name)] == []
    assert play.row(Notification, Notification.username == "cadre1").url == "/ledger/2020-05-21"


@plays("evening: freeze_ledger confirm_ledger snapshot dispatch deliver collect_lists village_lists_signed")
def test_the_progress_of_the_day_is_made_not_typed(play: Play) -> None:
    evening(play)
    play.at("2020-05-21 22:00")
    with play.db.reading() as session:
        made = {row.work_group: row.counts["target"] for row in session.scalars(select(DayProgress))}
    assert made == {"G01": 3, "G02": 3}
    assert play.row(Report, Report.kind == "daily").content["target"] == 6
    assert play.got("commander") == ["report"]
    play.complete("commander", "dispatch")
    play.complete("office", "confirm_ledger")
    assert play.state("evening") == "COMPLETED"


def test_days_are_numbered_and_closed_problems_leave_the_ledger(play: Play) -> None:
    number = play.raise_problem("V01-01-001")
    for day, lines in (("2020-05-21", 1), ("2020-05-22", 1), ("2020-05-23", 0)):
        evening(play, day)
        play.at(f"{day} 22:00")
        assert play.row(LedgerDay).counts["open"] + play.row(LedgerDay).counts["closed"] == lines
        if day == "2020-05-21":
            play.at("2020-05-22 09:00")
            play.rectify(number, "cadre1")
            play.complete("cadre1", "village_fix", decision="done")
            play.close(number, "office")
            play.complete("office", "closure", decision="close")
    assert play.row(LedgerDay).number == 3
