"""A request that arrives twice is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from app.db import Database
from app.engine import errors, idempotency, runtime
from tests.engine import drawing as d
from tests.engine.drawing import ANN, BOB

At = Callable[[str], datetime]


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


@pytest.fixture
def process(db: Database, at: At) -> None:
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), d.user("b"), d.end(), flows="s>a>b>e"))


def test_the_same_completion_again_gives_the_first_result(db: Database, process: None) -> None:
    run(db, runtime.start, "p", {}, ANN)
    key = d.task(db, "a").key
    first = run(db, runtime.complete, key, {"x": 1}, ANN, request_id="r1")
    history = len(d.history(db))
    again = run(db, runtime.complete, key, {"x": 1}, ANN, request_id="r1")
    assert (again.key, again.state, again.completed_at) == (first.key, "COMPLETED", first.completed_at)
    assert len(d.history(db)) == history
    assert d.read(db, lambda s: runtime.answered(s, ANN, "r1")) == {"task": key}
    assert d.read(db, lambda s: runtime.answered(s, BOB, "r1")) is None


def test_the_same_request_id_for_something_else_is_refused(db: Database, process: None) -> None:
    run(db, runtime.start, "p", {}, ANN)
    key = d.task(db, "a").key
    run(db, runtime.complete, key, {"x": 1}, ANN, request_id="r1")
    with pytest.raises(errors.Conflict) as refused:
        run(db, runtime.complete, key, {"x": 2}, ANN, request_id="r1")
    assert refused.value.code == "request_reused"
    with pytest.raises(errors.Conflict) as refused:
        run(db, runtime.complete, d.task(db, "b").key, {"x": 1}, ANN, request_id="r1")
    assert refused.value.code == "request_reused"
    # Another person's request ids are others.
    run(db, runtime.complete, d.task(db, "b").key, {}, BOB, request_id="r1")


def test_a_request_that_failed_may_come_again(db: Database, process: None) -> None:
    run(db, runtime.start, "p", {}, ANN)
    key = d.task(db, "a").key

    def fails(session: Any) -> None:
        runtime.complete(session, key, {"x": 1}, ANN, request_id="r1")
        raise LookupError

    with pytest.raises(LookupError):
        db.in_transaction(fails)
    assert d.read(db, lambda s: runtime.answered(s, ANN, "r1")) is None
    run(db, runtime.complete, key, {"x": 1}, ANN, request_id="r1")
    assert d.task(db, "b")


def test_the_same_start_again_gives_the_same_instance(db: Database, process: None) -> None:
    first = run(db, runtime.start, "p", {"x": 1}, ANN, request_id="r1")
    assert run(db, runtime.start, "p", {"x": 1}, ANN, request_id="r1").key == first.key
    assert len(d.instances(db)) == 1


def test_names_in_another_order_are_the_same_request() -> None:
    assert idempotency.digest("complete", 1, {"a": 1, "b": {"c": 2, "d": 3}}) == idempotency.digest(
        "complete", 1, {"b": {"d": 3, "c": 2}, "a": 1}
    )
    assert idempotency.digest("complete", 1, {"a": 1}) != idempotency.digest("complete", 2, {"a": 1})


@pytest.mark.parametrize("verb", ["start", "complete"])
def test_of_two_equal_requests_at_one_moment_one_wins_and_both_get_its_result(
    db: Database, process: None, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked for a first answer and found none before either writes."""
    run(db, runtime.start, "p", {}, ANN)
    task = d.task(db, "a")
    meeting = threading.Barrier(2, timeout=20)
    met: set[int] = set()
    name = "_locked_task" if verb == "complete" else "find"
    place: Any = runtime if verb == "complete" else idempotency
    look = getattr(place, name)

    def look_together(*args: Any) -> Any:
        found = look(*args)
        me = threading.get_ident()
        # A completion on PostgreSQL holds its instance here: there the second waits in its look.
        if me not in met and (verb == "start" or db.is_sqlite):
            met.add(me)
            meeting.wait()
        return found

    monkeypatch.setattr(place, name, look_together)
    results: list[Any] = []

    def act() -> None:
        if verb == "start":
            results.append(run(db, runtime.start, "p", {"x": 1}, ANN, request_id="r1").key)
        else:
            results.append(run(db, runtime.complete, task.key, {"x": 1}, ANN, request_id="r1").completed_at)

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == 2 and results[0] == results[1]
    assert len(d.instances(db)) == (2 if verb == "start" else 1)
    assert len(d.history(db, "task.completed")) == (0 if verb == "start" else 1)
