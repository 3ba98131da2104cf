"""Called processes: errors and escalations that leave them, variables in and out, one or many; and what terminates them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine import drawing as d
from tests.engine.reported.stage import CHILD, Stage

AFTER = (d.user("z"), d.end())
FAILS = d.diagram("child", d.start(), d.user("v"), d.end("e", d.on_error("E")), flows="s>v>e", roots=d.error("E"))
ESCALATES = d.diagram(
    "child", d.start(), d.throw("t", d.on_escalation("E")), d.user("v"), d.end(), flows="s>t>v>e", roots=d.escalation("E")
)
ROOTS = d.error("E") + d.escalation("E") + d.message("go", "k")


def calling(call: str, definition: str = "", *, interrupting: bool = True) -> bytes:
    """``p`` calls *call* ``c`` and goes to ``z``; a border with *definition* leads to ``l``."""
    border = (d.boundary("b", "c", definition, interrupting=interrupting), d.user("l"), d.end("e2")) if definition else ()
    return d.diagram("p", d.start(), call, *AFTER, *border, flows="s>c>z>e" + ("; b>l>e2" if border else ""), roots=ROOTS)


def passing(call: str, mappings: str = "", **flags: str) -> str:
    """*call* with mappings and flags of its called element."""
    written = "".join(f'{name}="{value}" ' for name, value in flags.items())
    return call.replace("<zeebe:calledElement ", f"<zeebe:calledElement {written}").replace(
        "</bpmn:extensionElements>", f"{mappings}</bpmn:extensionElements>", 1
    )


def test_an_error_goes_to_the_border_of_the_call(stage: Stage) -> None:
    stage.deploy(FAILS, calling(d.call("c", "child"), d.on_error("E")))
    stage.start()
    stage.complete("v")
    assert (stage.tasks, stage.states("child")) == (["l"], ["TERMINATED"])


def test_an_error_goes_through_a_process_that_does_not_catch_it(stage: Stage) -> None:
    between = d.diagram("between", d.start(), d.call("c", "child"), d.end(), flows="s>c>e")
    stage.deploy(FAILS, between, calling(d.call("c", "between"), d.on_error("E")))
    stage.start()
    stage.complete("v")
    assert (stage.tasks, stage.states("child"), stage.states("between")) == (["l"], ["TERMINATED"], ["TERMINATED"])


def test_an_error_goes_to_an_event_subprocess_of_the_caller(stage: Stage) -> None:
    catches = d.subprocess("x", d.on("xs", d.on_error("E")), d.user("xt"), d.end("xe"), flows="xs>xt>xe", event=True)
    stage.deploy(FAILS, d.diagram("p", d.start(), d.call("c", "child"), *AFTER, catches, flows="s>c>z>e", roots=ROOTS))
    stage.start()
    stage.complete("v")
    assert stage.tasks == ["xt"]
    stage.complete("xt")
    assert stage.states() == ["COMPLETED"]


@pytest.mark.parametrize(("interrupting", "tasks", "state"), [(True, ["l"], "TERMINATED"), (False, ["l", "v"], "ACTIVE")])
def test_an_escalation_goes_to_the_border_of_the_call(stage: Stage, interrupting: bool, tasks: list[str], state: str) -> None:
    stage.deploy(ESCALATES, calling(d.call("c", "child"), d.on_escalation("E"), interrupting=interrupting))
    stage.start()
    assert (stage.tasks, stage.states("child")) == (tasks, [state])


@pytest.mark.parametrize(
    ("flags", "mappings", "given", "result"),
    [
        ({}, "", {"x": 1}, {"x": 1, "y": 2}),
        ({"propagateAllChildVariables": "false"}, d.mappings(output=[("=y + 1", "r")]), {"x": 1}, {"x": 1, "r": 3}),
        ({"propagateAllParentVariables": "false"}, d.mappings(input=[("=x + 1", "own")]), {"own": 2}, {"x": 1, "y": 2}),
    ],
    ids=["all", "chosen results", "chosen inputs"],
)
def test_what_goes_in_and_comes_out(stage: Stage, flags: dict[str, str], mappings: str, given: Any, result: Any) -> None:
    stage.deploy(CHILD, calling(passing(d.call("c", "child"), mappings, **flags)))
    stage.start(x=1)
    assert stage.variables("child") == given
    stage.complete("visit", y=2)
    assert stage.variables() == result


def test_an_error_of_the_first_ends_a_sequence(stage: Stage) -> None:
    stage.deploy(FAILS, calling(d.call("c", "child", items="[1, 2]", sequential=True), d.on_error("E")))
    stage.start()
    stage.complete("v")
    assert (stage.tasks, stage.states("child")) == (["l"], ["TERMINATED"])


def test_a_message_at_the_border_ends_those_that_run(stage: Stage) -> None:
    stage.deploy(CHILD, calling(d.call("c", "child", items="[1, 2, 3]"), d.on_message("go")))
    stage.start(k="1")
    stage.complete("visit")
    stage.publish("go", "1")
    assert (stage.tasks, sorted(stage.states("child"))) == (["l"], ["COMPLETED", "TERMINATED", "TERMINATED"])


def test_enough_have_ended(stage: Stage) -> None:
    enough = d.call("c", "child", items="[1, 2, 3]", output=("out", "ok"), enough="numberOfCompletedInstances = 2")
    stage.deploy(CHILD, calling(enough))
    stage.start()
    stage.complete("visit", ok="a")
    stage.complete("visit", ok="b")
    assert (stage.tasks, sorted(stage.states("child"))) == (["z"], ["COMPLETED", "COMPLETED", "TERMINATED"])
    assert stage.variables()["out"] == ["a", "b", None]


def test_long_numbers_go_in_and_come_out_whole(stage: Stage) -> None:
    stage.deploy(CHILD, calling(d.call("c", "child", items="ids", output=("out", "item + 1"))))
    stage.start(ids=[110101199003070011, 6222021234567890123])
    stage.complete("visit")
    stage.complete("visit")
    assert stage.variables()["out"] == [110101199003070012, 6222021234567890124]
