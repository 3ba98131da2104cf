"""The evening: judgement, frozen ledger, delivery to exactly the right people, daily progress."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.acts import completion
from app.auth.models import RoleAssignment
from app.campaign import prefill
from app.campaign.models import DayProgress, Household, Judgement, LedgerDay, LedgerEntry, Meeting, Notice, Notification, Problem, Report
from tests.processes.judging import evening, judge, judge_all, rows
from tests.processes.play import Play
from tests.processes.plays import plays


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


def test_a_problem_found_at_the_verification_lives_from_that_moment(play: Play) -> None:
    """Row, number, process and ledger, long before the household form is handed in: the evening's decision on it happens."""
    play.start("household", household=play.household("V01-01-001"))
    number = verify_with_difference(play, "household:V01-01-001")
    assert play.state("problem", number) == "ACTIVE"
    assert play.ledger(number).instance_key == play.instance("problem", number).key
    assert play.tasks("cadre1", f"problem:{number}") == ["village_fix"]
    assert play.tasks("li1") == ["nine_documents"], "the household goes on"
    evening(play)
    play.at("2020-05-21 19:30")
    judge(play, number, "notice")
    assert play.tasks("cadre1", f"problem:{number}") == ["receive"]
    assert play.row(Notice).problems == [number]
    assert (play.ledger(number).rung, play.ledger(number).notice) == (2, play.row(Notice).number)
    moved = play.events("problem.moved", f"problem:{number}")[-1]
    assert (moved.actor, moved.detail["reason"], moved.detail["to"]) == ("office", "notice", 2)
    play.at("2020-05-21 22:00")
    assert play.row(LedgerEntry).snapshot["notice"] == play.row(Notice).number


def verify_with_difference(play: Play, subject: str) -> str:
    """The investigator confirms the sources at the door: two of them differ. Returns the problem's number."""
    said = {
        "head": "户主1",
        "id_number": "509999197001010016",
        "phone": "10012345678",
        "members_count": 2,
        "year_out": 2018,
        "income_per_capita": 5000,
        "housing_grade": "B",
        "insured_count": 2,
        "water_safe": "yes",
    }

    def know(session: Session) -> None:
        home = session.scalars(
            select(Household).where(Household.campaign_id == play.campaign_id, Household.code == subject.removeprefix("household:"))
        ).one()
        for source in ("system", "archive", "county", "town", "village", "household"):
            prefill.set_extract(session, home, source, {**said, "members_count": 3} if source == "archive" else said)

    with play.app.app_context():
        play.db.in_transaction(know)
    came = {"identity_shown": True, "purpose_explained": True, "privacy_explained": True}
    play.submit("li1", "verify", subject, introduction=came, verified=True)
    return play.row(Problem).number


STANDS = ("village_fix", "listed", "assign", "named_fix", "receive", "reply")


def bring(play: Play, number: str, to: str) -> None:
    """Let the problem's rectification come to an element."""
    if to == "listed":
        play.complete("cadre1", "village_fix", decision="cannot")
    if to in ("assign", "named_fix", "receive", "reply"):
        play.publish("problem_judged", number, judgement="escalate")
    if to in ("named_fix", "receive", "reply"):
        notice = to != "named_fix"
        play.complete("office", "assign", decision="assign", person="cadre1", deadline="2020-05-24T18:00:00+08:00", notice=notice)
    if to == "reply":
        play.complete("cadre1", "receive")


@plays("rectification: assigned", "problem: judged")
@pytest.mark.parametrize("stands", STANDS)
def test_each_decision_happens_wherever_the_rectification_stands(play: Play, stands: str) -> None:
    decided = {
        "assign": {"decision": "assign", "responsible": "resident1", "deadline": "2020-05-25T18:00:00+08:00"},
        **{name: {"decision": name} for name in ("notice", "escalate", "breach")},
    }
    numbers = {name: play.raise_problem("V01-01-001", field=name) for name in decided}
    for number in numbers.values():
        bring(play, number, stands)
    evening(play)
    play.at("2020-05-21 19:30")
    judge_all(play, {number: decided[name] for name, number in numbers.items()})
    subject = {name: f"problem:{number}" for name, number in numbers.items()}
    assert play.tasks("resident1", subject["assign"]) == ["named_fix"]
    assert play.task("resident1", "named_fix").due_at == datetime(2020, 5, 25, 10, tzinfo=UTC)
    assert play.ledger(numbers["assign"]).responsible == "resident1"
    assert play.tasks("cadre1", subject["notice"]) == ["receive"]
    assert play.tasks("commander", subject["breach"]) == ["breach_case"]
    rung, who, next_task = (2, "office", "assign") if stands in ("village_fix", "listed") else (3, "mayor", "principal_decision")
    assert play.ledger(numbers["escalate"]).rung == rung
    assert play.tasks(who, subject["escalate"]) == [next_task]
    with play.db.reading() as session:
        kept = {row.subject: row.decision for row in session.scalars(select(Judgement))}
    assert kept == {subject[name]: name for name in decided}


@pytest.mark.parametrize("stands", ["closure", "principal_decision", "ordered_rectification"])
@pytest.mark.parametrize("decision", ["assign", "notice", "escalate", "breach"])
def test_a_decision_that_nobody_receives_is_refused_and_leaves_no_record(play: Play, stands: str, decision: str) -> None:
    number = play.raise_problem("V01-01-001")
    if stands == "closure":
        play.rectify(number, "cadre1")
        play.complete("cadre1", "village_fix", decision="done")
    else:
        bring(play, number, "assign")
        play.complete("office", "assign", decision="principals")
    if stands == "ordered_rectification":
        play.complete("mayor", "principal_decision", decision="rectify", person="cadre1", deadline="2020-05-25T18:00:00+08:00")
    evening(play)
    play.at("2020-05-21 19:30")
    before = play.ledger(number).rung
    with pytest.raises(completion.Invalid) as refused:
        judge(play, number, decision, responsible="resident1", deadline="2020-05-25T18:00:00+08:00")
    assert "无人接收" in str(refused.value.outcome.as_json())
    assert play.task("office", "judgement").state == "OPEN"
    assert (play.ledger(number).rung, play.events("problem.moved", f"problem:{number}")[before - 1 :]) == (before, [])
    with play.db.reading() as session:
        assert not session.scalars(select(Judgement)).all()
        assert not session.scalars(select(Meeting)).all()
    judge(play, number, "continue")
    assert play.state("evening") == "ACTIVE"
    assert play.tasks("office", "campaign:1") == []


def test_the_list_goes_on_while_the_form_is_open(play: Play) -> None:
    """A problem that comes meanwhile moves no row; one that is settled meanwhile is told at its row, and nothing is recorded."""
    settled, stays = (play.raise_problem("V01-01-001", field=name) for name in ("members", "housing.grade"))
    evening(play)
    play.at("2020-05-21 19:30")
    seen = rows(play, {stays: {"decision": "notice"}})
    play.raise_problem("V01-01-002", code="unsafe_house", kind="shortfall")
    play.rectify(settled, "cadre1")
    play.complete("cadre1", "village_fix", f"problem:{settled}", decision="done")
    play.close(settled, "instructor1")
    play.complete("instructor1", "closure", decision="close")
    with pytest.raises(completion.Invalid) as refused:
        judge_all(play, {}, seen=seen)
    place = next(index for index, row in enumerate(seen) if row["number"] == settled)
    assert list(refused.value.outcome.errors) == [f"judgements[{place}].number"]
    assert play.tasks("cadre1", f"problem:{stays}") == ["village_fix"]
    judge_all(play, {}, seen=[row for row in seen if row["number"] == stays])
    assert play.tasks("cadre1", f"problem:{stays}") == ["receive"]


def test_a_village_without_a_cadre_gets_no_notice_that_nobody_signs_for(play: Play) -> None:
    number = play.raise_problem("V01-01-001")
    play.db.in_transaction(lambda session: session.execute(delete(RoleAssignment).where(RoleAssignment.role == "village_cadre")))
    evening(play)
    play.at("2020-05-21 19:30")
    with pytest.raises(completion.Invalid) as refused:
        judge(play, number, "notice")
    assert "无人签收" in str(refused.value.outcome.as_json())
