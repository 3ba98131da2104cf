"""Event subprocesses inside a subprocess: each kind of start, interrupting and not, and what stays of it."""

from __future__ import annotations

import pytest

from app.engine import step as steps
from tests.engine import drawing as d
from tests.engine.conformance.player import Player

GO, STOP = d.message("go", "k"), d.message("stop", "k")
TERMINATE = "<bpmn:terminateEventDefinition/>"
AFTER = (d.user("z"), d.end())


def event(id: str, definition: str, *inner: str, interrupting: bool = True, flows: str = "") -> str:
    """An event subprocess with one task, ``<id>_t``, or other content."""
    content = inner or (d.user(f"{id}_t"), d.end(f"{id}_e"))
    return d.subprocess(
        id, d.on(f"{id}_s", definition, interrupting=interrupting), *content, flows=flows or f"{id}_s>{id}_t>{id}_e", event=True
    )


def inside(*events: str, roots: str = "") -> Player:
    """A subprocess with the task ``a`` and *events*; after it comes the task ``z``."""
    body = d.subprocess("p1", d.start("is"), d.user("a"), d.end("ie"), *events, flows="is>a>ie")
    return Player(d.diagram("p", d.start(), body, *AFTER, flows="s>p1>z>e", roots=roots)).start(k="1")


def test_a_message_that_does_not_interrupt_comes_as_often_as_it_is_sent() -> None:
    p = inside(event("x", d.on_message("go"), interrupting=False), roots=GO)
    p.message("go", "1").message("go", "1")
    assert p.tasks == ["a", "x_t", "x_t"]
    p.complete("a")
    assert (p.tasks, p.waits) == (["x_t", "x_t"], [("x_s", "go", "1")]), "the scope is open while anything of it is"
    for row in [row for row in p.open.values() if isinstance(row, steps.UserTask)]:
        p.command(steps.Complete(row.key, {}))
    assert (p.tasks, p.waits) == (["z"], [])


def test_a_signal_that_does_not_interrupt_comes_as_often_as_it_is_sent() -> None:
    p = inside(event("x", d.on_signal("go"), interrupting=False), roots=d.signal("go")).signal("go").signal("go")
    assert p.tasks == ["a", "x_t", "x_t"]


@pytest.mark.parametrize(("cycle", "times"), [("R3/PT1H", 3), ("R1/PT1H", 1)])
def test_a_cycle_comes_as_often_as_it_says(cycle: str, times: int) -> None:
    p = inside(event("x", d.timer("timeCycle", cycle), interrupting=False)).wait(hours=6)
    assert (p.tasks, p.timers) == (["a", *["x_t"] * times], [])


def test_a_cycle_ends_with_its_scope() -> None:
    p = inside(event("x", d.timer("timeCycle", "R/PT1H"), interrupting=False)).wait(minutes=10).complete("a")
    assert (p.tasks, p.timers) == (["z"], [])


@pytest.mark.parametrize("kind", ["timer", "signal", "message"])
def test_an_interrupting_one_ends_the_scope_with_its_own_end(kind: str) -> None:
    definition = {"timer": d.timer("timeDuration", "PT1H"), "signal": d.on_signal("go"), "message": d.on_message("go")}[kind]
    p = inside(event("x", definition), roots=GO + d.signal("go"))
    {"timer": lambda: p.wait(hours=3), "signal": lambda: p.signal("go"), "message": lambda: p.message("go", "1")}[kind]()
    assert (p.tasks, p.waits, p.timers) == (["x_t"], [], [])
    assert p.complete("x_t").tasks == ["z"]


@pytest.mark.parametrize(
    ("caught", "interrupting", "tasks"),
    [("E", False, ["a", "x_t"]), ("E", True, ["x_t"]), ("F", True, ["a"]), ("", False, ["a", "x_t"]), ("", True, ["x_t"])],
)
def test_an_escalation_is_caught_by_its_code_or_by_any(caught: str, interrupting: bool, tasks: list[str]) -> None:
    definition = d.on_escalation(caught) if caught else "<bpmn:escalationEventDefinition/>"
    inner = (d.start("is"), d.throw("t", d.on_escalation("E")), d.user("a"), d.end("ie"), event("x", definition, interrupting=interrupting))
    body = d.subprocess("p1", *inner, flows="is>t>a>ie")
    roots = d.escalation("E") + d.escalation("F")
    p = Player(d.diagram("p", d.start(), body, *AFTER, flows="s>p1>z>e", roots=roots)).start()
    assert p.tasks == tasks


def test_an_error_from_a_deeper_subprocess_is_caught_above_it() -> None:
    deeper = d.subprocess("p2", d.start("i2"), d.end("b2", d.on_error("E")), flows="i2>b2")
    inner = (d.start("is"), deeper, d.user("a"), d.end("ie"), event("x", d.on_error("E")))
    body = d.subprocess("p1", *inner, flows="is>p2>a>ie")
    p = Player(d.diagram("p", d.start(), body, *AFTER, flows="s>p1>z>e", roots=d.error("E"))).start()
    assert (p.tasks, p.complete("x_t").tasks) == (["x_t"], ["z"])


@pytest.mark.parametrize(("code", "task"), [("E", "c"), ("404", "f"), (404, "f")])
def test_a_thrown_code_may_be_an_expression(code: object, task: str) -> None:
    thrown = '<bpmn:error id="e_X" name="X" errorCode="=code"/>'
    body = d.subprocess("p1", d.start("is"), d.end("b", d.on_error("X")), flows="is>b")
    borders = (d.boundary("bc", "p1", d.on_error("E")), d.boundary("bf", "p1", d.on_error("404")))
    elements = (d.start(), body, *AFTER, *borders, d.user("c"), d.end("e2"), d.user("f"), d.end("e3"))
    file = d.diagram("p", *elements, flows="s>p1>z>e; bc>c>e2; bf>f>e3", roots=thrown + d.error("E") + d.error("404"))
    assert Player(file).start(code=code).tasks == [task]


def test_one_inside_another_is_armed_while_that_runs() -> None:
    deep = event("y", d.on_message("stop"))
    outer = event("x", d.on_message("go"), d.user("x_t"), d.end("x_e"), deep, interrupting=False, flows="x_s>x_t>x_e")
    p = inside(outer, roots=GO + STOP)
    assert p.waits == [("x_s", "go", "1")]
    assert p.message("go", "1").waits == [("x_s", "go", "1"), ("y_s", "stop", "1")]
    assert p.message("stop", "1").tasks == ["a", "y_t"]
    assert (p.complete("y_t").tasks, p.waits) == (["a"], [("x_s", "go", "1")])


def test_an_interrupting_one_ends_those_that_run_beside_it() -> None:
    p = inside(event("x", d.on_message("go"), interrupting=False), event("y", d.on_message("stop")), roots=GO + STOP)
    assert (p.message("go", "1").message("stop", "1").tasks, p.waits) == (["y_t"], [])


def test_terminate_in_one_ends_that_alone() -> None:
    p = inside(event("x", d.on_message("go"), d.end("x_e", TERMINATE), interrupting=False, flows="x_s>x_e"), roots=GO)
    assert p.message("go", "1").tasks == ["a"]


def test_the_border_of_the_subprocess_stays_armed_after_it_was_interrupted_inside() -> None:
    body = d.subprocess("p1", d.start("is"), d.user("a"), d.end("ie"), event("x", d.on_message("stop")), flows="is>a>ie")
    border = d.boundary("b", "p1", d.on_message("go"), interrupting=False)
    elements = (d.start(), body, *AFTER, border, d.user("n"), d.end("e2"))
    p = Player(d.diagram("p", *elements, flows="s>p1>z>e; b>n>e2", roots=GO + STOP)).start(k="1").message("stop", "1")
    assert p.waits == [("b", "go", "1")]
    assert p.message("go", "1").tasks == ["n", "x_t"]
    assert (p.complete("x_t").tasks, p.waits) == (["n", "z"], [])
