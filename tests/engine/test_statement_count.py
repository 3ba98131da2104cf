"""A completion costs a constant number of SQL statements, whatever has grown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from app.db import Database
from app.engine import jobs, runtime
from tests.engine import drawing as d
from tests.engine.drawing import ANN

At = Callable[[str], datetime]
Statements = Callable[[Database], Any]

#: What the requirements allow, and what we hold to.
LIMIT = 15
OURS = 10

FORM = b'{"id": "f1", "type": "default", "schemaVersion": 16, "components": []}'


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def loop(db: Database) -> None:
    """A task with a form that comes again and again."""
    gateway = d.element("exclusiveGateway", "g")
    join = d.element("exclusiveGateway", "j")
    d.deploy(db, d.diagram("p", d.start(), join, d.user("a", form="f1"), gateway, d.end(), flows="s>j>a>g; g>[done]e; g>[default]j"), FORM)


def completion(db: Database, statements: Statements, key: int, number: int, **variables: Any) -> list[str]:
    with statements(db) as seen:
        run(db, runtime.complete, key, {"done": False, **variables}, ANN, request_id=f"r{number}")
    return list(seen)


def test_a_completion_costs_the_same_however_old_its_instance_and_however_many_there_are(
    db: Database, at: At, statements: Statements, capsys: pytest.CaptureFixture[str]
) -> None:
    loop(db)
    run(db, runtime.start, "p", {}, ANN)
    (task,) = d.tasks(db)
    first = completion(db, statements, task.key, 0)
    for number in range(1, 40):
        (task,) = d.tasks(db)
        run(db, runtime.complete, task.key, {"done": False, f"v{number}": number}, ANN)
    for _ in range(60):
        run(db, runtime.start, "p", {}, ANN)
    oldest = d.instances(db)[0]
    late = completion(db, statements, d.tasks(db, instance_key=oldest.key)[0].key, 41)
    with capsys.disabled():
        print(f"\n{db.engine.dialect.name}: {len(first)} statements for a completion with form, candidates and request id", end=" ")
    assert len(first) == len(late) <= OURS <= LIMIT


def test_the_end_of_one_of_many_children_costs_no_more(db: Database, at: At, statements: Statements) -> None:
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
    d.deploy(db, d.diagram("p", d.start(), d.call("c", "child", items="for i in 1..80 return i"), d.end(), flows="s>c>e"), child)
    run(db, runtime.start, "p", {}, ANN)
    jobs.drain(db)
    ends = [len(completion(db, statements, task.key, number)) for number, task in enumerate(d.tasks(db)[:70])]
    assert len(set(ends)) == 1 and ends[0] <= OURS
    # The parent hears of each in a job of its own, without being loaded.
    costs = []
    while d.jobs_of(db, kind="child_ended"):
        with statements(db) as seen:
            jobs.run_due(db, limit=1)
        costs.append(len(seen))
    assert set(costs) == {costs[0]} and costs[0] <= 6


def test_a_completion_that_opens_everything_at_once_stays_below_the_limit(db: Database, at: At, statements: Statements) -> None:
    """Closes a task with a timer and a message at its border; opens a task with both, and a single child with a task."""
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
    roots = d.message("go", "key")
    borders = [
        d.boundary(f"t{host}", host, d.timer("timeDuration", "PT1H"), interrupting=False)
        + d.boundary(f"m{host}", host, d.on_message("go"), interrupting=False)
        for host in ("a", "b")
    ]
    fork = d.element("parallelGateway", "g")
    elements = (d.start(), d.user("a", form="f1"), d.user("b", form="f1"), d.call("c", "child"), fork, *borders, d.end(), d.end("e2"))
    flows = "s>a>g; g>b>e; g>c>e2; ta>e; ma>e; tb>e; mb>e"
    d.deploy(db, d.diagram("p", *elements, flows=flows, roots=roots), child, FORM)
    for _ in range(2):
        run(db, runtime.start, "p", {"key": "k"}, ANN)
    jobs.drain(db)
    # The first one also finds and parses the child's definition, once after each deployment.
    first, warm = (completion(db, statements, task.key, number) for number, task in enumerate(d.tasks(db)))
    assert len(first) - 2 == len(warm) == LIMIT, warm
    assert sorted(task.element_id for task in d.tasks(db)) == ["b", "b", "visit", "visit"]


def test_a_chunk_of_children_is_started_with_a_handful_of_statements(db: Database, at: At, statements: Statements) -> None:
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
    d.deploy(db, d.diagram("p", d.start(), d.call("c", "child", items="for i in 1..50 return i"), d.end(), flows="s>c>e"), child)
    run(db, runtime.start, "p", {}, ANN)
    with statements(db) as seen:
        assert jobs.run_due(db, limit=1) == 1
    assert len(d.tasks(db)) == 50
    assert len(seen) <= 16


def test_claiming_costs_five_statements(db: Database, at: At, statements: Statements) -> None:
    """Read and write the task; read and write the head of the person's chain; write the record."""
    loop(db)
    run(db, runtime.start, "p", {}, ANN)
    (task,) = d.tasks(db)
    with statements(db) as seen:
        run(db, runtime.claim, task.key, ANN)
    assert len(seen) == 5
