"""A problem on its three rungs, with deadline, supervision and closure by a second person."""

from __future__ import annotations

from datetime import UTC, datetime

from app.acts import completion
from app.campaign import problems
from app.campaign.models import Hold, Household, Notice, ProblemList
from app.engine.models import Task
from tests.processes.judging import judge
from tests.processes.play import Play
from tests.processes.plays import plays

ONE = "V01-01-001"


@plays("problem: settle")
def test_rung_one_mended_at_once_and_closed_by_a_second_person(play: Play) -> None:
    number = play.raise_problem(ONE, field="members", holds=True)
    row = play.ledger(number)
    assert (row.dimension, row.category, row.rung) == ("three_precise.identification", "at_once", 1)
    assert row.tags == ["data_cleaning", "rectification"]
    assert row.deadline == datetime(2020, 5, 23, 0, 0, tzinfo=UTC), "48 hours"
    assert play.tasks("cadre2") == [], "another village's cadre sees nothing"
    play.rectify(number, "cadre1")
    play.complete("cadre1", "village_fix", decision="done")
    play.close(number, "office")
    play.complete("office", "closure", decision="close")
    assert play.state("problem", number) == "COMPLETED"
    assert play.ledger(number).state == "closed"
    assert play.row(Hold).released_at is not None
    assert play.row(Household, Household.code == ONE).open_problems == 0


@plays("problem: closure", "rectification: village_fix")
def test_closure_refused_goes_back_to_rectifying(play: Play) -> None:
    number = play.raise_problem(ONE)
    play.complete("cadre1", "village_fix", decision="done")
    play.complete("instructor1", "closure", decision="return")
    assert play.tasks("cadre1") == ["village_fix"]
    assert play.path("problem", number).count("rectification") == 2


def to_the_office(play: Play, number: str) -> None:
    """Rung 1b: the village cannot; its list is signed by two and goes up."""
    play.complete("cadre1", "village_fix", decision="cannot")
    assert play.waits_at("rectification", number) == {"listed"}
    play.start("evening", day="2020-05-21", villages=play.variables["villages"])
    play.at("2020-05-21 22:00")
    play.complete("party_secretary1", "sign_secretary", decision="sign")
    assert play.waits_at("rectification", number) == {"listed"}, "one signature is not enough"
    play.complete("captain1", "sign_captain", decision="sign")


@plays("rectification: named_fix", "village_list: submit")
def test_rung_one_b_signed_list_then_a_named_person(play: Play) -> None:
    number = play.raise_problem(ONE)
    to_the_office(play, number)
    assert play.row(ProblemList).sent_at is not None
    assert play.ledger(number).rung == 2
    play.complete("office", "assign", decision="assign", person="cadre1", deadline="2020-05-24T18:00:00+08:00", notice=False)
    task = play.task("cadre1", "named_fix")
    assert task.due_at == datetime(2020, 5, 24, 10, tzinfo=UTC)
    play.complete("cadre1", "named_fix", decision="done")
    assert play.tasks("office", f"problem:{number}") == ["closure"]


@plays("rectification: list_up listed", "village_list: village_list sign_secretary sign_captain give_back")
def test_an_unsigned_list_comes_back_to_the_village(play: Play) -> None:
    number = play.raise_problem(ONE)
    play.complete("cadre1", "village_fix", decision="cannot")
    play.start("evening", day="2020-05-21", villages=play.variables["villages"])
    play.at("2020-05-21 22:00")
    play.complete("party_secretary1", "sign_secretary", decision="return")
    play.complete("captain1", "sign_captain", decision="sign")
    assert play.tasks("cadre1") == ["village_fix"]
    assert play.ledger(number).list_number == ""


@plays("rectification: supervision", "supervision: supervision issue receive reply receipt_late reply_late remind")
def test_supervision_notice_receipt_reminder_reply(play: Play) -> None:
    number = play.raise_problem(ONE, code="unsafe_house", kind="shortfall")
    assert play.ledger(number).rung == 2, "the office begins"
    play.complete("office", "assign", decision="assign", person="cadre1", deadline="2020-05-22T18:00:00+08:00", notice=True)
    notice = play.row(Notice)
    assert notice.number == "沙扶办督〔2020〕1号"
    assert play.got("cadre1") == ["notice"]
    play.at("2020-05-21 20:00")
    assert play.row(Notice).reminders == 1, "not received in twelve hours"
    play.complete("cadre1", "receive")
    play.at("2020-05-22 18:00")
    play.at("2020-05-23 06:00")
    assert play.row(Notice).reminders == 3
    assert play.got("cadre1").count("notice") == 4
    play.complete("cadre1", "reply", decision="done")
    assert play.state("supervision") == "COMPLETED"
    assert "closure" in play.tasks("office", f"problem:{number}")
    play.at("2020-05-24 18:00")
    assert play.row(Notice).reminders == 3, "no reminder after the reply"


@plays("problem: ordered_rectification", "rectification: assign")
def test_rung_three_the_principals_decide(play: Play) -> None:
    number = play.raise_problem(ONE, code="unsafe_house", kind="shortfall", field="housing.grade", holds=True)
    play.complete("office", "assign", decision="principals")
    assert play.ledger(number).rung == 3
    told = {user: play.got(user) for user in ("secretary", "mayor", "commander", "office", "cadre1")}
    assert told == {"secretary": ["escalation"], "mayor": ["escalation"], "commander": ["escalation"], "office": [], "cadre1": []}
    assert play.tasks("secretary") == play.tasks("mayor") == ["principal_decision"]
    play.complete("secretary", "principal_decision", decision="rectify", person="cadre1", deadline="2020-05-25T18:00:00+08:00")
    play.complete("cadre1", "ordered_rectification", decision="cannot")
    play.complete("mayor", "principal_decision", decision="accept")
    assert play.state("problem", number) == "COMPLETED"
    assert play.ledger(number).state == "decided"
    assert play.row(Hold).released_at is not None


@plays("problem: due escalate")
def test_over_its_deadline_a_problem_is_escalated_and_goes_on(play: Play) -> None:
    number = play.raise_problem(ONE)
    play.at("2020-05-23 07:59")
    assert play.got("commander") == []
    play.at("2020-05-23 08:00")
    assert play.got("commander") == ["escalation"]
    assert play.tasks("cadre1", f"problem:{number}") == ["village_fix"]


@plays("problem: deadline_reached climb principal_decision")
def test_what_is_open_on_the_last_evening_climbs_to_the_principals(play: Play) -> None:
    number = play.raise_problem(ONE)
    play.at("2020-05-31 23:59")
    assert play.tasks("cadre1") == ["village_fix"]
    play.at("2020-06-01 00:00")
    assert play.tasks("cadre1") == []
    assert play.state("rectification", number) == "TERMINATED"
    assert play.ledger(number).rung == 3
    assert play.got("secretary") == play.got("mayor") == ["escalation"]
    play.complete("mayor", "principal_decision", decision="accept")
    assert play.state("problem", number) == "COMPLETED"


@plays("problem: problem classify open_problem breach_case raised breach_gateway transfer")
def test_a_breach_goes_its_own_way(play: Play) -> None:
    number = play.raise_problem(ONE, breach=True)
    assert play.tasks("cadre1") == []
    play.complete("commander", "breach_case", decision="transfer")
    assert play.state("problem", number) == "COMPLETED"
    assert "transferred" in play.path("problem", number)


@plays("problem: rectification", "rectification: rectification")
def test_what_is_no_breach_is_mended_like_the_rest(play: Play) -> None:
    number = play.raise_problem(ONE, breach=True)
    play.complete("commander", "breach_case", decision="none")
    assert play.tasks("cadre1", f"problem:{number}") == ["village_fix"]


def test_the_evening_lifts_a_problem_to_the_next_rung(play: Play) -> None:
    number = play.raise_problem(ONE)
    play.start("evening", day="2020-05-21", villages=play.variables["villages"])
    play.at("2020-05-21 19:30")
    judge(play, number, "escalate")
    assert play.tasks("cadre1") == []
    assert play.tasks("office", f"problem:{number}") == ["assign"]
    assert play.ledger(number).rung == 2
    assert "escalation" in play.got("office")
    assert play.got("secretary") == play.got("mayor") == [], "the second rung is the office's"


@plays("evening: judgement")
def test_a_problem_that_the_evening_leaves_stays_where_it_is(play: Play) -> None:
    number = play.raise_problem(ONE)
    play.start("evening", day="2020-05-21", villages=play.variables["villages"])
    play.at("2020-05-21 19:30")
    judge(play, number, "continue")
    assert play.tasks("cadre1", f"problem:{number}") == ["village_fix"]


@plays("problem: judged")
def test_the_evening_finds_a_breach(play: Play) -> None:
    number = play.raise_problem(ONE)
    play.start("evening", day="2020-05-21", villages=play.variables["villages"])
    play.at("2020-05-21 19:30")
    judge(play, number, "breach")
    assert play.tasks("commander", f"problem:{number}") == ["breach_case"]


def test_who_rectifies_sees_the_measure_that_was_ordered(play: Play) -> None:
    number = play.raise_problem("V01-01-001")
    play.do(lambda session: setattr(problems.get(session, play.campaign_id, number), "measure", "三日内补修"))
    key = play.task("cadre1", "village_fix").key
    with play.app.test_request_context(), play.db.reading() as session:
        prepared = completion.prepare(session, session.get_one(Task, key), play.identity("cadre1"))
    assert prepared.data["measure"] == "三日内补修"
