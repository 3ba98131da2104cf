"""The ledger's verbs: numbers, holds, closure by a second person with evidence (R23, R33, R45–R47)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from app import clock, personal
from app.campaign import board, numbers, problems, progress
from app.campaign.errors import Conflict, NotFound
from app.campaign.models import Hold, Household, Problem
from app.db import Database
from app.engine.actor import Actor
from app.engine.models import Event
from tests import web
from tests.campaign import world
from tests.web import CAMPAIGN

CADRE, CHECKER = Actor("cadre"), Actor("checker")
NOTE = [{"kind": "note", "text": "现场照片存村档案室"}]

At = Callable[[str], datetime]


@pytest.fixture
def place(db: Database, at: At) -> Database:
    personal.install("5a" * 32)
    web.place(db)
    return db


def do(db: Database, verb: Callable[..., Any], number: str, actor: Actor, **more: Any) -> None:
    db.in_transaction(lambda session: verb(session, CAMPAIGN, number, actor=actor, at=clock.now(), **more))


def test_numbers_run_without_gap_or_double_per_village(place: Database) -> None:
    assert [world.problem(place) for _ in range(3)] == ["P-V05-001", "P-V05-002", "P-V05-003"]
    assert world.problem(place, household=world.household(place, village="V06", work_group="G04")) == "P-V06-001"


def test_two_at_once_get_two_numbers(place: Database) -> None:
    given: list[int] = []

    def take() -> None:
        given.append(place.in_transaction(lambda session: numbers.next_number(session, CAMPAIGN, "x"), attempts=10))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [1, 2, 3, 4, 5, 6]


def test_a_number_is_given_back_when_its_transaction_fails(place: Database) -> None:
    def failing(session: Any) -> None:
        numbers.next_number(session, CAMPAIGN, "y")
        raise RuntimeError("later")

    with pytest.raises(RuntimeError):
        place.in_transaction(failing)
    assert place.in_transaction(lambda session: numbers.next_number(session, CAMPAIGN, "y")) == 1


def test_a_held_field_is_free_when_the_problem_is_closed_and_not_before(place: Database) -> None:
    code = world.household(place)
    number = world.problem(place, household=code, holds=True)
    home = world.read(place, Household, code)
    assert (home.open_problems, home.open_holds) == (1, 1)
    do(place, problems.rectify, number, CADRE, text="已加固", evidence=NOTE)
    assert world.read(place, Household, code).open_holds == 1
    do(place, problems.close, number, CHECKER)
    home = world.read(place, Household, code)
    assert (home.open_problems, home.open_holds) == (0, 0)
    with place.reading() as session:
        assert session.scalars(select(Hold.released_at)).one() is not None
        kinds = session.scalars(select(Event.kind).where(Event.subject == f"problem:{number}").order_by(Event.key)).all()
    assert kinds == ["problem.raised", "problem.rectified", "problem.closed"]


def test_closing_again_changes_nothing(place: Database) -> None:
    number = world.problem(place, holds=True)
    do(place, problems.rectify, number, CADRE, text="已加固", evidence=NOTE)
    do(place, problems.close, number, CHECKER, note="属实")
    do(place, problems.close, number, Actor("other"), note="又一次")
    row = world.read(place, Problem, number)
    assert (row.closed_by, row.closure_note, world.read(place, Household, row.household).open_problems) == ("checker", "属实", 0)


def test_nobody_closes_what_he_rectified_nor_without_evidence(place: Database) -> None:
    number = world.problem(place)
    with pytest.raises(Conflict, match="no evidence"):
        do(place, problems.close, number, CHECKER)
    do(place, problems.rectify, number, CADRE, text="已加固", evidence=NOTE)
    with pytest.raises(Conflict, match="second person"):
        do(place, problems.close, number, CADRE)
    assert world.read(place, Problem, number).state == "rectified"


def test_it_climbs_the_rungs_and_a_decision_settles_it(place: Database, at: At) -> None:
    number = world.problem(place, holds=True)
    deadline = at("2020-05-25T18:00:00+08:00")
    do(place, problems.move_to_rung, number, CHECKER, rung=2, responsible="cadre", deadline=deadline)
    row = world.read(place, Problem, number)
    assert (row.rung, row.responsible, row.deadline) == (2, "cadre", deadline)
    do(place, problems.move_to_rung, number, CHECKER, rung=3)
    do(place, problems.decide, number, Actor("principal"), decision="列入长期整改")
    row = world.read(place, Problem, number)
    assert (row.state, row.decision, row.responsible) == ("decided", "列入长期整改", "cadre")
    assert world.read(place, Household, row.household).open_holds == 0
    with pytest.raises(Conflict, match="closed or decided"):
        do(place, problems.move_to_rung, number, CHECKER, rung=2)


def test_what_is_not_there_is_not_found(place: Database) -> None:
    with pytest.raises(NotFound):
        do(place, problems.close, "V05-999", CHECKER)
    with pytest.raises(NotFound):
        place.in_transaction(lambda session: progress.mark(session, CAMPAIGN, "V05-999", "submitted", at=clock.now()))


def test_each_day_counts_the_households_planned_and_waiting_on_its_side(place: Database, at: At) -> None:
    """On the 22nd: due by plan are those of the 21st and 22nd, behind is who still waits of the 21st."""
    days = [date(2020, 5, 21), date(2020, 5, 22), date(2020, 5, 23)]
    for stage in ("waiting", "submitted", "returned", "reviewed"):
        for day in days:
            code = world.household(place, planned_on=day)
            if stage != "waiting":
                moment = at("2020-05-22T00:00:00+08:00" if day == days[0] else "2020-05-21T23:59:59+08:00")
                for reached in ("submitted", stage):
                    place.in_transaction(partial(progress.mark, campaign_id=CAMPAIGN, code=code, stage=reached, at=moment))
    with place.reading() as session:
        figures = progress.figures(days[1])
        found = session.execute(select(*(each.label(name) for name, each in figures.items()))).mappings().one()
    wanted = {"target": 12, "expected": 8, "behind": 1, "today": 2, "submitted_today": 3, "waiting_review": 3, "returned": 3}
    wanted |= {"submitted": 9, "reviewed": 3, "unsent": 0, "held": 0, "lost_contact": 0}
    assert {name: found[name] for name in wanted} == wanted


def test_a_household_that_is_there_already_keeps_since_when(place: Database, at: At) -> None:
    code = world.household(place)
    first, later = at("2020-05-21T10:00:00+08:00"), at("2020-05-21T11:00:00+08:00")
    for stage, moment in (("submitted", first), ("submitted", later)):
        place.in_transaction(partial(progress.advance, campaign_id=CAMPAIGN, code=code, stage=stage, at=moment))
    assert world.read(place, Household, code).stage_at == first
    for stage in ("reviewed", "submitted"):
        place.in_transaction(partial(progress.advance, campaign_id=CAMPAIGN, code=code, stage=stage, at=later))
    assert world.read(place, Household, code).stage == "reviewed", "never back"


def test_stages_keep_when_they_were_first_reached_and_a_return_takes_the_later_ones_back(place: Database, at: At) -> None:
    code = world.household(place)

    def mark(stage: str, text: str) -> None:
        moment = at(text)
        place.in_transaction(lambda session: progress.mark(session, CAMPAIGN, code, stage, at=moment))

    mark("submitted", "2020-05-21T10:00:00+08:00")
    mark("reviewed", "2020-05-22T10:00:00+08:00")
    mark("returned", "2020-05-23T10:00:00+08:00")
    home = world.read(place, Household, code)
    assert home.submitted_at == at("2020-05-21T10:00:00+08:00")
    assert home.reviewed_at is None
    mark("submitted", "2020-05-23T12:00:00+08:00")
    home = world.read(place, Household, code)
    assert (home.submitted_at, home.stage_at) == (at("2020-05-21T10:00:00+08:00"), at("2020-05-23T12:00:00+08:00"))
    with place.reading() as session:
        line = board.total(board.lines(session, CAMPAIGN))
    assert (line.target, line.submitted, line.waiting_review, line.reviewed) == (1, 1, 1, 0)
