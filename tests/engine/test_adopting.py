"""Other columns are followed after an upgrade: what was changed in the database before it is not laundered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from app import migrations, personal
from app.campaign.models import Household, Village
from app.db import Base, Database
from app.engine import events
from app.engine.actor import Actor
from app.engine.change_journal import earlier_columns, followed_rows, restart
from app.engine.models import Event
from app.engine.proof import adopt_rows, check_rows, verify_records
from app.engine.proof.findings import Finding

ANN = Actor("ann")


@pytest.fixture(autouse=True)
def _key() -> None:
    personal.install("5a" * 32)


def run(db: Database, work: Callable[..., Any], *args: Any) -> Any:
    return db.in_transaction(lambda session: work(session, *args))


def found(db: Database) -> list[Finding]:
    with verify_records.snapshot(db.engine) as connection:
        return list(check_rows.check(connection))


def villages(session: Any) -> None:
    for number in (1, 2, 3):
        session.add(Village(campaign_id=7, code=f"V0{number}", name=f"{number}村"))
    events.record(session, "campaign.village", ANN, campaign_id=7)


def behind_the_back(db: Database) -> None:
    with db.engine.begin() as connection:
        connection.execute(update(Village.__table__).where(Village.code == "V01").values(name="另一村"))
        connection.execute(delete(Village.__table__).where(Village.code == "V02"))


def follows_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a release did that knew one column less, and one table less."""
    how = followed_rows.FOLLOWED["village"]
    columns = tuple(name for name in how.columns if name != "report_stage")
    before = followed_rows.Followed(
        how.table, columns, how.keys, how.campaign, how.revised, select(*(how.table.c[name] for name in columns)), how.only
    )
    monkeypatch.setitem(followed_rows.FOLLOWED, "village", before)
    monkeypatch.delitem(followed_rows.FOLLOWED, "household")


def test_a_change_before_an_upgrade_is_found_ever_after(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        follows_less(old)
        assert run(db, adopt_rows.begin)
        run(db, villages)
        assert found(db) == []
    behind_the_back(db)
    assert {each.code for each in found(db)} == {"row_altered", "row_missing"}, "before the first start, too"
    assert run(db, adopt_rows.begin) and not run(db, adopt_rows.begin)
    for _ in range(2):
        told = found(db)
        assert [each.code for each in told] == ["found_before", "found_before"]
        said = " ".join(each.text("zh") for each in told)
        assert "village" in said and "被改动过" in said and "不见了" in said and all(each.text("en") for each in told)
        with monkeypatch.context() as newer:  # a second upgrade changes nothing about it
            follows_less(newer)
            run(db, adopt_rows.begin)
        run(db, adopt_rows.begin)


def test_an_upgrade_of_what_nobody_touched_is_sound(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        follows_less(old)
        run(db, adopt_rows.begin)
        run(db, villages)
    run(db, lambda session: session.add(Household(campaign_id=7, code="V01-1", village="V01", head="张三", kind="registered")))
    run(db, adopt_rows.begin)
    assert found(db) == []


def test_it_is_compared_before_the_schema_changes_and_told_in_the_same_transaction(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = sqlite_db
    with monkeypatch.context() as old:
        follows_less(old)
        run(db, adopt_rows.begin)
        run(db, villages)
    behind_the_back(db)
    migrations.command.downgrade(migrations.configuration(db), "-1")
    migrations.upgrade(db, before=adopt_rows.compare, after=adopt_rows.adopt)
    assert [each.code for each in found(db)] == ["found_before", "found_before"]
    with db.reading() as session:
        last = session.scalars(select(Event).where(Event.kind == restart.KIND, Event.campaign_id == 0).order_by(Event.key.desc())).first()
    assert last is not None and last.detail["fingerprint"] == followed_rows.fingerprint() and last.detail["columns"] == followed_rows.way()


def test_a_release_that_recorded_only_a_fingerprint_is_known(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its columns are kept with the product."""
    assert all(followed_rows.fingerprint_of(columns) == name for name, columns in earlier_columns.WAYS.items())
    name, columns = next(iter(earlier_columns.WAYS.items()))
    with monkeypatch.context() as old:
        for table in set(followed_rows.FOLLOWED):
            old.delitem(followed_rows.FOLLOWED, table)
        for table, how in followed_rows.as_told(columns, Base.metadata).items():
            old.setitem(followed_rows.FOLLOWED, table, replace(how, campaign="campaign_id" if "campaign_id" in how.columns else ""))
        assert followed_rows.fingerprint() == name, "as long as these tables have their columns"
        run(db, adopt_rows.begin)
        run(db, villages)
    run(db, lambda session: session.execute(update(Event).where(Event.kind == restart.KIND).values(detail=_without_columns(session))))
    behind_the_back(db)
    run(db, adopt_rows.begin)
    assert [each.code for each in found(db)] == ["found_before", "found_before"]


def _without_columns(session: Any) -> dict[str, Any]:
    (detail,) = session.scalars(select(Event.detail).where(Event.kind == restart.KIND, Event.campaign_id == 0))
    return {name: value for name, value in detail.items() if name != "columns"}


def test_an_unknown_way_is_said(db: Database) -> None:
    run(db, adopt_rows.begin)
    run(db, lambda s: s.execute(update(Event).where(Event.kind == restart.KIND).values(detail={"epoch": "1", "fingerprint": "x"})))
    assert [each.code for each in found(db)] == ["rows_untold"]
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar() == 1
