"""Variables in and out, as reported against other engines."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import step as steps
from tests.engine import drawing as d
from tests.engine.conformance.player import Player
from tests.engine.reported.stage import Stage

Pairs = list[tuple[str, str]]


def mapped(*, output: Pairs | None = None, **pairs: Pairs) -> Player:
    ways = {"input": pairs.get("into", []), "output": output or []}
    return Player(d.diagram("p", d.start(), d.user("a", extensions=d.mappings(**ways)), d.end(), flows="s>a>e"))


@pytest.mark.parametrize(
    ("into", "given", "inside"),
    [
        # camunda/camunda#60433: the second saw the half-built context and gave null
        ([("=foo.bar", "foo.bar"), ("=foo.baz", "foo.baz")], {"foo": {"bar": 1, "baz": 2, "more": 3}}, {"foo": {"bar": 1, "baz": 2}}),
        ([("=foo.a.x", "foo.a.x"), ("=foo.a.y", "foo.a.y")], {"foo": {"a": {"x": 1, "y": 2, "z": 3}}}, {"foo": {"a": {"x": 1, "y": 2}}}),
        ([("=1", "foo.x"), ("=foo.x + foo.y", "sum")], {"foo": {"x": 9, "y": 2}}, {"foo": {"x": 1}, "sum": 3}),
        ([("=1", "a.x"), ("=b.y", "b.z"), ("=a.y", "a.y")], {"a": {"y": 2}, "b": {"y": 3}}, {"a": {"x": 1, "y": 2}, "b": {"z": 3}}),
        # a whole value stands for itself: what is not in it is not there
        ([("={y: 5}", "foo"), ("=foo.x", "gone")], {"foo": {"x": 1}}, {"foo": {"y": 5}, "gone": None}),
        ([("={y: 5}", "foo"), ("=foo.y", "foo.z")], {"foo": {"x": 1}}, {"foo": {"y": 5, "z": 5}}),
        ([("=1", "foo.a.b"), ("=2", "foo.a.c"), ("=3", "foo.d")], {}, {"foo": {"a": {"b": 1, "c": 2}, "d": 3}}),
        ([("=n", "n.x")], {"n": 7}, {"n": {"x": 7}}),
    ],
)  # fmt: skip
def test_input_mappings_into_one_context(into: Pairs, given: dict[str, Any], inside: dict[str, Any]) -> None:
    p = mapped(into=into).start(**given)
    assert p.row(steps.UserTask).variables == inside
    assert p.variables == given


@pytest.mark.parametrize(
    ("output", "before", "result", "after"),
    [
        # camunda/camunda#62677: the entry alone comes out, its siblings outside stay
        ([("=5", "o.y")], {"o": {"x": 1}}, {}, {"o": {"x": 1, "y": 5}}),
        ([("=foo.x", "foo.a"), ("=foo.y", "foo.b")], {"foo": {"z": 0}}, {"foo": {"x": 1, "y": 2}}, {"foo": {"z": 0, "a": 1, "b": 2}}),
        ([("=r.x", "o.a.x"), ("=r.y", "o.a.y")], {"o": {"a": {"w": 0}}}, {"r": {"x": 1, "y": 2}}, {"o": {"a": {"w": 0, "x": 1, "y": 2}}}),
        ([("=r", "o.a"), ("=o.a + 1", "b")], {"o": {"a": 9}}, {"r": 1}, {"o": {"a": 1}, "b": 2}),
        ([("=r", "o"), ("=o.x", "p.q")], {}, {"r": {"x": 4}}, {"o": {"x": 4}, "p": {"q": 4}}),
    ],
)
def test_output_mappings_into_one_context(output: Pairs, before: dict[str, Any], result: dict[str, Any], after: dict[str, Any]) -> None:
    p = mapped(output=output).start(**before)
    assert p.complete("a", **result).variables == after


def test_an_input_mapping_stays_inside_when_an_entry_of_its_name_comes_out() -> None:
    p = mapped(into=[("={x: 10, secret: 9}", "o")], output=[("=5", "o.y"), ("=o.x", "z")]).start(o={"x": 1})
    assert p.complete("a").variables == {"o": {"x": 1, "y": 5}, "z": 10}


def test_a_variable_of_a_subprocess_is_not_made_in_the_process() -> None:
    """camunda/camunda#55491"""
    task = d.user("a", extensions=d.mappings(output=[("=v", "v")]))
    inner = (d.start("is"), task, d.user("b"), d.end("ie"))
    sub = d.subprocess("p1", *inner, flows="is>a>b>ie", extensions=d.mappings(input=[("=1", "v")]))
    p = Player(d.diagram("p", d.start(), sub, d.end(), flows="s>p1>e")).start(v="outer")
    assert p.complete("a", v=2).variables == {"v": "outer"}
    assert p.row(steps.UserTask).variables == {"v": 2}
    assert p.complete("b").variables == {"v": "outer"}


def test_children_get_the_contexts_that_dotted_mappings_build(stage: Stage) -> None:
    """The same rule where a multi-instance call activity maps for each child."""
    asked = d.mappings(input=[("=item.name", "who.name"), ("=item.age", "who.age"), ("=item.age + 1", "item.next")])
    call = d.call("c", "child", items="people").replace("<bpmn:extensionElements>", f"<bpmn:extensionElements>{asked}", 1)
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
    stage.deploy(child, d.diagram("p", d.start(), call, d.end(), flows="s>c>e"))
    stage.start(people=[{"name": "张三", "age": 61}])
    seen = stage.variables("child")
    assert (seen["who"], seen["item"]) == ({"name": "张三", "age": 61}, {"name": "张三", "age": 61, "next": 62})


@pytest.mark.parametrize("value", [True, False, 7, 7.0, 7.5, "7", "x"])
def test_a_header_and_a_candidate_are_written_as_feel_writes_them(value: Any) -> None:
    text = {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else {7: "7", 7.5: "7.5"}.get(value, str(value))
    header = '<zeebe:taskHeaders><zeebe:header key="h" value="=v"/></zeebe:taskHeaders>'
    elements = (d.start(), d.service("a", "t", extensions=header), d.user("b", groups='=["group:" + string(v), v]'), d.end())
    p = Player(d.diagram("p", *elements, flows="s>a>b>e")).start(v=value)
    assert p.row(steps.Job).headers == {"h": text}
    assert p.complete("a").row(steps.UserTask).candidate_groups == (f"group:{text}", text)


def _script(expression: str, result: str, **pairs: Pairs) -> str:
    return d.script("k", expression, result).replace("</bpmn:extensionElements>", d.mappings(**pairs) + "</bpmn:extensionElements>")


@pytest.mark.parametrize(
    ("script", "after"),
    [
        (_script("1 + 1", "r"), {"x": 1, "r": 2}),
        (_script("1 + 1", "r", output=[("=r * 10", "out")]), {"x": 1, "out": 20}),
        (_script("v.a + v.b", "r", input=[("=1", "v.a"), ("=x + 1", "v.b")]), {"x": 1, "r": 3}),
        (_script("x + 1", "x", input=[("=10", "x")]), {"x": 1}),
        (_script("x + 1", "x"), {"x": 2}),
        (_script("x", "r", output=[("=nothing", "x")]), {"x": None}),
    ],
    ids=["without", "output", "dotted input", "a local name stays inside", "a name of the process", "null comes out"],
)
def test_where_the_result_of_a_script_goes(script: str, after: dict[str, Any]) -> None:
    assert Player(d.diagram("p", d.start(), script, d.user("z"), d.end(), flows="s>k>z>e")).start(x=1).variables == after


def test_a_later_input_sees_the_earlier_and_long_numbers_stay_whole() -> None:
    task = d.user("a", extensions=d.mappings(input=[("=id + 1", "n"), ("=n + 1", "m")], output=[("=m + 1", "after")]))
    p = Player(d.diagram("p", d.start(), task, d.user("z"), d.end(), flows="s>a>z>e")).start(id=110101199003070011)
    assert p.row(steps.UserTask, "a").variables == {"n": 110101199003070012, "m": 110101199003070013}
    assert p.complete("a").variables == {"id": 110101199003070011, "after": 110101199003070014}


def test_the_variables_of_a_message_go_through_the_mappings_of_its_border() -> None:
    border = d.boundary("b", "a", d.on_message("go")).replace(
        "><bpmn:messageEventDefinition",
        f"><bpmn:extensionElements>{d.mappings(output=[('=why', 'reason.text')])}</bpmn:extensionElements><bpmn:messageEventDefinition",
    )
    elements = (d.start(), d.user("a"), d.user("z"), d.end(), border, d.user("l"), d.end("e2"))
    p = Player(d.diagram("p", *elements, flows="s>a>z>e; b>l>e2", roots=d.message("go", "k"))).start(k="1").message("go", "1", why="x")
    assert (p.tasks, p.variables) == (["l"], {"k": "1", "reason": {"text": "x"}})
