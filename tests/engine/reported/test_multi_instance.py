"""Multi-instance call activities, as reported against other engines."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import runtime
from app.engine.errors import StepFailed
from tests.engine import drawing as d
from tests.engine.drawing import ANN
from tests.engine.reported.stage import CHILD, Stage


def many(items: str = "[1,2,3]", *more: str, flows: str = "", **how: Any) -> bytes:
    """One child for each of *items*, then a task."""
    elements = (d.start(), d.call("c", "child", items=items, **how), d.user("after"), d.end(), *more)
    return d.diagram("p", *elements, flows=f"s>c>after>e; {flows}")


# --- the completion condition sees the instance that ended ----------------------------------------------------------------


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize(
    ("condition", "answers", "asked"),
    [
        # camunda/camunda#8321: it sees the input element and what the instance has found
        ("item = 1", [{}], 1),
        ("item = 2", [{}, {}], 2),
        ("r = false", [{"r": False}], 1),
        ("r = false", [{"r": True}, {"r": False}], 2),
        ("loopCounter = 2", [{"r": 1}, {"r": 1}], 2),
        ("r > limit", [{"r": 3}, {"r": 8}], 2),
        ("count(out[item != null]) = 2", [{"r": 1}, {"r": 1}], 2),
        ("numberOfCompletedInstances >= 2 and item = 2", [{"r": 1}, {"r": 1}], 2),
        ("numberOfActiveInstances + numberOfCompletedInstances + numberOfTerminatedInstances > 3", [{}, {}, {}], 3),
    ],
)
def test_a_completion_condition_sees_the_instance_that_ended(
    stage: Stage, condition: str, answers: list[dict[str, Any]], asked: int, sequential: bool
) -> None:
    stage.deploy(many(output=("out", "r"), enough=condition, sequential=sequential), CHILD)
    stage.start(limit=5)
    for answer in answers:
        assert stage.tasks == ["visit"] * (1 if sequential else len(stage.tasks))
        stage.complete("visit", **answer)
    assert stage.tasks == ["after"]
    assert stage.states("child").count("COMPLETED") == asked
    assert stage.incidents == []


def test_it_sees_what_the_output_mappings_make_of_it(stage: Stage) -> None:
    mapped = d.mappings(output=[("=r.ok", "found.ok"), ("=r.n + limit", "found.n")])
    call = d.call("c", "child", items="[1,2,3]", enough="found.ok = true and found.n = 12")
    call = call.replace("<bpmn:extensionElements>", f"<bpmn:extensionElements>{mapped}", 1)
    stage.deploy(CHILD, d.diagram("p", d.start(), call, d.user("after"), d.end(), flows="s>c>after>e"))
    stage.start(limit=5)
    stage.complete("visit", r={"ok": True, "n": 1})
    assert stage.tasks == ["visit", "visit"]
    stage.complete("visit", r={"ok": True, "n": 7})
    assert stage.tasks == ["after"]


def test_it_sees_the_parents_variables_as_they_are_now(stage: Stage) -> None:
    """Not the copies that the children were started with."""
    stage.deploy(many(enough="enough"), CHILD)
    instance = stage.start(enough=False)
    stage.complete("visit")
    stage.set(instance, enough=True)
    assert stage.tasks == ["visit", "visit"]
    stage.complete("visit")
    assert stage.tasks == ["after"]


def test_a_child_that_was_cancelled_counts_as_terminated_and_has_found_nothing(stage: Stage) -> None:
    stage.deploy(many(enough="r = 1 or (numberOfTerminatedInstances = 1 and item = 3)"), CHILD)
    stage.start()
    stage.run(runtime.cancel, d.instances(stage.db, process_id="child")[0].key, ANN)
    stage.drain()
    stage.complete("visit", r=0)
    assert stage.tasks == ["visit"]
    stage.complete("visit", r=0)
    assert stage.tasks == ["after"]


def test_a_condition_that_is_neither_true_nor_false_is_an_incident_that_can_be_mended(stage: Stage) -> None:
    stage.deploy(many(enough="r > limit"), CHILD)
    instance = stage.start(limit=None)
    stage.complete("visit", r=3)
    (incident,) = stage.incidents
    assert (incident.element_id, "neither true nor false" in incident.message) == ("c", True)
    assert stage.tasks == ["visit", "visit"]
    stage.set(instance, limit=2)
    stage.retry()
    assert (stage.tasks, stage.states("child")) == (["after"], ["COMPLETED", "TERMINATED", "TERMINATED"])


# --- collections ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [False, True])
def test_the_input_collection_is_changed_meanwhile(stage: Stage, sequential: bool) -> None:
    """camunda/camunda#31837, #6952, #6953"""
    stage.deploy(many("list", output=("out", "r"), sequential=sequential), CHILD)
    instance = stage.start(list=[1, 2, 3])
    stage.set(instance, list="no list any more", out=123)
    for number in (1, 2, 3):
        stage.complete("visit", r=number)
    assert (stage.tasks, stage.variables()["out"], stage.incidents) == (["after"], [1, 2, 3], [])


def test_the_output_collection_has_the_order_of_the_input(stage: Stage) -> None:
    """camunda/camunda#15824"""
    child = d.diagram(
        "child", d.start(), d.user("visit"), d.script("k", "item * 1", "q"), d.script("l", "q", "r"), d.end(), flows="s>visit>k>l>e"
    )
    stage.deploy(many("[1,2,3,4,5]", output=("out", "r")), child)
    stage.start()
    for task in reversed(d.tasks(stage.db)):
        stage.run(runtime.complete, task.key, {}, ANN)
        stage.drain()
    assert stage.variables()["out"] == [1, 2, 3, 4, 5]


def test_an_empty_collection_goes_on_and_none_is_an_incident(stage: Stage) -> None:
    """pbinitiative/zenbpm#745"""
    late = d.boundary("b", "c", d.timer("timeDuration", "PT1H"))
    stage.deploy(
        many("list", late, d.user("late"), d.end("e2"), flows="b>late>e2", output=("out", "r"), enough="numberOfCompletedInstances = 1"),
        CHILD,
    )
    stage.start(list=[])
    assert (stage.tasks, stage.variables()["out"], stage.timers, d.instances(stage.db, process_id="child")) == (["after"], [], {}, [])
    with pytest.raises(StepFailed, match="is not a list"):
        stage.start(list=None)


def test_the_flow_comes_to_it_a_second_time(stage: Stage) -> None:
    """sartography/SpiffWorkflow#198"""
    elements = (d.gateway("m"), d.call("c", "child", items="[1,2]"), d.user("again"), d.gateway("g"), d.end())
    stage.deploy(CHILD, d.diagram("p", d.start(), *elements, flows="s>m>c>again>g>[more]m; g>[default]e"))
    stage.start(more=False)
    for more in (True, True, False):
        stage.complete("visit")
        stage.complete("visit")
        stage.complete("again", more=more)
    assert (stage.states(), len(stage.states("child"))) == (["COMPLETED"], 6)


# --- borders --------------------------------------------------------------------------------------------------------------


def test_an_interrupting_timer_ends_a_sequence(stage: Stage) -> None:
    """sartography/spiff-arena#2944"""
    late = d.boundary("b", "c", d.timer("timeDuration", "PT1H"))
    stage.deploy(many("[1,2,3]", late, d.user("late"), d.end("e2"), flows="b>late>e2", sequential=True), CHILD)
    stage.start()
    stage.complete("visit")
    stage.at("2020-05-21T09:30:00+08:00")
    assert (stage.tasks, stage.states("child")) == (["late"], ["COMPLETED", "TERMINATED"])
    stage.complete("late")
    assert stage.states() == ["COMPLETED"]


def test_a_cycle_at_the_border_goes_on_while_the_instances_run(stage: Stage) -> None:
    remind = d.boundary("b", "c", d.timer("timeCycle", "R/PT1H"), interrupting=False)
    stage.deploy(many("[1,2]", remind, d.user("n"), d.end("e2"), flows="b>n>e2"), CHILD)
    stage.start()
    stage.at("2020-05-21T09:00:00+08:00")
    stage.complete("visit")
    stage.at("2020-05-21T13:30:00+08:00")
    assert stage.tasks == ["n", "n", "visit"]
    assert stage.timers == {"b": d.at("2020-05-21T14:00:00+08:00")}
    stage.complete("visit")
    assert (stage.tasks, stage.timers) == (["after", "n", "n"], {})


@pytest.mark.parametrize(("items", "sequential"), [("[1,2,3]", True), ("[2,2]", False)])
def test_an_error_of_one_instance_is_caught_once_at_the_border(stage: Stage, items: str, sequential: bool) -> None:
    """bpmnServer/bpmn-server#197; camunda/camunda#4601 is held by ``test_children``"""
    bad = d.end("bad", d.on_error("E"))
    child = d.diagram(
        "child", d.start(), d.user("visit"), d.gateway("g"), bad, d.end(), flows="s>visit>g>[item = 2]bad; g>[default]e", roots=d.error("E")
    )
    fix = (d.user("fix"), d.end("e2"), d.boundary("b", "c", d.on_error("E")))
    call = d.call("c", "child", items=items, sequential=sequential)
    elements = (d.start(), call, d.user("after"), d.end(), *fix)
    stage.deploy(child, d.diagram("p", *elements, flows="s>c>after>e; b>fix>e2", roots=d.error("E")))
    stage.start()
    if sequential:
        stage.complete("visit")
        stage.complete("visit")
        assert stage.states("child") == ["COMPLETED", "TERMINATED"]
    else:
        for task in d.tasks(stage.db):
            stage.run(runtime.complete, task.key, {}, ANN)
        stage.drain()
    assert (stage.tasks, stage.incidents) == (["fix"], [])
