"""Moving a token by hand, pulling a timer forward."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from app.db import Database
from app.engine import definition_lookup as definitions
from app.engine import jobs, runtime, token_moves
from app.engine.errors import Conflict
from app.engine.models import ProcessInstance
from tests.engine import drawing as d
from tests.engine.drawing import ANN, BOB
from tests.engine.test_migration import inner, linear, run, timers

At = Callable[[str], datetime]

CHILD = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")


def begin(db: Database, *files: bytes, **variables: Any) -> ProcessInstance:
    d.deploy(db, *files)
    return run(db, runtime.start, "p", variables, ANN, campaign_id=9)


def move(db: Database, instance: ProcessInstance, key: int, to: str, reason: str = "走错了") -> token_moves.Moved:
    return run(db, runtime.move_token, instance.key, key, to, BOB, reason=reason)  # type: ignore[no-any-return]


def test_a_token_goes_where_it_is_put_and_everything_at_its_old_place_ends(db: Database, at: At) -> None:
    border = d.boundary("t", "a", d.timer("timeDuration", "PT1H"))
    instance = begin(db, linear(d.user("a"), border, d.user("b"), d.user("c"), d.end("e2"), flows="s>a>b>c>e; t>e2"))
    (task,) = d.tasks(db)
    with db.reading() as session:
        seen = token_moves.preview_move(session, instance.key, task.key, "c")
    assert [row.element_id for row in d.tasks(db)] == ["a"]
    moved = move(db, instance, task.key, "c")
    assert moved == seen
    assert (moved.before, moved.after, moved.canceled, moved.tasks) == (["a"], ["c"], ["a"], ["c"])
    assert [row.element_id for row in d.tasks(db)] == ["c"]
    assert [row.key for row in d.tasks(db, state="CANCELED")] == [task.key]
    assert timers(db) == {}
    (event,) = d.history(db, "instance.moved")
    assert (event.actor, event.detail["reason"], event.detail["from"], event.detail["to"]) == ("bob", "走错了", "a", "c")
    assert (event.detail["before"], event.detail["after"]) == (["a"], ["c"])
    with pytest.raises(Conflict) as gone:
        move(db, instance, task.key, "b")
    assert gone.value.code == "token_gone"


def test_a_call_activity_that_is_left_cancels_its_children(db: Database, at: At) -> None:
    instance = begin(db, linear(d.call("c", "child"), d.user("b"), flows="s>c>b>e"), CHILD)
    (child,) = d.instances(db, process_id="child")
    move(db, instance, child.parent_activity_key or 0, "b")
    jobs.drain(db)
    assert [row.state for row in d.instances(db, process_id="child")] == ["TERMINATED"]
    assert [row.element_id for row in d.tasks(db)] == ["b"]


def test_a_token_stays_in_its_subprocess_and_off_joins_and_borders(db: Database, at: At) -> None:
    fork, join = d.element("parallelGateway", "f"), d.element("parallelGateway", "j")
    border = d.boundary("t", "u", d.timer("timeDuration", "PT1H"))
    file = linear(inner("u", "a", "b"), border, fork, d.user("x"), d.user("y"), join, d.end("e2"), flows="s>u>f>x>j; f>y>j>e; t>e2")
    instance = begin(db, file)
    (task,) = d.tasks(db)
    process = d.read(db, lambda s: definitions.process_of(s, instance.definition_key))
    assert {each.id for each in token_moves.targets(process, "a")} == {"a", "b", "u_e"}
    assert {each.id for each in token_moves.targets(process, "u")} == {"u", "f", "x", "y", "e", "e2"}
    for target in ("x", "u_s", "nothing"):
        with pytest.raises(Conflict) as refused:
            move(db, instance, task.key, target)
        assert refused.value.code == "no_place"
    assert move(db, instance, task.key, "b").after == ["b", "u"]


def test_a_token_that_waits_at_a_join_can_be_moved_on(db: Database, at: At) -> None:
    fork, join = d.element("parallelGateway", "f"), d.element("parallelGateway", "j")
    instance = begin(db, linear(fork, d.user("a"), d.user("b"), join, d.user("z"), flows="s>f>a>j; f>b>j>z>e"))
    run(db, runtime.complete, d.task(db, "a").key, {}, ANN)
    with db.reading() as session:
        (place,) = [row for row in token_moves.places(session.get_one(ProcessInstance, instance.key)) if row.joining]
    assert move(db, instance, place.key, "z").after == ["b", "z"]


def test_a_reason_is_wanted_and_a_suspended_instance_stays_as_it_is(db: Database, at: At) -> None:
    instance = begin(db, linear(d.user("a"), d.user("b"), flows="s>a>b>e"))
    (task,) = d.tasks(db)
    with pytest.raises(Conflict) as refused:
        move(db, instance, task.key, "b", reason="  ")
    assert refused.value.code == "reason_needed"
    run(db, runtime.suspend, instance.key, ANN)
    with pytest.raises(Conflict) as refused:
        move(db, instance, task.key, "b")
    assert refused.value.code == "instance_suspended"


def test_a_timer_fires_when_it_is_told_to_and_not_later(db: Database, at: At) -> None:
    border = d.boundary("t", "a", d.timer("timeDuration", "PT9H"))
    instance = begin(db, linear(d.user("a"), border, d.user("late"), d.end("e2"), flows="s>a>e; t>late>e2"))
    (job,) = d.jobs_of(db, kind="timer")
    with pytest.raises(Conflict) as refused:
        run(db, runtime.pull_timer, job.key, d.at("2020-05-22T18:00:00+08:00"), BOB, reason="演练")
    assert refused.value.code == "timer_later"
    run(db, runtime.pull_timer, job.key, d.at("2020-05-20T18:00:00+08:00"), BOB, reason="演练")
    jobs.drain(db)
    assert [row.element_id for row in d.tasks(db)] == ["late"]
    (event,) = d.history(db, "timer.pulled")
    assert (event.detail["reason"], event.instance_key) == ("演练", instance.key)
    assert event.detail["old"] > event.detail["new"]


def test_a_cycle_whose_turn_is_pulled_forward_keeps_its_other_turns(db: Database, at: At) -> None:
    cycle = d.boundary("t", "a", d.timer("timeCycle", "R3/PT2H"), interrupting=False)
    begin(db, linear(d.user("a"), cycle, d.end("e2"), flows="s>a>e; t>e2"))
    (job,) = d.jobs_of(db, kind="timer")
    run(db, runtime.pull_timer, job.key, d.at("2020-05-21T08:30:00+08:00"), BOB, reason="演练")
    at("2020-05-21T08:30:00+08:00")
    jobs.drain(db)
    assert timers(db) == {"t": d.at("2020-05-21T12:00:00+08:00")}
