"""Rows whose every change a record tells of: by objects, by statements, through savepoints; and what is found when somebody goes around."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from app import personal
from app.campaign.models import Campaign, CampaignDate, Extract, Household, Member, Problem, Village
from app.db import Database, new_key
from app.engine import events
from app.engine.actor import Actor
from app.engine.change_journal import restart
from app.engine.models import Event
from app.engine.proof import adopt_rows, check_rows, verify_records

ANN = Actor("ann")
HOME = {"campaign_id": 7, "code": "V01-001", "village": "V01", "head": "张三", "kind": "registered"}


@pytest.fixture(autouse=True)
def _key() -> None:
    personal.install("5a" * 32)


@pytest.fixture
def own(db: Database) -> Database:
    """A database whose rows are told from the first on."""
    assert run(db, adopt_rows.begin)
    assert not run(db, adopt_rows.begin), "once"
    return db


def run(db: Database, work: Callable[..., Any], *args: Any) -> Any:
    return db.in_transaction(lambda session: work(session, *args))


def codes(db: Database) -> list[str]:
    with verify_records.snapshot(db.engine) as connection:
        found = list(check_rows.check(connection))
    for each in found:
        assert each.text("zh") and each.text("en")
    return [each.code for each in found]


def told(db: Database) -> list[Event]:
    with db.reading() as session:
        return [row for row in session.scalars(select(Event).order_by(Event.key)) if "states" in row.detail and row.kind != restart.KIND]


def make(session: Any) -> int:
    home = Household(**HOME, facts={"area": 80.5}, planned_on=date(2020, 5, 22))
    session.add(home)
    events.record(session, "household.made", ANN, campaign_id=7)
    return 0


def raw(db: Database, statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement))


def test_what_objects_do_is_told_by_the_record_beside_it(own: Database) -> None:
    run(own, make)
    (entry,) = told(own)
    assert entry.kind == "household.made" and [step[0] for name, step in entry.detail["states"].items() if name] == [""]
    assert codes(own) == []

    def change(session: Any) -> None:
        home = session.scalars(select(Household)).one()
        home.stage, home.stage_at = "submitted", datetime(2020, 5, 22, 4, tzinfo=UTC)
        session.flush()
        home.facts = {"area": 90}
        events.record(session, "household.changed", ANN, campaign_id=7)

    run(own, change)
    assert [entry.kind for entry in told(own)] == ["household.made", "household.changed"]
    assert codes(own) == []
    run(own, lambda session: session.delete(session.scalars(select(Household)).one()))
    last = told(own)[-1]
    assert (last.kind, last.campaign_id, last.actor) == ("rows.written", 7, "system"), "nobody else told of it"
    assert codes(own) == []


def test_what_statements_do_is_told(own: Database) -> None:
    def many(session: Any) -> None:
        values = [{**HOME, "key": new_key(), "code": f"V01-{number:03d}", "facts": {}} for number in range(1_200)]
        session.execute(insert(Household), values)
        some = [{"key": new_key(), "campaign_id": 7, "household": "V01-001", "source": "system", "values": {"a": 1}}]
        session.execute(insert(Extract.__table__), some)
        session.execute(insert(CampaignDate).values(campaign_id=7, name="visits_to", value="x", adjusted=False))
        events.record(session, "households.imported", ANN, campaign_id=7)

    run(own, many)
    assert [len(entry.detail["states"]) - 1 for entry in told(own)] == [500, 500, 202], "names are in order, the nonce beside them"
    assert codes(own) == []
    run(own, lambda session: session.execute(update(Household).where(Household.code < "V01-100").values(head="（已清除）")))
    assert codes(own) == []
    run(own, lambda session: session.execute(delete(Household).where(Household.village == "V01", Household.code > "V01-005")))
    assert codes(own) == []
    with own.reading() as session:
        assert len(session.scalars(select(Household.key)).all()) == 6


def test_objects_and_statements_on_the_same_row_in_one_transaction(own: Database) -> None:
    run(own, make)

    def both(session: Any) -> None:
        home = session.scalars(select(Household)).one()
        home.head = "李四"
        session.flush()
        session.execute(update(Household).values(address="村口"))
        home.kind = "key_general"
        session.flush()
        session.execute(delete(Household))

    run(own, both)
    assert codes(own) == []


def test_the_number_that_a_database_gives_is_told(own: Database) -> None:
    run(own, lambda session: session.add(Campaign(name="核查", created_at=datetime(2020, 5, 20, tzinfo=UTC))))
    (entry,) = told(own)
    assert entry.campaign_id in {int(name.partition(":")[2]) for name in entry.detail["states"] if name}
    assert codes(own) == []


def test_savepoints_that_are_rolled_back_leave_nothing(own: Database) -> None:
    run(own, make)

    def work(session: Any) -> None:
        home = session.scalars(select(Household)).one()
        home.head = "李四"
        session.flush()
        events.write(session)
        for keep in (True, False):
            savepoint = session.begin_nested()
            home.address = f"村口{keep}"
            session.add(Village(campaign_id=7, code=f"V{keep}", name="村"))
            session.flush()
            events.record(session, "household.changed", ANN, campaign_id=7)
            events.write(session)
            session.flush()
            savepoint.commit() if keep else savepoint.rollback()

    run(own, work)
    with own.reading() as session:
        assert session.scalars(select(Household.address)).one() == "村口True"
        assert session.scalars(select(Village.code)).all() == ["VTrue"]
    assert codes(own) == []


def test_two_writers_of_a_row_without_a_revision_do_not_undo_each_other(own: Database) -> None:
    run(own, lambda session: session.add(Village(campaign_id=7, code="V01", name="村")))
    tries = []

    def stage(session: Any) -> None:
        village = session.scalars(select(Village)).one()
        tries.append(village.name)
        if len(tries) == 1:
            run(own, lambda other: setattr(other.scalars(select(Village)).one(), "name", "新村"))
        village.form_stage = "open"

    run(own, stage)
    assert tries == ["村", "新村"], "the second one saw the first one's work"
    assert codes(own) == []


def test_rows_from_before_are_told_at_the_first_start(db: Database) -> None:
    run(db, make)
    raw(db, "UPDATE household SET head = 'x'")
    assert codes(db) == [], "nothing is held against records yet"
    assert run(db, adopt_rows.begin)
    assert codes(db) == []
    raw(db, "UPDATE household SET head = 'y'")
    assert codes(db) == ["row_altered"]


def test_whatever_goes_around_the_records_is_found(own: Database) -> None:
    run(own, make)
    run(own, lambda s: s.add(Member(campaign_id=7, household="V01-001", position=1, name="张三", birth_date=date(1980, 1, 1))))
    problem = {"campaign_id": 7, "number": "V01-001", "village": "V01", "text": "漏水", "raised_on": date(2020, 5, 22)}
    run(own, lambda session: session.add(Problem(**problem, raised_at=datetime(2020, 5, 22, tzinfo=UTC))))
    assert codes(own) == []
    for statement, code in (
        ("UPDATE problem SET state = 'closed'", "row_altered"),
        ("UPDATE household SET head = '李四'", "row_altered"),
        ("DELETE FROM member", "row_missing"),
        (
            'INSERT INTO village ("key", campaign_id, code, name, position, form_stage, report_stage, facts) '
            "VALUES (1, 7, 'V9', '村', 0, 'waiting', 'waiting', '{}')",
            "row_inserted",
        ),
    ):
        before = codes(own)
        raw(own, statement)
        assert sorted(codes(own)) == sorted([*before, code]), statement


def test_taking_back_a_change_and_the_steps_that_told_of_it_is_found(own: Database) -> None:
    """Erased steps hash to the same, so that personal data can go: that must not hide a change that was taken back."""
    run(own, make)
    run(own, lambda session: setattr(session.scalars(select(Household)).one(), "head", "李四"))
    entry = told(own)[-1]
    raw(own, "UPDATE household SET head = '张三'")
    assert codes(own) == ["row_altered"]
    with own.engine.begin() as connection:
        connection.execute(update(Event.__table__).where(Event.key == entry.key).values(detail={"states": {"gone": "0" * 64}}))
    assert codes(own) == ["steps_erased"]


def test_tables_are_checked_by_processes_of_their_own_too(sqlite_db: Database) -> None:
    run(sqlite_db, restart.begin)
    run(sqlite_db, make)
    assert verify_records.verify(sqlite_db, processes=2).findings == []
    raw(sqlite_db, "UPDATE household SET head = 'x'")
    assert [each.code for each in verify_records.verify(sqlite_db, processes=2).findings] == ["row_altered"]
