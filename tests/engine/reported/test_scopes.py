"""Events, event subprocesses and the ends of scopes, as reported against other engines. Each names the reports it comes from."""

from __future__ import annotations

import pytest

from app.engine import step as steps
from app.engine.errors import Refused, StepFailed
from tests.engine import drawing as d
from tests.engine.conformance.player import Player
from tests.engine.reported.stage import CHILD, Stage

GO, STOP = d.message("go", "k"), d.message("stop", "k")
TERMINATE = "<bpmn:terminateEventDefinition/>"
CATCH_ALL = "<bpmn:errorEventDefinition/>"


def on_event(id: str, definition: str, *inner: str, interrupting: bool = True, flows: str = "") -> str:
    """An event subprocess *id* with one task of the same name and an ``t``, or other content."""
    start = d.on(f"{id}_s", definition, interrupting=interrupting)
    content = inner or (d.user(f"{id}_t"), d.end(f"{id}_e"))
    return d.subprocess(id, start, *content, flows=flows or f"{id}_s>{id}_t>{id}_e", event=True)


def test_a_token_at_a_join_is_withdrawn_by_an_interrupting_event_subprocess() -> None:
    """camunda/camunda#3680"""
    stop = on_event("x", d.on_message("stop"))
    flows = "s>f>a>j>e; f>b>j"
    split, join = d.gateway("f", "parallel"), d.gateway("j", "parallel")
    p = Player(d.diagram("p", d.start(), split, d.user("a"), d.user("b"), join, d.end(), stop, flows=flows, roots=STOP))
    p.start(k="1").complete("a").message("stop", "1")
    assert p.tasks == ["x_t"]
    assert (p.complete("x_t").outcome, p.waits) == ("completed", [])


@pytest.mark.parametrize("interrupting", [False, True])
def test_a_border_still_interrupts_after_an_event_subprocess_inside(interrupting: bool) -> None:
    """camunda/camunda#5000, #6874"""
    inside = on_event("x", d.on_message("go"), interrupting=interrupting)
    sub = d.subprocess("p1", d.start("is"), d.user("a"), d.end("ie"), inside, flows="is>a>ie")
    border = d.boundary("b", "p1", d.on_message("stop"))
    elements = (d.start(), sub, d.user("after"), d.end(), d.end("e2"), border)
    p = Player(d.diagram("p", *elements, flows="s>p1>e; b>after>e2", roots=GO + STOP)).start(k="1")
    p.message("go", "1").message("stop", "1")
    assert (p.tasks, p.waits) == (["after"], [])
    assert p.complete("after").outcome == "completed"


def test_an_interrupting_event_subprocess_begins_once() -> None:
    """camunda/camunda#9185, #9261: with two active elements, or a running non-interrupting one, it began twice."""
    more = on_event("n", d.on_message("more"), interrupting=False)
    inner = (d.start("is"), d.gateway("f", "parallel"), d.user("a"), d.user("b"), d.end("ie"), on_event("x", d.on_message("go")), more)
    sub = d.subprocess("p1", *inner, flows="is>f>a>ie; f>b>ie")
    p = Player(d.diagram("p", d.start(), sub, d.user("z"), d.end(), flows="s>p1>z>e", roots=GO + d.message("more", "k"))).start(k="1")
    p.message("more", "1").message("go", "1")
    assert (p.tasks, p.entered.count("x"), p.waits) == (["x_t"], 1, [])
    assert p.complete("x_t").tasks == ["z"]
    assert p.left.count(("p1", "completed")) == 1


def test_the_parents_event_subprocess_runs_after_a_boundary_event_has_fired() -> None:
    """camunda/camunda#8726"""
    elements = (d.start(), d.user("a"), d.end(), d.user("t"), d.end("e2"), d.boundary("b", "a", d.on_message("go")))
    p = Player(d.diagram("p", *elements, on_event("x", d.on_message("stop")), flows="s>a>e; b>t>e2", roots=GO + STOP)).start(k="1")
    assert p.message("go", "1").tasks == ["t"]
    assert p.message("stop", "1").tasks == ["x_t"]
    assert p.complete("x_t").outcome == "completed"


def test_a_cancelled_instance_triggers_no_event_subprocess_any_more() -> None:
    """camunda/camunda#6846"""
    inside = on_event("x", d.timer("timeDuration", "PT15M"), interrupting=False)
    sub = d.subprocess("p1", d.start("is"), d.user("a"), d.end("ie"), inside, flows="is>a>ie")
    p = Player(d.diagram("p", d.start(), sub, d.end(), flows="s>p1>e")).start().wait(minutes=20)
    assert p.tasks == ["a", "x_t"]
    p.command(steps.Cancel("x"))
    assert (p.outcome, p.tasks, p.timers, p.entered.count("x")) == ("terminated", [], [], 1)


# --- what an interrupting event subprocess disarms ------------------------------------------------------------------------

#: definition of the sibling, of what throws it inside, of the border that must catch it instead
SIBLINGS = {
    "error": (d.on_error("E"), d.on_error("E"), d.on_error("E")),
    "error of any code": (CATCH_ALL, d.on_error("E"), d.on_error("E")),
    "error caught by any border": (d.on_error("E"), d.on_error("E"), CATCH_ALL),
    "escalation": (d.on_escalation("E"), d.on_escalation("E"), d.on_escalation("E")),
}


@pytest.mark.parametrize("trigger", ["message", "timer", "signal", "error"])
@pytest.mark.parametrize(("kind", "sibling_interrupts"), [*((kind, True) for kind in SIBLINGS), ("escalation", False)])
def test_an_interrupting_event_subprocess_disarms_its_siblings(kind: str, trigger: str, sibling_interrupts: bool) -> None:
    """camunda/camunda#8271; BPMN 2.0, 13.5.4: after an interrupting one no other of that scope is triggered: it goes outward."""
    sibling, thrown, border = SIBLINGS[kind]
    triggers = {
        "message": d.on_message("go"),
        "timer": d.timer("timeDuration", "PT1H"),
        "signal": d.on_signal("go"),
        "error": d.on_error("F"),
    }
    content = (d.user("mend"), d.end("x_e", thrown))
    inner = (
        d.start("is"),
        d.service("a", "echo"),
        d.end("ie"),
        on_event("x", triggers[trigger], *content, flows="x_s>mend>x_e"),
        on_event("y", sibling, interrupting=sibling_interrupts),
    )
    outer = (d.start(), d.subprocess("p1", *inner, flows="is>a>ie"), d.end(), d.user("outside"), d.end("e2"), d.boundary("b", "p1", border))
    roots = GO + d.signal("go") + d.error("E") + d.error("F") + d.escalation("E")
    p = Player(d.diagram("p", *outer, flows="s>p1>e; b>outside>e2", roots=roots)).start(k="1")
    {
        "message": lambda: p.message("go", "1"),
        "timer": lambda: p.wait(hours=1),
        "signal": lambda: p.signal("go"),
        "error": lambda: p.error("a", "F"),
    }[trigger]()
    assert p.tasks == ["mend"]
    assert p.complete("mend").tasks == ["outside"]
    assert "y" not in p.entered


def test_at_the_top_an_error_of_an_interrupting_event_subprocess_is_nobodys() -> None:
    """A sibling at process level does not catch it either: an incident, and at a call activity the parent's border."""
    content = (d.user("mend"), d.end("x_e", d.on_error("E")))
    first = on_event("x", d.on_message("go"), *content, flows="x_s>mend>x_e")
    xml = d.diagram("p", d.start(), d.user("a"), d.end(), first, on_event("y", d.on_error("E")), flows="s>a>e", roots=GO + d.error("E"))
    p = Player(xml).start(k="1").message("go", "1")
    with pytest.raises(StepFailed, match="nobody catches"):
        p.complete("mend")
    child = Player(xml, has_parent=True).start(k="1").message("go", "1").complete("mend")
    assert (child.outcome, child.last.error[0] if child.last and child.last.error else "") == ("error", "E")


def test_an_event_subprocess_that_does_not_interrupt_leaves_its_siblings_armed() -> None:
    content = (d.user("ask"), d.end("x_e", d.on_error("E")))
    first = on_event("x", d.on_message("go"), *content, interrupting=False, flows="x_s>ask>x_e")
    xml = d.diagram("p", d.start(), d.user("a"), d.end(), first, on_event("y", d.on_error("E")), flows="s>a>e", roots=GO + d.error("E"))
    p = Player(xml).start(k="1").message("go", "1")
    assert p.complete("ask").tasks == ["y_t"]


def test_an_event_subprocess_inside_an_interrupting_one_still_catches() -> None:
    """What is disarmed is the scope that was interrupted, not the scope of the event subprocess itself."""
    inside = on_event("z", d.on_error("E"))
    content = (d.user("mend"), d.end("x_e", d.on_error("E")), inside)
    first = on_event("x", d.on_message("go"), *content, flows="x_s>mend>x_e")
    p = Player(d.diagram("p", d.start(), d.user("a"), d.end(), first, flows="s>a>e", roots=GO + d.error("E"))).start(k="1")
    assert p.message("go", "1").complete("mend").tasks == ["z_t"]


@pytest.mark.parametrize(
    ("definition", "roots"), [(d.on_error("E"), d.error("E")), (d.on_escalation("X"), d.escalation("X") + d.error("E"))]
)
def test_what_an_error_handler_throws_goes_to_the_border(definition: str, roots: str) -> None:
    """bpmn-io/bpmn-js-token-simulation#217"""
    mend = on_event("x", d.on_error("E"), d.user("mend"), d.end("x_e", definition), flows="x_s>mend>x_e")
    sub = d.subprocess("p1", d.start("is"), d.user("a"), d.end("ie", d.on_error("E")), mend, flows="is>a>ie")
    outer = (d.start(), sub, d.user("out"), d.end(), d.end("e2"), d.boundary("bo", "p1", definition))
    p = Player(d.diagram("p", *outer, flows="s>p1>e; bo>out>e2", roots=roots)).start()
    assert p.complete("a").tasks == ["mend"]
    assert p.complete("mend").tasks == ["out"]


# --- errors, ends, links --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "task"), [("E1", "spec"), ("E2", "all"), ("", "all")])
def test_the_code_that_is_named_comes_before_any_code(code: str, task: str) -> None:
    """camunda/camunda#11141, Activiti/Activiti#5226, flowable/flowable-engine#2847"""
    borders = d.boundary("b1", "a", CATCH_ALL) + d.boundary("b2", "a", d.on_error("E1"))
    elements = (d.start(), d.service("a", "echo"), d.user("all"), d.user("spec"), d.end(), d.end("e2"), borders)
    p = Player(d.diagram("p", *elements, flows="s>a>e; b1>all>e2; b2>spec>e2", roots=d.error("E1"))).start()
    assert p.error("a", code).tasks == [task]


def test_the_nearest_scope_comes_first() -> None:
    inner = (d.start("is"), d.service("a", "echo"), d.user("in"), d.end("ie"), d.boundary("bi", "a", CATCH_ALL))
    sub = d.subprocess("p1", *inner, flows="is>a>ie; bi>in>ie")
    outer = (d.start(), sub, d.user("out"), d.end(), d.end("e2"), d.boundary("bo", "p1", d.on_error("E1")))
    p = Player(d.diagram("p", *outer, flows="s>p1>e; bo>out>e2", roots=d.error("E1"))).start()
    assert p.error("a", "E1").tasks == ["in"]


def test_terminate_in_a_subprocess_ends_that_alone_and_its_timers() -> None:
    """Activiti/Activiti#4555, kiegroup/jbpm#98"""
    late = d.boundary("bo", "b", d.timer("timeDuration", "PT1H"))
    inner = (d.start("is"), d.gateway("f", "parallel"), d.user("a"), d.user("b"), d.user("n"), d.end("ie", TERMINATE), d.end("ie2"), late)
    sub = d.subprocess("p1", *inner, flows="is>f>a>ie; f>b>ie2; bo>n>ie2")
    outer = (d.start(), d.gateway("pf", "parallel"), sub, d.user("other"), d.user("z"), d.end(), d.end("e2"))
    p = Player(d.diagram("p", *outer, flows="s>pf>p1>z>e; pf>other>e2")).start().complete("a")
    assert (p.tasks, p.timers) == (["other", "z"], [])
    assert p.wait(hours=3).complete("z").complete("other").outcome == "completed"


def test_terminate_ends_the_children_of_calls(stage: Stage) -> None:
    """Activiti/Activiti#1018, flowable/flowable-engine#500"""
    elements = (
        d.start(),
        d.gateway("f", "parallel"),
        d.call("c", "child", items="[1,2]"),
        d.user("quit"),
        d.end("e", TERMINATE),
        d.end("e2"),
    )
    stage.deploy(d.diagram("p", *elements, flows="s>f>c>e2; f>quit>e"), CHILD)
    stage.start()
    assert stage.tasks == ["quit", "visit", "visit"]
    stage.complete("quit")
    assert (stage.tasks, stage.states(), stage.states("child")) == ([], ["COMPLETED"], ["TERMINATED", "TERMINATED"])


@pytest.mark.parametrize(
    ("definition", "root"), [(d.on_error("E"), d.error("E")), (d.on_escalation("E"), d.escalation("E"))], ids=["error", "escalation"]
)
def test_a_timer_goes_with_the_subprocess_that_an_error_end_leaves(definition: str, root: str) -> None:
    """flowsforapex/apex-flowsforapex#80"""
    sub = d.subprocess("p1", d.start("is"), d.user("a"), d.end("ie", definition), flows="is>a>ie")
    borders = d.boundary("b", "p1", definition) + d.boundary("t", "p1", d.timer("timeCycle", "R/PT1H"), interrupting=False)
    elements = (d.start(), sub, d.end(), d.user("r"), d.user("n"), d.end("e2"), borders)
    p = Player(d.diagram("p", *elements, flows="s>p1>e; b>r>e2; t>n>e2", roots=root)).start().complete("a")
    assert (p.tasks, p.timers) == (["r"], [])
    assert p.wait(hours=3).complete("r").outcome == "completed"


def test_a_link_does_not_lead_into_another_scope(stage: Stage) -> None:
    """camunda/camunda#10854, #14028"""
    first = d.subprocess("p1", d.start("is"), d.throw("t", d.link("A")), flows="is>t")
    inner = (d.catch("c", d.link("A")), d.user("u"), d.end("ie"), d.start("is2"), d.end("ie2"))
    second = d.subprocess("p2", *inner, flows="c>u>ie; is2>ie2")
    with pytest.raises(Refused) as refused:
        stage.deploy(d.diagram("p", d.start(), first, second, d.end(), flows="s>p1>p2>e"))
    assert "link_without_target" in {problem.code for problem in refused.value.problems}
