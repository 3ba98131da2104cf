"""A work group: its households, its meetings, its hand-over."""

from __future__ import annotations

from tests.processes.play import HOUSEHOLDS, Play
from tests.processes.plays import plays

GROUP = {"code": "G01", "name": "第1组", "village": "V01"}
MINE = [code for code in HOUSEHOLDS if code.startswith("V01")]


def submit(play: Play, code: str) -> None:
    subject = f"household:{code}"
    play.complete("li1", "verify", subject, verified=True)
    if code.endswith("3"):
        play.complete("li1", "fill_key_general", subject)
    else:
        play.complete("li1", "nine_documents", subject)
        play.complete("li1", "fill_registered", subject)


@plays("work_group: households group_collected")
def test_every_household_of_the_group_gets_its_process_in_walking_order(play: Play) -> None:
    play.start("work_group", group=GROUP)
    assert [play.state("household", code) for code in MINE] == ["ACTIVE"] * 3
    with_task = [task.subject for task in play.inbox("li1")]
    assert with_task == [f"household:{code}" for code in MINE]
    assert play.tasks("li2") == [], "another group's investigator sees none"


@plays("work_group: hand_over receipt")
def test_the_group_hands_over_when_its_last_form_is_reviewed(play: Play) -> None:
    play.start("work_group", group=GROUP)
    for code in MINE:
        assert "hand_over" not in play.tasks("instructor1")
        submit(play, code)
        play.complete("instructor1", "review", f"household:{code}", decision="approve")
    play.complete("instructor1", "hand_over", "group:G01")
    play.complete("office", "receipt", "group:G01")
    assert play.waits_at("work_group") == {"households"}


@plays("work_group: meeting_time meeting")
def test_the_leader_holds_meetings_while_the_group_works(play: Play) -> None:
    play.start("work_group", group=GROUP)
    play.at("2020-05-21 19:29")
    assert play.tasks("leader1") == []
    play.at("2020-05-21 19:30")
    assert play.tasks("leader1") == ["meeting"]
    play.complete("leader1", "meeting")
    play.at("2020-05-23 19:30")
    assert play.tasks("leader1") == ["meeting"], "every second day"


@plays("work_group: work_group list_households")
def test_a_group_without_households_has_nothing_to_do(play: Play) -> None:
    play.start("work_group", group={"code": "G09", "name": "空组", "village": "V01"})
    assert play.path("work_group")[-1] == "nothing"
    assert play.state("work_group") == "COMPLETED"
