"""The whole campaign, from its start to the collected reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app import clock
from app.campaign import problems
from app.campaign.models import DayProgress, Household, LedgerDay, Notification, SpotSample, Staff
from app.engine.actor import Actor
from app.engine.models import JobRow, MessageRow, ProcessInstance, Task
from tests.processes.play import HOUSEHOLDS, PEOPLE, Play
from tests.processes.plays import plays

#: what each form answers when nothing is wrong
ANSWERS: dict[str, dict[str, Any]] = {
    "verification": {"verified": True},
    "review": {"decision": "approve"},
    "joint_review": {"decision": "approve"},
    "rereview": {"decision": "approve"},
    "entry_assignment": {"entry_by": "village", "person": None},
    "village_review": {"decision": "approve"},
    "signature": {"decision": "sign"},
    "county_feedback": {"decision": "approve"},
    "rectification": {"decision": "done"},
    "closure": {"decision": "close"},
    "answer": {"decision": "answer"},
    "principal_decision": {"decision": "accept"},
}


def work_off(play: Play) -> int:
    """Everybody does everything in their inbox; returns how many tasks."""
    done = 0
    while True:
        found = [(user, task) for user in PEOPLE for task in play.inbox(user)]
        if not found:
            return done
        seen: set[int] = set()
        for user, task in found:
            if task.key not in seen:
                seen.add(task.key)
                _act(play, user, task)
                done += 1


def _act(play: Play, user: str, task: Task) -> None:
    answer = dict(ANSWERS.get(task.form_id or "", {}))
    number = task.subject.removeprefix("problem:")
    if task.form_id == "form_code":
        answer["code"] = task.variables["code"]
    elif task.form_id == "rectification":
        play.rectify(number, user)
    elif task.form_id == "closure" and play.ledger(number).rectified_by:
        play.close(number, user)
    elif task.form_id == "training":
        train(play)
    elif task.form_id == "spot_check":
        play.db.in_transaction(lambda session: _checked(session, task.subject))
    play.complete(user, task.element_id, task.subject, **answer)


def _checked(session: Any, subject: str) -> None:
    row = session.scalars(select(SpotSample).where(SpotSample.household == subject.removeprefix("household:"))).one()
    row.checked_at, row.fields_checked = clock.now(), 10


def train(play: Play) -> None:
    """li2's attendance, as the training form writes it."""

    def work(session: Any) -> None:
        for person in session.scalars(select(Staff).where(Staff.trained_at.is_(None))):
            person.trained_at = clock.now()

    play.db.in_transaction(work)


def test_training_opens_the_visits_person_by_person(play: Play) -> None:
    play.start_campaign()
    play.at("2020-05-21 09:00")
    assert "verify" in play.tasks("li1"), "trained before"
    assert play.tasks("li2") == []
    assert play.tasks("party") == ["materials_party"]
    play.complete("party", "materials_party")
    assert "training" not in play.tasks("office"), "both parts of the material come first"
    play.complete("office", "materials_office")
    play.complete("office", "training")
    assert play.tasks("office", "campaign:1") == ["training"], "li2 was not there: once more"
    train(play)
    play.complete("office", "training")
    assert play.tasks("li2") == ["verify"] * 3


@plays(
    "campaign: campaign training_day visits_begin materials_party materials_office training admit_trained",
    "campaign: work_groups villages evenings spot_check_day",
)
def test_training_before_the_visits_needs_no_waiting(play: Play) -> None:
    play.start_campaign()
    play.complete("party", "materials_party")
    play.complete("office", "materials_office")
    play.at("2020-05-21 08:30")
    train(play)
    play.complete("office", "training")
    play.at("2020-05-21 09:00")
    assert play.tasks("li2") == ["verify"] * 3


@plays("campaign: spot_check")
def test_nothing_starts_before_its_day(play: Play) -> None:
    play.start_campaign()
    assert sorted(play.tasks("office")) == ["materials_office"]
    assert play.tasks("li1") == play.tasks("checker") == []
    play.at("2020-05-21 08:59")
    assert play.tasks("li1") == []
    play.at("2020-05-29 07:59")
    assert play.tasks("checker") == []
    play.at("2020-05-29 08:00")
    assert play.tasks("checker") == ["blind_check"] * len(HOUSEHOLDS)


@plays(
    "campaign: phase_training phase_visits phase_joint_review phase_rereview",
    "campaign: phase_entry phase_village_forms phase_rectification phase_reports",
)
def test_the_end_of_each_phase_tells_what_still_stands(play: Play) -> None:
    """The bars of the timeline are elements of the root diagram; at the end of each the office and the commander read its number."""

    def told(user: str) -> list[str]:
        with play.db.reading() as session:
            query = select(Notification.title).where(Notification.username == user, Notification.url == "/office")
            return list(session.scalars(query.order_by(Notification.key)))

    play.start_campaign()
    play.at("2020-05-21 08:59")
    assert told("office") == []
    play.at("2020-05-21 09:00")
    assert told("office") == ["“动员培训”到期：未培训人员 1"]
    train(play)
    play.at("2020-05-27 00:00")
    assert told("office")[1:] == told("commander")[1:] == ["“入户核查”到期：未报送的户表 6"]
    play.at("2020-05-31 00:00")
    assert told("office")[2:] == ["“会审编码”到期：未会审的户表 6", "“全覆盖复审”到期：未复审通过的户表 6"]
    play.at("2020-06-01 00:00")
    last = {"“户表录入”到期：未录入APP的户表 6", "“村表”到期：未签字的村表 2", "“总结报告”到期：未报送的报告 2"}
    assert set(told("office")[4:]) == last, "no problem is open: that phase has nothing to say"


@plays("campaign: collect_reports")
def test_eleven_days_to_the_end(play: Play) -> None:
    """Every instance ends, no task and no incident is left, every household is keyed in."""
    play.start_campaign()
    completed = 0
    for day in range(21, 32):
        for hour in ("08:00", "10:00", "20:00", "23:00"):
            play.at(f"2020-05-{day} {hour}")
            if (day, hour) == (21, "20:00"):
                play.raise_problem(HOUSEHOLDS[0], field="members", holds=True)
            completed += work_off(play)
        play.reload()
    play.at("2020-06-01 09:00")
    completed += work_off(play)
    with play.db.reading() as session:
        states = session.execute(
            select(ProcessInstance.process_id, ProcessInstance.state, func.count()).group_by("process_id", "state")
        ).all()
        assert {(process, state) for process, state, _count in states} == {(process, "COMPLETED") for process, _state, _count in states}
        counts = {process: count for process, _state, count in states}
        assert (counts["household"], counts["work_group"], counts["village"], counts["evening"]) == (6, 2, 2, 11)
        assert session.scalar(select(func.count()).select_from(Task).where(Task.state == "OPEN")) == 0
        assert session.scalars(select(LedgerDay.number).order_by(LedgerDay.day)).all() == list(range(1, 12))
        assert session.scalar(select(func.count()).select_from(DayProgress)) == 22
        assert {row.stage for row in session.scalars(select(Household).where(Household.campaign_id == play.campaign_id))} == {"rereviewed"}
        left = session.scalars(select(JobRow.kind)).all()
        # The campaign's last seal goes out by mail: its turn comes by the machine's time.
        assert set(left) <= {"message_expiry", "outside"}
        waiting = session.scalars(select(MessageRow.name).where(MessageRow.state == "WAITING")).all()
        assert set(waiting) <= {"investigator_trained", "household_released", "village_complete", "group_collected"}
    assert completed > 100


def test_a_problem_open_at_the_end_is_decided_not_lost(play: Play) -> None:
    play.start_campaign()
    number = play.raise_problem(HOUSEHOLDS[0])
    play.at("2020-06-01 00:00")
    assert play.tasks("mayor") == ["principal_decision"]
    play.db.in_transaction(
        lambda session: problems.decide(session, play.campaign_id, number, Actor("mayor"), decision="限期", at=clock.now())
    )
    play.complete("mayor", "principal_decision", decision="accept")
    assert play.ledger(number).decided_by == "mayor"
