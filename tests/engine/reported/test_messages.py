"""Messages, signals and repeated requests, as reported against other engines.

Held elsewhere already: a message after its time to live (camunda/camunda#3396), one instance per key (#3408), a suspended instance (#58766)
and a signal that reaches its sender (sartography/spiff-arena#1873) in ``test_messages`` and ``test_jobs``; endless recursion of calls in
``test_runtime``.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.engine import runtime
from app.engine.errors import Conflict, NotFound, StepFailed
from tests.engine import drawing as d
from tests.engine.conformance.player import Player
from tests.engine.drawing import ANN, BOB
from tests.engine.reported.stage import CAMPAIGN, Stage

WAITS = d.diagram("p", d.start(), d.catch("c", d.on_message("m")), d.user("after"), d.end(), flows="s>c>after>e", roots=d.message("m", "k"))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (-3, "-3"),
        (1e15, "1000000000000000"),
        (0.00001, "0.00001"),
        ("7", "7"),
        ("", ""),
        ("2020-05-21", "2020-05-21"),
        (["a", 1], '["a",1]'),
    ],
)
def test_a_correlation_key_is_written_as_feel_writes_it(key: Any, text: str) -> None:
    p = Player(WAITS).start(k=key)
    assert p.waits == [("c", "m", text)]
    assert p.message("m", text).tasks == ["after"]


def test_a_date_is_a_key_too() -> None:
    p = Player(WAITS.replace(b'correlationKey="=k"', b'correlationKey="=date(k)"')).start(k=date(2020, 5, 21).isoformat())
    assert p.waits == [("c", "m", "2020-05-21")]


@pytest.mark.parametrize("key", [True, False, 7, 7.5])
def test_a_thrown_message_reaches_who_waits_with_a_key_of_its_type(stage: Stage, key: Any) -> None:
    sender = d.diagram("q", d.start(), d.throw("t", d.on_message("m")), d.end(), flows="s>t>e", roots=d.message("m", "k"))
    stage.deploy(WAITS, sender)
    stage.start(k=key)
    stage.start(k="other")
    stage.start("q", k=key)
    assert (stage.tasks, stage.waits) == (["after"], ["c"])


def test_a_key_without_a_value_fails_where_it_is_waited_for() -> None:
    with pytest.raises(StepFailed, match="has no value"):
        Player(WAITS).start(k=None)


def test_two_messages_of_one_moment_both_come(stage: Stage) -> None:
    """camunda/camunda#3012"""
    border = d.boundary("b", "a", d.on_message("m"), interrupting=False)
    elements = (d.start(), d.user("a"), d.user("n"), d.end(), d.end("e2"), border)
    stage.deploy(d.diagram("p", *elements, flows="s>a>e; b>n>e2", roots=d.message("m", "k")))
    stage.start(k="1")
    stage.publish("m", "1", drain=False)
    stage.publish("m", "1", drain=False)
    stage.drain()
    assert stage.tasks == ["a", "n", "n"]


def test_messages_that_wait_are_taken_once_each_in_their_order(stage: Stage) -> None:
    """camunda/camunda#2688"""
    loop = (d.gateway("m1"), d.catch("c", d.on_message("m")), d.script("k", "append(seen, n)", "seen"), d.gateway("g"), d.user("after"))
    flows = "s>m1>c>k>g>[count(seen) < 3]m1; g>[default]after>e"
    stage.deploy(d.diagram("p", d.start(), *loop, d.end(), flows=flows, roots=d.message("m", "key")))
    for number in (1, 2, 3):
        stage.publish("m", "1", ttl=60, n=number)
    stage.start(key="1", seen=[])
    assert (stage.tasks, stage.variables()["seen"]) == (["after"], [1, 2, 3])


def test_a_message_that_lived_when_it_was_waited_for_is_received_however_late_the_worker_looks(stage: Stage) -> None:
    """The other side of camunda/camunda#3396"""
    stage.deploy(WAITS)
    stage.publish("m", "1", ttl=5)
    stage.at("2020-05-21T08:00:03+08:00")
    stage.run(runtime.start, "p", {"k": "1"}, ANN, campaign_id=CAMPAIGN)
    stage.at("2020-05-21T08:00:09+08:00")
    assert stage.tasks == ["after"]


def test_a_signal_starts_one_instance_at_its_own_start_event(stage: Stage) -> None:
    """camunda/camunda#41576, #33952"""
    elements = (d.start(), d.element("startEvent", "ss", d.on_signal("go")), d.user("a"), d.user("b"), d.end())
    stage.deploy(d.diagram("p", *elements, flows="s>a>e; ss>b>e", roots=d.signal("go")))
    for number in range(1, 5):
        stage.signal("go")
        assert stage.tasks == ["b"] * number


def test_complete_and_cancel_and_complete_twice(stage: Stage) -> None:
    """camunda/camunda#2542"""
    stage.deploy(d.diagram("p", d.start(), d.user("a"), d.user("b"), d.end(), flows="s>a>b>e"))
    instance = stage.start()
    (task,) = d.tasks(stage.db)
    for _ in range(2):
        stage.run(runtime.complete, task.key, {"x": 1}, ANN, request_id="r1")
        assert stage.tasks == ["b"]
    with pytest.raises((Conflict, NotFound)):
        stage.run(runtime.complete, task.key, {"x": 2}, BOB, request_id="r2")
    with pytest.raises(Conflict):
        stage.run(runtime.complete, task.key, {"x": 9}, ANN, request_id="r1")
    assert stage.variables() == {"x": 1}
    (second,) = d.tasks(stage.db)
    stage.run(runtime.cancel, instance.key, ANN, reason="重复")
    with pytest.raises((Conflict, NotFound)):
        stage.run(runtime.complete, second.key, {}, ANN)
    assert stage.states() == ["TERMINATED"]


def test_messages_that_wait_are_taken_by_an_event_subprocess_of_a_new_instance(stage: Stage) -> None:
    asks = d.subprocess("x", d.on("xs", d.on_message("m"), interrupting=False), d.user("xt"), d.end("xe"), flows="xs>xt>xe", event=True)
    stage.deploy(d.diagram("p", d.start(), d.user("a"), d.end(), asks, flows="s>a>e", roots=d.message("m", "k")))
    stage.publish("m", "1", ttl=600)
    stage.publish("m", "1", ttl=600)
    stage.start(k="1")
    assert stage.tasks == ["a", "xt", "xt"]


def test_a_message_that_an_instance_throws_may_be_its_own(stage: Stage) -> None:
    elements = (d.start(), d.gateway("g", "parallel"), d.catch("c", d.on_message("m")), d.user("a"), d.throw("t", d.on_message("m")))
    ends = (d.end(), d.user("z"), d.end("e2"))
    stage.deploy(d.diagram("p", *elements, *ends, flows="s>g>c>z>e2; g>a>t>e", roots=d.message("m", "k")))
    stage.start(k="  张 三 ")
    stage.complete("a")
    assert stage.tasks == ["z"]
