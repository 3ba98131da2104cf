"""Who may take a task stands in an index, too: a row that was added to it, changed or taken out by hand is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import text

from app.db import Database
from app.engine import jobs, runtime
from app.engine.proof import adopt_rows, check_derived_rows, verify_records
from tests.audit.played import ANN, run
from tests.engine import drawing as d


@pytest.fixture
def own(db: Database, at: Callable[[str], datetime]) -> Database:
    run(db, adopt_rows.begin)
    offered = d.user("u", groups='= ["office", "investigator:G01", "office"]')
    d.deploy(db, d.diagram("p", d.start(), offered, d.user("v"), d.end(), flows="s>u>v>e"))
    for _ in range(2):
        run(db, runtime.start, "p", {}, ANN, campaign_id=7)
    jobs.drain(db)
    return db


def found(db: Database) -> list[str]:
    said = verify_records.verify(db).findings
    assert all(finding.text("zh") and finding.text("en") for finding in said)
    return sorted(finding.code for finding in said)


@pytest.mark.parametrize(
    ("by_hand", "codes"),
    [
        ("INSERT INTO task_candidate SELECT min(key), 'user:eve' FROM user_task", ["candidate_inserted"]),
        ("DELETE FROM task_candidate WHERE value = 'office'", ["candidate_missing", "candidate_missing"]),
        ("UPDATE task_candidate SET value = 'other' WHERE value = 'investigator:G01'", ["candidate_inserted", "candidate_missing"] * 2),
    ],
)
def test_an_index_that_says_something_else_than_the_tasks_is_found(own: Database, by_hand: str, codes: list[str]) -> None:
    assert found(own) == []
    with own.engine.begin() as connection:
        connection.execute(text(by_hand))
    assert found(own) == sorted(codes)


def test_it_follows_a_task_to_its_end(own: Database) -> None:
    first, second = d.tasks(own)
    run(own, runtime.claim, first.key, ANN)
    assert found(own) == []
    run(own, runtime.complete, first.key, {}, ANN)
    run(own, runtime.cancel, second.instance_key, ANN)
    jobs.drain(own)
    assert found(own) == []
    with own.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO task_candidate VALUES ({first.key}, 'office')"))
    with verify_records.snapshot(own.engine) as connection:
        assert [finding.code for finding in check_derived_rows.check(connection)] == ["candidate_inserted"], "nobody may take what is done"


def test_what_waits_to_be_started_is_followed(db: Database, at: Callable[[str], datetime]) -> None:
    run(db, adopt_rows.begin)
    called = d.call("c", "child", items="[1, 2, 3]", sequential=True)
    child = d.diagram("child", d.start(), d.user("u"), d.end(), flows="s>u>e")
    d.deploy(db, child, d.diagram("p", d.start(), called, d.end(), flows="s>c>e"))
    run(db, runtime.start, "p", {}, ANN, campaign_id=7)
    jobs.drain(db)
    assert found(db) == []
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE call SET items = '[]'"))
    assert found(db) == ["row_altered"]
