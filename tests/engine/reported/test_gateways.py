"""Joins and gateways, as reported against other engines."""

from __future__ import annotations

import pytest

from app.engine import step as steps
from tests.engine import drawing as d
from tests.engine.conformance.player import Player
from tests.engine.reported.stage import Stage


def split(kind: str) -> tuple[str, str]:
    return d.gateway("f", kind), d.gateway("j", kind)


def test_an_inclusive_join_goes_on_when_a_branch_left_by_its_border() -> None:
    """camunda/camunda#19460"""
    elements = (d.user("a"), d.service("b", "echo"), d.user("z"), d.user("r"), d.end(), d.end("e2"), d.boundary("bo", "b", d.on_error("E")))
    flows = "s>f>[true]a>j>z>e; f>[true]b>j; bo>r>e2"
    p = Player(d.diagram("p", d.start(), *split("inclusive"), *elements, flows=flows, roots=d.error("E"))).start()
    assert p.complete("a").tasks == []
    assert p.error("b", "E").tasks == ["r", "z"]
    assert p.complete("r").complete("z").outcome == "completed"


def test_a_flow_that_is_taken_twice_into_an_inclusive_join_lets_the_instance_end() -> None:
    """camunda/camunda#19464"""
    elements = (
        d.gateway("f", "parallel"),
        d.gateway("j", "inclusive"),
        d.user("a"),
        d.user("b"),
        d.element("manualTask", "m"),
        d.user("c"),
    )
    p = Player(d.diagram("p", d.start(), *elements, d.user("z"), d.end(), flows="s>f>a>m>j>z>e; f>b>m; f>c>j")).start()
    p.complete("a").complete("b").complete("c")
    while p.tasks:
        p.command(steps.Complete(p._open(steps.UserTask, "z")[0].key, {}))
    assert p.outcome == "completed"


def test_an_inclusive_join_waits_for_the_branches_that_were_taken() -> None:
    """paed01/bpmn-elements#46"""
    elements = (d.user("a"), d.user("b"), d.user("c"), d.user("z"), d.end())
    p = Player(d.diagram("p", d.start(), *split("inclusive"), *elements, flows="s>f>[true]a>j>z>e; f>[true]b>j; f>[false]c>j")).start()
    assert p.complete("a").tasks == ["b"]
    assert p.complete("b").tasks == ["z"]


def test_an_inclusive_join_in_an_event_subprocess_does_not_wait_for_the_main_flow() -> None:
    """flowable/flowable-engine#582"""
    inner = (d.on("xs", d.on_message("go"), interrupting=False), *split("inclusive"), d.user("b"), d.user("c"), d.user("x"), d.end("xe"))
    event = d.subprocess("ev", *inner, flows="xs>f>[true]b>j>x>xe; f>[true]c>j", event=True)
    p = Player(d.diagram("p", d.start(), d.user("a"), d.end(), event, flows="s>a>e", roots=d.message("go", "k"))).start(k="1")
    assert p.message("go", "1").complete("b").complete("c").tasks == ["a", "x"]
    assert p.complete("x").complete("a").outcome == "completed"


def test_a_parallel_join_counts_flows_and_not_tokens() -> None:
    """flowable/flowable-engine#4166, bpmn-io/bpmn-js-token-simulation#130"""
    elements = (d.user("a"), d.user("b"), d.element("manualTask", "m"), d.user("c"), d.user("z"), d.end())
    p = Player(d.diagram("p", d.start(), *split("parallel"), *elements, flows="s>f>a>m>j>z>e; f>b>m; f>c>j")).start()
    assert p.complete("a").complete("b").tasks == ["c"]
    assert p.complete("c").tasks == ["z"]


@pytest.mark.parametrize("minutes", [90, 500])
def test_behind_an_event_based_gateway_one_timer_fires(minutes: int) -> None:
    """sartography/spiff-arena#1721"""
    first, second = d.catch("t1", d.timer("timeDuration", "PT1H")), d.catch("t2", d.timer("timeDuration", "PT2H"))
    elements = (d.gateway("g", "eventBased"), first, second, d.user("a"), d.user("b"), d.end(), d.end("e2"))
    p = Player(d.diagram("p", d.start(), *elements, flows="s>g>t1>a>e; g>t2>b>e2")).start().wait(minutes=minutes)
    assert (p.tasks, p.timers) == (["a"], [])


def test_a_token_at_a_gateway_goes_on_after_its_incident(stage: Stage) -> None:
    """camunda/camunda#13070, #22140"""
    wait = d.catch("t", d.timer("timeDuration", "PT1H"))
    elements = (*split("inclusive"), d.user("a"), d.user("b"), d.user("z"), d.end())
    stage.deploy(d.diagram("p", d.start(), wait, *elements, flows="s>t>f>[1 < x]a>j>z>e; f>[default]b>j"))
    instance = stage.start(x=None)
    stage.at("2020-05-21T09:30:00+08:00")
    assert [incident.element_id for incident in stage.incidents] == ["f"]
    stage.set(instance, x=2)
    stage.retry()
    assert stage.tasks == ["a"]
    stage.complete("a")
    stage.complete("z")
    assert stage.states() == ["COMPLETED"]
