"""R24: a question to the group's leader."""

from __future__ import annotations

from app.campaign.models import Hold, Question
from tests.processes.play import Play
from tests.processes.plays import plays

ONE = "V01-01-001"


def asked(play: Play) -> str:
    number = play.ask(ONE, "income.wage")
    play.settle()
    return number


@plays("question: deliver_answer")
def test_the_leader_answers_and_the_field_is_free(play: Play) -> None:
    number = asked(play)
    assert play.tasks("leader1") == ["leader_answer"]
    assert play.tasks("leader2") == []
    play.complete("leader1", "leader_answer", decision="answer")
    assert play.state("question", number) == "COMPLETED"
    assert play.row(Question).state == "answered"
    assert play.row(Hold).released_at is not None
    assert play.got("li1") == ["answer"]


@plays("question: unanswered office_answer")
def test_unanswered_in_time_it_goes_to_the_office(play: Play) -> None:
    asked(play)
    play.at("2020-05-21 19:59")
    assert play.tasks("office") == []
    play.at("2020-05-21 20:00")
    assert play.tasks("leader1") == []
    play.complete("office", "office_answer", decision="answer")
    assert play.state("question") == "COMPLETED"


@plays("question: question raised leader_answer")
def test_a_leader_who_cannot_decide_passes_it_on(play: Play) -> None:
    asked(play)
    play.complete("leader1", "leader_answer", decision="escalate")
    assert play.tasks("office") == ["office_answer"]
