# ruff: noqa: E501  (tables: one case, one line)
"""What deployment refuses and warns of: each case asserts the code and the element it is reported at."""

from __future__ import annotations

import random
import re
import string
import time
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.engine import definitions
from app.engine.checks import structure
from app.engine.problem_texts import TEXTS
from app.engine.problem_words import WORDS
from tests.engine import drawing
from tests.engine.diagrams import (
    EVERYTHING,
    ROLE,
    chain,
    event,
    flow,
    inner,
    line,
    message,
    node,
    subprocess,
    timer,
    user_task,
    wrap,
)

DIAGRAMS = Path(__file__).parent / "conformance" / "diagrams"


def check(xml: bytes, registry: definitions.Registry = EVERYTHING, name: str = "p.bpmn") -> list[definitions.Problem]:
    return definitions.check({name: xml}, registry)


def errors(xml: bytes) -> list[tuple[str, str]]:
    return [(problem.code, problem.element_id) for problem in check(xml) if problem.severity == "error"]


def warnings(xml: bytes) -> list[tuple[str, str]]:
    return [(problem.code, problem.element_id) for problem in check(xml) if problem.severity == "warning"]


MESSAGE = message()
SIGNAL = '<bpmn:signal id="si" name="go"/>'
ERROR = '<bpmn:error id="er" name="E" errorCode="E1"/>'
ESCALATION = '<bpmn:escalation id="es" name="C" escalationCode="C1"/>'
ALL = MESSAGE + SIGNAL + ERROR + ESCALATION
SERVICE = '<zeebe:taskDefinition type="echo"/>'


def boundary(kind: str, reference: str = "", **attributes: str) -> bytes:
    """A user task with a boundary event ``b`` that leads to an end."""
    attached = event("boundaryEvent", "b", kind, reference=reference, attachedToRef="x", **attributes)
    return line(user_task() + attached + node("endEvent", "be") + chain("b", "be"), before=ALL)


def event_subprocess(start: str) -> bytes:
    inside = start + node("endEvent", "ie") + chain("is", "ie")
    return line(user_task() + subprocess("ev", inside, triggeredByEvent="true"), before=ALL)


def gateway(kind: str, *conditions: str | None, default: int | None = None) -> bytes:
    """A gateway ``x`` with flows o0, o1 … of these conditions, each to an end of its own."""
    flows = ""
    for index, condition in enumerate(conditions):
        written = None if condition is None else "=" + condition.replace("<", "&lt;").replace(">", "&gt;")
        flows += node("endEvent", f"e{index}") + flow("x", f"e{index}", written, f"o{index}")
    marked = {} if default is None else {"default": f"o{default}"}
    return wrap(node("startEvent", "s") + node(kind, "x", **marked) + chain("s", "x") + flows)


# --- what runs is accepted ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(DIAGRAMS.glob("*.bpmn")), ids=lambda path: str(path.stem))
def test_every_conformance_diagram_may_be_deployed(path: Path) -> None:
    """Apart from those that are drawn to fail."""
    registry = definitions.Known(frozenset({"f", "form"}), frozenset({"grade"}), frozenset({"child"}), frozenset({"conformance.echo"}))
    expected = {"exclusive-gateway-no-way": ["gateway_no_way_out"], "inclusive-gateway-unbalanced": ["gateway_no_way_out"]}
    found = definitions.check({path.name: path.read_bytes()}, registry)
    assert [problem.code for problem in found if problem.severity == "error"] == expected.get(path.stem, [])


def test_the_table_of_supported_elements_names_tests_that_exist() -> None:
    missing = {row.test for row in definitions.supported_elements() if not (DIAGRAMS / f"{row.test}.bpmn").exists()}
    assert missing == set()


def test_the_table_of_supported_elements_has_no_row_twice() -> None:
    rows = [(row.kind, row.event, row.variant) for row in definitions.supported_elements()]
    assert len(rows) == len(set(rows))


ACCEPTED = {
    "user task": line(user_task()),
    "user task for one person": line(user_task("x", '<zeebe:assignmentDefinition assignee="=who"/>')),
    "user task for candidates": line(user_task("x", '<zeebe:assignmentDefinition candidateUsers="anna, bert"/>')),
    "manual task": line(node("manualTask", "x")),
    "undefined task": line(node("task", "x")),
    "script": line(node("scriptTask", "x", "", '<zeebe:script expression="=1 + 1" resultVariable="r"/>')),
    "service": line(node("serviceTask", "x", "", SERVICE)),
    "service of a type by FEEL": line(node("serviceTask", "x", "", "<zeebe:taskDefinition type='=\"e\" + x' retries='=3'/>")),
    "send job": line(node("sendTask", "x", "", SERVICE)),
    "send job with a message": line(node("sendTask", "x", "", SERVICE, messageRef="m"), before=ALL),
    "send message": line(node("sendTask", "x", messageRef="m"), before=ALL),
    "receive": line(node("receiveTask", "x", messageRef="m"), before=ALL),
    "business rule": line(node("businessRuleTask", "x", "", '<zeebe:calledDecision decisionId="grade" resultVariable="g"/>')),
    "decision by FEEL": line(node("businessRuleTask", "x", "", '<zeebe:calledDecision decisionId="=d" resultVariable="g.h"/>')),
    "call": line(node("callActivity", "x", "", '<zeebe:calledElement processId="child"/>')),
    "call by FEEL": line(node("callActivity", "x", "", '<zeebe:calledElement processId="=c"/>')),
    "subprocess": line(subprocess("x", inner())),
    "catch message": line(event("intermediateCatchEvent", "x", "message", reference="m"), before=ALL),
    "catch signal": line(event("intermediateCatchEvent", "x", "signal", reference="si"), before=ALL),
    "catch date": line(timer("intermediateCatchEvent", "x", "timeDate", "2020-05-21T09:00:00+08:00")),
    "catch date by FEEL": line(timer("intermediateCatchEvent", "x", "timeDate", "=campaign.start")),
    "catch duration": line(timer("intermediateCatchEvent", "x", "timeDuration", "PT2H")),
    "throw none": line(node("intermediateThrowEvent", "x")),
    "throw message": line(event("intermediateThrowEvent", "x", "message", reference="m"), before=ALL),
    "throw message without key": line(event("intermediateThrowEvent", "x", "message", reference="m"), before=message("m", "n", None)),
    "throw message job": line(event("intermediateThrowEvent", "x", "message", extensions=SERVICE)),
    "throw signal": line(event("intermediateThrowEvent", "x", "signal", reference="si"), before=ALL),
    "throw escalation": line(event("intermediateThrowEvent", "x", "escalation", reference="es"), before=ALL),
    "boundary timer": line(
        user_task() + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="x") + node("endEvent", "be") + chain("b", "be")
    ),
    "boundary cycle": line(
        user_task()
        + timer("boundaryEvent", "b", "timeCycle", "R/PT1H", attachedToRef="x", cancelActivity="false")
        + node("endEvent", "be")
        + chain("b", "be")
    ),
    "boundary message": boundary("message", "m"),
    "boundary message, non-interrupting": boundary("message", "m", cancelActivity="false"),
    "boundary signal": boundary("signal", "si"),
    "boundary signal, non-interrupting": boundary("signal", "si", cancelActivity="false"),
    "boundary error": boundary("error", "er"),
    "boundary that catches every error": boundary("error"),
    "boundary escalation": boundary("escalation", "es"),
    "boundary escalation, non-interrupting": boundary("escalation", "es", cancelActivity="false"),
    "event subprocess, message": event_subprocess(event("startEvent", "is", "message", reference="m")),
    "event subprocess, message, non-interrupting": event_subprocess(
        event("startEvent", "is", "message", reference="m", isInterrupting="false")
    ),
    "event subprocess, timer": event_subprocess(timer("startEvent", "is", "timeDuration", "PT1H")),
    "event subprocess, cycle": event_subprocess(timer("startEvent", "is", "timeCycle", "R/PT1H", isInterrupting="false")),
    "event subprocess, error": event_subprocess(event("startEvent", "is", "error", reference="er")),
    "event subprocess, every error": event_subprocess(event("startEvent", "is", "error")),
    "event subprocess, escalation": event_subprocess(event("startEvent", "is", "escalation", reference="es")),
    "event subprocess, signal": event_subprocess(event("startEvent", "is", "signal", reference="si", isInterrupting="false")),
    "parallel gateways": wrap(
        node("startEvent", "s") + node("parallelGateway", "a") + user_task("t") + user_task("u") + node("parallelGateway", "b")
        + node("endEvent", "e") + chain("s", "a", "t", "b", "e") + chain("a", "u", "b")
    ),
    "several flows out of a task": line(user_task() + node("endEvent", "e2") + flow("x", "e2")),
    "links": wrap(
        node("startEvent", "s") + node("intermediateThrowEvent", "a", '<bpmn:linkEventDefinition name="L"/>')
        + node("intermediateThrowEvent", "a2", '<bpmn:linkEventDefinition name="L"/>') + flow("s", "a2")
        + node("intermediateCatchEvent", "b", '<bpmn:linkEventDefinition name="L"/>') + node("endEvent", "e") + chain("s", "a") + chain("b", "e")
    ),
    "several starts of other kinds": wrap(
        node("startEvent", "s") + event("startEvent", "s2", "message", reference="m") + event("startEvent", "s3", "signal", reference="si")
        + timer("startEvent", "s4", "timeCycle", "R/2020-05-21T20:00:00+08:00/P1D") + timer("startEvent", "s5", "timeDate", "2020-05-21T20:00:00+08:00")
        + timer("startEvent", "s6", "timeDuration", "PT1H") + node("endEvent", "e")
        + "".join(flow(f"s{index}", "e") for index in ("", 2, 3, 4, 5, 6)),
        before=message("m", "news", None) + SIGNAL,
    ),
    **{
        f"end {kind}": wrap(node("startEvent", "s") + event("endEvent", "e", kind, reference=reference) + chain("s", "e"), before=ALL)
        for kind, reference in {"message": "m", "signal": "si", "error": "er", "escalation": "es", "terminate": ""}.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("xml", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_runs_is_accepted(xml: bytes) -> None:
    assert errors(xml) == []


def test_a_multi_instance_call_is_accepted_with_all_it_may_have() -> None:
    loop = """<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=villages"
      inputElement="village" outputCollection="results" outputElement="=r"/></bpmn:extensionElements>
      <bpmn:completionCondition>=numberOfCompletedInstances &gt; 2</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"""
    assert errors(line(node("callActivity", "x", loop, '<zeebe:calledElement processId="child"/>'))) == []


# --- what does not run is refused ---------------------------------------------------------------------------------------

MULTI = '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=l"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'  # noqa: E501

UNSUPPORTED: list[tuple[bytes, str, str]] = [
    (line(node("complexGateway", "x")), "unsupported_element", "x"),
    (line(node("transaction", "x", inner())), "unsupported_element", "x"),
    (line(node("adHocSubProcess", "x", user_task("t"))), "unsupported_element", "x"),
    (line(node("choreographyTask", "x")), "unsupported_element", "x"),
    (line(node("implicitThrowEvent", "x")), "unsupported_element", "x"),
    (line(event("intermediateThrowEvent", "x", "compensate")), "unsupported_event", "x"),
    (boundary("compensate"), "unsupported_event", "b"),
    (wrap(node("startEvent", "s") + event("endEvent", "e", "compensate") + chain("s", "e")), "unsupported_event", "e"),
    (wrap(node("startEvent", "s") + event("endEvent", "e", "cancel") + chain("s", "e")), "unsupported_event", "e"),
    (boundary("cancel"), "unsupported_event", "b"),
    (line(event("intermediateCatchEvent", "x", "conditional", "<bpmn:condition>=a</bpmn:condition>")), "unsupported_event", "x"),
    (boundary("conditional"), "unsupported_event", "b"),
    (wrap(event("startEvent", "s", "conditional") + node("endEvent", "e") + chain("s", "e")), "unsupported_event", "s"),
    (event_subprocess(event("startEvent", "is", "conditional")), "event_subprocess_trigger", "is"),
    (event_subprocess(event("startEvent", "is", "compensate")), "event_subprocess_trigger", "is"),
    (event_subprocess(node("startEvent", "is")), "event_subprocess_trigger", "is"),
    (line(event("intermediateCatchEvent", "x", "escalation", reference="es"), before=ALL), "unsupported_event", "x"),
    (line(event("intermediateCatchEvent", "x", "error", reference="er"), before=ALL), "unsupported_event", "x"),
    (line(node("intermediateCatchEvent", "x")), "unsupported_event", "x"),
    (line(event("intermediateThrowEvent", "x", "timer")), "unsupported_event", "x"),
    (line(event("intermediateThrowEvent", "x", "error", reference="er"), before=ALL), "unsupported_event", "x"),
    (line(event("intermediateThrowEvent", "x", "terminate")), "unsupported_event", "x"),
    (boundary("link"), "unsupported_event", "b"),
    (boundary("terminate"), "unsupported_event", "b"),
    (wrap(event("startEvent", "s", "error", reference="er") + node("endEvent", "e") + chain("s", "e"), before=ALL), "unsupported_event", "s"),
    (wrap(event("startEvent", "s", "escalation") + node("endEvent", "e") + chain("s", "e")), "unsupported_event", "s"),
    (wrap(node("startEvent", "s") + event("endEvent", "e", "timer") + chain("s", "e")), "unsupported_event", "e"),
    (wrap(node("startEvent", "s") + event("endEvent", "e", "link") + chain("s", "e")), "unsupported_event", "e"),
    (line(timer("intermediateCatchEvent", "x", "timeCycle", "R3/PT1H")), "timer_cycle_here", "x"),
    (boundary("error", "er", cancelActivity="false"), "error_noninterrupting", "b"),
    (event_subprocess(event("startEvent", "is", "error", reference="er", isInterrupting="false")), "error_noninterrupting", "is"),
    (line(node("userTask", "x", MULTI, ROLE)), "multi_instance", "x"),
    (line(node("serviceTask", "x", MULTI, SERVICE)), "multi_instance", "x"),
    (line(subprocess("x", MULTI + inner())), "multi_instance", "x"),
    (line(node("userTask", "x", "<bpmn:standardLoopCharacteristics/>", ROLE)), "marker_standardLoop", "x"),
    (line(node("userTask", "x", "", ROLE, isForCompensation="true")), "marker_compensation", "x"),
    (line(node("callActivity", "x", "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>",
          '<zeebe:calledElement processId="child"/>')), "marker_loopCardinality", "x"),
    (line(node("receiveTask", "x", messageRef="m", instantiate="true"), before=ALL), "marker_instantiate", "x"),
    (line(node("userTask", "x", "", ROLE, startQuantity="2")), "marker_tokenQuantity", "x"),
    (line(node("intermediateCatchEvent", "x", "<bpmn:messageEventDefinition/><bpmn:timerEventDefinition/>")), "marker_multiple", "x"),
    (line(node("intermediateCatchEvent", "x", "<bpmn:messageEventDefinition/><bpmn:timerEventDefinition/>", parallelMultiple="true")), "marker_parallelMultiple", "x"),
    (line(node("scriptTask", "x", "<bpmn:script>import os</bpmn:script>", scriptFormat="python")), "script_not_feel", "x"),
    (line(user_task("x", ROLE + '<zeebe:taskListeners><zeebe:taskListener eventType="creating" type="t"/></zeebe:taskListeners>')), "listeners", "x"),
    (line(user_task() + '<bpmn:blackHole id="h"/>'), "unknown_element", "h"),
]  # fmt: skip


@pytest.mark.parametrize(("xml", "code", "at"), UNSUPPORTED, ids=[f"{number}-{case[1]}" for number, case in enumerate(UNSUPPORTED)])
def test_what_does_not_run_is_refused(xml: bytes, code: str, at: str) -> None:
    assert (code, at) in errors(xml)


def test_a_refusal_names_the_element_in_both_languages() -> None:
    (problem,) = [each for each in check(line(node("complexGateway", "x"))) if each.severity == "error"]
    assert (problem.resource, problem.element_id, problem.element_name) == ("p.bpmn", "x", "X")
    assert problem.line > 0
    assert problem.text("zh") == "不支持复杂网关。请改用支持的元素。"
    assert problem.text("en") == "A complex gateway is not supported. Use a supported element."
    assert str(problem) == f"p.bpmn:{problem.line}: x “X”: 不支持复杂网关。请改用支持的元素。"
    assert problem.bilingual() == f"{problem} (A complex gateway is not supported. Use a supported element.)"


# --- the drawing --------------------------------------------------------------------------------------------------------

STRUCTURE: list[tuple[bytes, str, str]] = [
    (line(user_task() + flow("x", "nowhere", key="f")), "flow_ends_nowhere", "f"),
    (line(user_task() + flow("nowhere", "x", key="f")), "flow_ends_nowhere", "f"),
    (line(user_task() + '<bpmn:sequenceFlow id="f" sourceRef="x"/>'), "flow_ends_nowhere", "f"),
    (wrap(node("startEvent", "s")), "ends_nowhere", "s"),
    (wrap(node("startEvent", "s") + node("exclusiveGateway", "g") + chain("s", "g")), "ends_nowhere", "g"),
    (line(user_task() + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="x")), "ends_nowhere", "b"),
    (line(subprocess("x", inner() + flow("is", "e", key="f"))), "flow_crosses_scope", "f"),
    (line(subprocess("x", inner()) + flow("s", "ie", key="f")), "flow_crosses_scope", "f"),
    (line(user_task() + flow("x", "s", key="f")), "flow_into_start", "f"),
    (line(user_task() + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="x") + chain("b", "e") + flow("s", "b", key="f")),
     "flow_into_boundary", "f"),
    (line(user_task() + flow("e", "x", key="f")), "flow_out_of_end", "f"),
    (line(user_task() + subprocess("ev", event("startEvent", "is", "signal", reference="si") + node("endEvent", "ie") + chain("is", "ie"),
                                   triggeredByEvent="true") + flow("x", "ev", key="f"), before=ALL), "flow_at_event_subprocess", "f"),
    (wrap(user_task() + node("endEvent", "e") + chain("x", "e")), "no_start", "p"),
    (wrap(""), "no_start", "p"),
    (line(user_task() + node("startEvent", "s2") + chain("s2", "x")), "several_none_starts", "s2"),
    (wrap(event("startEvent", "s", "message", reference="m") + event("startEvent", "s2", "message", reference="m") + node("endEvent", "e")
          + chain("s", "e") + chain("s2", "e"), before=ALL), "duplicate_start_name", "s2"),
    (line(subprocess("x", node("endEvent", "ie"))), "subprocess_start", "x"),
    (line(subprocess("x", inner() + node("startEvent", "is2") + chain("is2", "ie"))), "subprocess_start", "x"),
    (line(subprocess("x", timer("startEvent", "is", "timeDuration", "PT1H") + node("endEvent", "ie") + chain("is", "ie"))), "subprocess_start", "x"),
    (line(user_task() + subprocess("ev", node("endEvent", "ie"), triggeredByEvent="true")), "event_subprocess_starts", "ev"),
    (line(user_task() + user_task()), "duplicate_id", "x"),
    (line(user_task("a b")), "id_invalid", "a b"),
    (line(user_task("1x")), "id_invalid", "1x"),
    (line(user_task("x" * 201)), "id_invalid", "x" * 201),
    (line(node("userTask", "x", "", ROLE).replace('name="X"', f'name="{"长" * 301}"')), "name_too_long", "x"),
    (line(user_task("x", default="nothing")), "default_unknown", "x"),
    (line(node("exclusiveGateway", "x", default="f_s_x")), "default_unknown", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("xml", "code", "at"), STRUCTURE, ids=[f"{number}-{case[1]}" for number, case in enumerate(STRUCTURE)])
def test_a_drawing_that_loses_tokens_is_refused(xml: bytes, code: str, at: str) -> None:
    assert (code, at) in errors(xml)


def test_a_process_with_too_many_elements_is_refused() -> None:
    keys = [f"t{index}" for index in range(structure.MAX_ELEMENTS)]
    xml = wrap(node("startEvent", "s") + "".join(node("task", key) for key in keys) + node("endEvent", "e") + chain("s", *keys, "e"))
    assert errors(xml) == [("too_many_elements", "p")]


def test_chinese_ids_are_valid() -> None:
    assert errors(line(user_task("任务-1.a_b"), "任务-1.a_b")) == []


# --- gateways -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["exclusiveGateway", "inclusiveGateway"])
@pytest.mark.parametrize(
    "conditions",
    [
        ("a > 1",),
        ("a > 1", "a < 1"),
        ("a < 3", "a > 10"),
        ("p", "q"),
        ("p and q", "not(p) and not(q)"),
        ("date(d) > today()", "date(d) < today()"),
        ("a < b", "a > b"),
        ("a in [1..3]", "a > 3"),
        ('kind = "registered" and n > 3', 'kind != "registered"'),
        ("false", "false"),
    ],
)
def test_a_gateway_whose_conditions_may_all_be_false_is_refused(kind: str, conditions: tuple[str, ...]) -> None:
    assert errors(gateway(kind, *conditions)) == [("gateway_no_way_out", "x")]


@pytest.mark.parametrize("kind", ["exclusiveGateway", "inclusiveGateway"])
@pytest.mark.parametrize(
    "conditions",
    [
        ('x = "a"', 'x = "b"'),
        ("n = 1", "n = 2", "n = 3"),
        ('x = "a" or x = "b"', '"c" = x'),
        ('x in ("a", "b")', 'x in ["c"]'),
        ('order.meal = "Chicken"', 'order.meal = "Salad"'),
        ('x = "a" and y = "b"', 'x = "and more"'),
    ],
)
def test_a_gateway_over_values_one_by_one_is_only_warned_of(kind: str, conditions: tuple[str, ...]) -> None:
    """What else there may be, the data know: an unlisted value is an incident when it comes."""
    xml = gateway(kind, *conditions)
    assert errors(xml) == []
    assert [problem.code for problem in definitions.check({"p.bpmn": xml}, EVERYTHING)] == ["gateway_other_value"]


@pytest.mark.parametrize("kind", ["exclusiveGateway", "inclusiveGateway"])
@pytest.mark.parametrize(
    "conditions",
    [
        (None,),
        ("true",),
        ("a > 1", "a <= 1"),
        ("a >= 1", "1 > a"),
        ("a < 10", "a >= 10 and a < 20", "a >= 20"),
        ('x = "a"', 'x != "a"'),
        ('x = "a"', 'x = "b"', 'x != "a" and x != "b"'),
        ("ok", "not(ok)"),
        ("ok = true", "ok = false"),
        ("count(problems) > 0", "count(problems) = 0"),
        ("household.size > 3 or poor", "not(household.size > 3 or poor)"),
        ("today() > date(d)", "not(today() > date(d))"),
        ("a < b", "a >= b"),
        ("x = null", "x != null"),
        ("a", "true"),
    ],
)
def test_a_gateway_that_always_finds_a_way_is_accepted(kind: str, conditions: tuple[str | None, ...]) -> None:
    assert errors(gateway(kind, *conditions)) == []


@pytest.mark.parametrize("kind", ["exclusiveGateway", "inclusiveGateway"])
def test_a_default_flow_is_a_way_out(kind: str) -> None:
    assert errors(gateway(kind, "a > 1", None, default=1)) == []
    assert errors(gateway(kind, "a > 1", "b", None, default=2)) == []


def test_the_refusal_gives_an_example() -> None:
    (problem,) = [each for each in check(gateway("exclusiveGateway", "a < 3", "a > 3")) if each.severity == "error"]
    assert "(a = 3)" in problem.text("zh")


@pytest.mark.parametrize("kind", ["exclusiveGateway", "inclusiveGateway"])
def test_a_flow_without_condition_that_is_not_the_default_is_refused(kind: str) -> None:
    assert errors(gateway(kind, "a", None)) == [("flow_without_condition", "o1")]
    assert errors(gateway(kind, None, None)) == [("flow_without_condition", "o0"), ("flow_without_condition", "o1")]
    assert errors(gateway(kind, "a", None, None, default=2)) == [("flow_without_condition", "o1")]


@pytest.mark.parametrize("kind", ["parallelGateway", "task", "manualTask"])
def test_conditions_belong_behind_gateways_that_choose(kind: str) -> None:
    assert errors(gateway(kind, "a", None)) == [("condition_unexpected", "o0")]


def test_a_condition_without_equals_sign_is_refused() -> None:
    xml = gateway("exclusiveGateway", "a", None, default=1).replace(b">=a<", b">yes<")
    assert errors(xml) == [("condition_not_feel", "o0")]


def test_a_condition_on_the_default_flow_is_a_warning() -> None:
    assert ("default_with_condition", "o1") in warnings(gateway("exclusiveGateway", "a", "b", default=1))


def event_gateway(*targets: str) -> bytes:
    """An event-based gateway ``x`` before elements t0, t1 …"""
    body = node("startEvent", "s") + node("eventBasedGateway", "x") + node("endEvent", "e") + chain("s", "x")
    for index, target in enumerate(targets):
        body += target + flow("x", f"t{index}", key=f"o{index}") + flow(f"t{index}", "e")
    return wrap(body, before=ALL)


CATCH = event("intermediateCatchEvent", "t0", "message", reference="m")


def test_an_event_gateway_waits_for_events_and_receive_tasks() -> None:
    assert errors(event_gateway(CATCH, timer("intermediateCatchEvent", "t1", "timeDuration", "PT1H"))) == []
    assert errors(event_gateway(CATCH, event("intermediateCatchEvent", "t1", "signal", reference="si"))) == []
    assert (
        errors(event_gateway(node("receiveTask", "t0", messageRef="m"), timer("intermediateCatchEvent", "t1", "timeDuration", "PT1H")))
        == []
    )


@pytest.mark.parametrize(
    ("xml", "code", "at"),
    [
        (event_gateway(CATCH), "event_gateway_flows", "x"),
        (event_gateway(CATCH, user_task("t1")), "event_gateway_target", "o1"),
        (event_gateway(CATCH, node("intermediateCatchEvent", "t1", '<bpmn:linkEventDefinition name="L"/>')), "event_gateway_target", "o1"),
        (event_gateway(CATCH, event("intermediateCatchEvent", "t1", "message", reference="m")), "event_gateway_same_name", "x"),
        (event_gateway(CATCH, timer("intermediateCatchEvent", "t1", "timeDuration", "PT1H") + flow("s", "t1")),
         "event_gateway_target_incoming", "t1"),
    ],
)  # fmt: skip
def test_an_event_gateway_with_anything_else_is_refused(xml: bytes, code: str, at: str) -> None:
    assert (code, at) in errors(xml)


# --- events -------------------------------------------------------------------------------------------------------------

TASK_AND_END = user_task() + node("endEvent", "be")

EVENTS: list[tuple[bytes, str, str]] = [
    (line(event("intermediateCatchEvent", "x", "message")), "message_without_name", "x"),
    (line(event("intermediateCatchEvent", "x", "message", reference="m"), before=message("m", "")), "message_without_name", "x"),
    (line(node("receiveTask", "x")), "message_without_name", "x"),
    (line(event("intermediateThrowEvent", "x", "message")), "message_without_name", "x"),
    (line(event("intermediateCatchEvent", "x", "message", reference="gone")), "reference_missing", "x"),
    (line(event("intermediateCatchEvent", "x", "message", reference="m"), before=message("m", "n", None)), "correlation_key_missing", "x"),
    (line(node("receiveTask", "x", messageRef="m"), before=message("m", "n", None)), "correlation_key_missing", "x"),
    (line(TASK_AND_END + event("boundaryEvent", "b", "message", reference="m", attachedToRef="x") + chain("b", "be"), before=message("m", "n", None)),
     "correlation_key_missing", "b"),
    (line(user_task() + subprocess("ev", event("startEvent", "is", "message", reference="m") + node("endEvent", "ie") + chain("is", "ie"),
                                   triggeredByEvent="true"), before=message("m", "n", None)), "correlation_key_missing", "is"),
    (line(event("intermediateCatchEvent", "x", "signal")), "signal_without_name", "x"),
    (line(event("intermediateThrowEvent", "x", "signal", reference="si"), before='<bpmn:signal id="si"/>'), "signal_without_name", "x"),
    (line(event("intermediateCatchEvent", "x", "timer")), "timer_missing", "x"),
    (line(timer("intermediateCatchEvent", "x", "timeDate", "  ")), "timer_missing", "x"),
    (line(event("intermediateCatchEvent", "x", "timer", "<bpmn:timeDate>=a</bpmn:timeDate><bpmn:timeDuration>PT1H</bpmn:timeDuration>")), "timer_missing", "x"),
    (wrap(node("startEvent", "s") + event("endEvent", "e", "error") + chain("s", "e")), "code_missing", "e"),
    (wrap(node("startEvent", "s") + event("endEvent", "e", "error", reference="er") + chain("s", "e"), before='<bpmn:error id="er" name="n"/>'), "code_missing", "e"),
    (line(event("intermediateThrowEvent", "x", "escalation")), "code_missing", "x"),
    (wrap(event("startEvent", "s", "message", reference="m") + node("endEvent", "e") + chain("s", "e"), before=message("m", "=a + b", None)),
     "start_name_not_constant", "s"),
    (line(TASK_AND_END + timer("boundaryEvent", "b", "timeDuration", "PT1H") + chain("b", "be")), "boundary_without_host", "b"),
    (line(TASK_AND_END + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="gone") + chain("b", "be")), "boundary_without_host", "b"),
    (line(subprocess("x", inner()) + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="is") + chain("b", "e")), "boundary_without_host", "b"),
    (line(node("exclusiveGateway", "x") + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="x") + chain("b", "e")), "boundary_host", "b"),
    (line(node("intermediateThrowEvent", "x") + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="x") + chain("b", "e")), "boundary_host", "b"),
    (line(TASK_AND_END + node("boundaryEvent", "b", attachedToRef="x") + chain("b", "be")), "boundary_without_event", "b"),
    (line(TASK_AND_END + event("boundaryEvent", "b", "error", reference="er", attachedToRef="x") + event("boundaryEvent", "c", "error", reference="er", attachedToRef="x")
          + chain("b", "be") + chain("c", "be"), before=ALL), "same_catch_twice", "c"),
    (line(TASK_AND_END + event("boundaryEvent", "b", "message", reference="m", attachedToRef="x") + event("boundaryEvent", "c", "message", reference="m", attachedToRef="x")
          + chain("b", "be") + chain("c", "be"), before=ALL), "same_catch_twice", "c"),
    (line(node("intermediateCatchEvent", "x", "<bpmn:linkEventDefinition/>")), "link_without_name", "x"),
    (wrap(node("startEvent", "s") + node("intermediateThrowEvent", "x", '<bpmn:linkEventDefinition name="L"/>') + chain("s", "x")), "link_without_target", "x"),
    (line(node("intermediateThrowEvent", "x", '<bpmn:linkEventDefinition name="L"/>')), "link_throw_outgoing", "x"),
    (line(node("intermediateCatchEvent", "x", '<bpmn:linkEventDefinition name="L"/>')), "link_catch_incoming", "x"),
    (line(user_task() + "".join(node("intermediateCatchEvent", key, '<bpmn:linkEventDefinition name="L"/>') + chain(key, "e") for key in "ab")),
     "link_several_targets", "b"),
]  # fmt: skip


@pytest.mark.parametrize(("xml", "code", "at"), EVENTS, ids=[f"{number}-{case[1]}" for number, case in enumerate(EVENTS)])
def test_an_event_that_cannot_work_is_refused(xml: bytes, code: str, at: str) -> None:
    assert (code, at) in errors(xml)


def test_errors_with_other_codes_may_stand_on_one_activity() -> None:
    before = ERROR + '<bpmn:error id="er2" errorCode="E2"/>'
    border = "".join(
        event("boundaryEvent", key, "error", reference=reference, attachedToRef="x") + chain(key, "be")
        for key, reference in {"a": "er", "b": "er2", "c": ""}.items()
    )
    assert errors(line(TASK_AND_END + border, before=before)) == []


def test_a_message_start_needs_no_key_and_may_have_a_constant_name() -> None:
    xml = wrap(
        event("startEvent", "s", "message", reference="m") + node("endEvent", "e") + chain("s", "e"),
        before="""<bpmn:message id="m" name='="a" + "b"'/>""",
    )
    assert errors(xml) == []


# --- activities ---------------------------------------------------------------------------------------------------------


def mapped(kind: str, source: str, target: str) -> bytes:
    return line(user_task("x", f'{ROLE}<zeebe:ioMapping><zeebe:{kind} source="{source}" target="{target}"/></zeebe:ioMapping>'))


def looped(characteristics: str, condition: str = "") -> bytes:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        f"<zeebe:loopCharacteristics {characteristics}/></bpmn:extensionElements>{condition}</bpmn:multiInstanceLoopCharacteristics>"
    )
    return line(node("callActivity", "x", loop, '<zeebe:calledElement processId="child"/>'))


def decision(attributes: str) -> bytes:
    return line(node("businessRuleTask", "x", "", f"<zeebe:calledDecision {attributes}/>"))


ACTIVITIES: list[tuple[bytes, str]] = [
    (line(node("userTask", "x")), "user_task_without_role"),
    (line(node("userTask", "x", "", '<zeebe:assignmentDefinition assignee=" " candidateGroups=""/>')), "user_task_without_role"),
    (line(user_task("x", ROLE + '<zeebe:formDefinition formId="unknown"/>')), "form_unknown"),
    (line(user_task("x", ROLE + '<zeebe:priorityDefinition priority="urgent"/>')), "priority_invalid"),
    (line(user_task("x", ROLE + '<zeebe:priorityDefinition priority="101"/>')), "priority_invalid"),
    (line(user_task("x", ROLE + '<zeebe:priorityDefinition priority="-1"/>')), "priority_invalid"),
    (decision('decisionId="unknown" resultVariable="r"'), "decision_unknown"),
    (decision('resultVariable="r"'), "decision_missing"),
    (line(node("businessRuleTask", "x")), "decision_missing"),
    (decision('decisionId="grade"'), "result_variable_missing"),
    (decision('decisionId="grade" resultVariable="a b"'), "name_invalid"),
    (line(node("businessRuleTask", "x", "", SERVICE)), "task_type_unexpected"),
    (line(user_task("x", ROLE + SERVICE)), "task_type_unexpected"),
    (line(node("scriptTask", "x", "", '<zeebe:script expression="=1"/>')), "result_variable_missing"),
    (line(node("callActivity", "x")), "process_missing"),
    (line(node("callActivity", "x", "", '<zeebe:calledElement processId="unknown"/>')), "process_unknown"),
    (line(node("serviceTask", "x")), "task_type_missing"),
    (line(node("sendTask", "x")), "task_type_missing"),
    (line(node("serviceTask", "x", "", '<zeebe:taskDefinition type="unknown"/>')), "task_type_unknown"),
    (line(node("sendTask", "x", "", '<zeebe:taskDefinition type="unknown"/>')), "task_type_unknown"),
    (line(event("intermediateThrowEvent", "x", "message", extensions='<zeebe:taskDefinition type="unknown"/>')), "task_type_unknown"),
    (line(node("serviceTask", "x", "", '<zeebe:taskDefinition type="echo" retries="0"/>')), "retries_invalid"),
    (line(node("serviceTask", "x", "", '<zeebe:taskDefinition type="echo" retries="many"/>')), "retries_invalid"),
    (mapped("input", "=a", ""), "mapping_target"),
    (mapped("input", "=a", "a b"), "mapping_target"),
    (mapped("output", "=a", "1a"), "mapping_target"),
    (mapped("output", "=a", "a..b"), "mapping_target"),
    (mapped("output", "=a", "=b"), "mapping_target"),
    (mapped("output", "=a", "null"), "mapping_target"),
    (mapped("input", "", "a"), "mapping_source_missing"),
    (looped(""), "loop_without_collection"),
    (looped('inputCollection="villages"'), "loop_not_feel"),
    (looped('inputCollection="=l" inputElement="a b"'), "name_invalid"),
    (looped('inputCollection="=l" outputCollection="r"'), "loop_output_incomplete"),
    (looped('inputCollection="=l" outputElement="=r"'), "loop_output_incomplete"),
    (looped('inputCollection="=l" outputCollection="r" outputElement="r"'), "loop_not_feel"),
    (looped('inputCollection="=l"', "<bpmn:completionCondition>true</bpmn:completionCondition>"), "loop_not_feel"),
]


@pytest.mark.parametrize(("xml", "code"), ACTIVITIES, ids=[f"{number}-{case[1]}" for number, case in enumerate(ACTIVITIES)])
def test_an_activity_that_nothing_can_do_is_refused(xml: bytes, code: str) -> None:
    assert (code, "x") in errors(xml)


@pytest.mark.parametrize("target", ["a", "a.b.c", "结果", "_a1"])
def test_mapping_targets_are_names_and_paths(target: str) -> None:
    assert errors(mapped("output", "=a", target)) == []


def test_files_given_together_are_seen_together() -> None:
    child = wrap(node("startEvent", "cs") + node("endEvent", "ce") + chain("cs", "ce"), process="kid")
    form = b'{"id": "card", "type": "default", "components": []}'
    caller = line(
        user_task("x", ROLE + '<zeebe:formDefinition formId="card"/>')
        + node("callActivity", "y", "", '<zeebe:calledElement processId="kid"/>')
        + chain("x", "y", "e")
    )
    files = {"p.bpmn": caller, "kid.bpmn": child, "card.form": form}
    assert [problem for problem in definitions.check(files, definitions.known_files(files)) if problem.severity == "error"] == []
    alone = {"p.bpmn": caller}
    found = [problem.code for problem in definitions.check(alone, definitions.known_files(alone)) if problem.severity == "error"]
    assert found == ["form_unknown", "process_unknown"]


def test_a_called_process_needs_a_none_start_event() -> None:
    child = wrap(
        event("startEvent", "cs", "message", reference="m") + node("endEvent", "ce") + chain("cs", "ce"),
        process="child",
        before=message("m", "n", None),
    )
    caller = line(node("callActivity", "x", "", '<zeebe:calledElement processId="child"/>'))
    found = definitions.check({"p.bpmn": caller, "child.bpmn": child}, EVERYTHING)
    assert ("called_without_none_start", "p.bpmn", "x") in [(each.code, each.resource, each.element_id) for each in found]


def test_one_id_in_two_files_is_refused() -> None:
    found = definitions.check({"p.bpmn": line(user_task()), "q.bpmn": line(user_task())}, EVERYTHING)
    assert ("defined_twice", "q.bpmn", "p") in [(each.code, each.resource, each.element_id) for each in found]


def test_other_files_are_refused() -> None:
    (problem,) = definitions.check({"notes.txt": b""}, EVERYTHING)
    assert (problem.code, problem.severity) == ("file_kind", "error")


def test_a_broken_file_does_not_hide_the_problems_of_others() -> None:
    found = definitions.check({"a.bpmn": b"<", "p.bpmn": line(node("userTask", "x"))}, EVERYTHING)
    assert [(each.resource, each.code) for each in found if each.severity == "error"] == [
        ("a.bpmn", "xml_malformed"),
        ("p.bpmn", "user_task_without_role"),
    ]


# --- expressions and times ----------------------------------------------------------------------------------------------

BROKEN = "=1 +* 2"


@pytest.mark.parametrize(
    ("xml", "at"),
    [
        (gateway("exclusiveGateway", "1 +* 2", None, default=1), "o0"),
        (mapped("input", BROKEN, "a"), "x"),
        (mapped("output", BROKEN, "a"), "x"),
        (line(user_task("x", f'<zeebe:assignmentDefinition assignee="{BROKEN}"/>')), "x"),
        (line(user_task("x", f'<zeebe:assignmentDefinition candidateGroups="{BROKEN}"/>')), "x"),
        (line(user_task("x", f'<zeebe:assignmentDefinition candidateUsers="{BROKEN}"/>')), "x"),
        (line(user_task("x", f'{ROLE}<zeebe:taskSchedule dueDate="{BROKEN}"/>')), "x"),
        (line(user_task("x", f'{ROLE}<zeebe:taskSchedule followUpDate="{BROKEN}"/>')), "x"),
        (line(user_task("x", f'{ROLE}<zeebe:priorityDefinition priority="{BROKEN}"/>')), "x"),
        (line(user_task("x", f'{ROLE}<zeebe:formDefinition formId="{BROKEN}"/>')), "x"),
        (line(user_task("x", f'{ROLE}<zeebe:properties><zeebe:property name="a" value="{BROKEN}"/></zeebe:properties>')), "x"),
        (line(user_task(), extensions=f'<zeebe:properties><zeebe:property name="label" value="{BROKEN}"/></zeebe:properties>'), "p"),
        (line(node("scriptTask", "x", "", f'<zeebe:script expression="{BROKEN}" resultVariable="r"/>')), "x"),
        (line(node("serviceTask", "x", "", f'<zeebe:taskDefinition type="{BROKEN}"/>')), "x"),
        (line(node("serviceTask", "x", "", f'<zeebe:taskDefinition type="echo" retries="{BROKEN}"/>')), "x"),
        (decision(f'decisionId="{BROKEN}" resultVariable="r"'), "x"),
        (line(node("callActivity", "x", "", f'<zeebe:calledElement processId="{BROKEN}"/>')), "x"),
        (looped(f'inputCollection="{BROKEN}"'), "x"),
        (looped(f'inputCollection="=l" outputCollection="o" outputElement="{BROKEN}"'), "x"),
        (looped('inputCollection="=l"', f"<bpmn:completionCondition>{BROKEN}</bpmn:completionCondition>"), "x"),
        (line(timer("intermediateCatchEvent", "x", "timeDate", BROKEN)), "x"),
        (line(timer("intermediateCatchEvent", "x", "timeDuration", BROKEN)), "x"),
        (line(event("intermediateCatchEvent", "x", "message", reference="m"), before=message("m", "n", BROKEN)), "x"),
        (line(event("intermediateCatchEvent", "x", "message", reference="m"), before=message("m", BROKEN)), "x"),
        (wrap(node("startEvent", "s") + event("endEvent", "e", "error", reference="er") + chain("s", "e"), before=f'<bpmn:error id="er" errorCode="{BROKEN}"/>'), "e"),
    ],
)  # fmt: skip
def test_feel_that_does_not_parse_is_refused_wherever_it_stands(xml: bytes, at: str) -> None:
    assert errors(xml) == [("feel_invalid", at)]


def test_an_equals_sign_alone_is_refused() -> None:
    assert errors(mapped("input", "= ", "a")) == [("feel_empty", "x")]
    assert errors(gateway("exclusiveGateway", "", None, default=1)) == [("feel_empty", "o0")]


def test_a_script_without_equals_sign_is_read_as_feel() -> None:
    assert errors(line(node("scriptTask", "x", "", '<zeebe:script expression="a + 1" resultVariable="r"/>'))) == []


@pytest.mark.parametrize(
    ("what", "text", "code"),
    [
        ("timeDate", "2020-05-21T09:00:00", "time_without_zone"),
        ("timeDate", "2020-05-21T09:00", "time_without_zone"),
        ("timeDate", "2020-05-21", "timer_not_a_date"),
        ("timeDate", "tomorrow", "timer_not_a_date"),
        ("timeDate", "21.5.2020 09:00", "timer_not_a_date"),
        ("timeDate", "campaign.start", "timer_not_a_date"),
        ("timeDate", "2020-02-30T09:00:00Z", "timer_not_a_date"),
        ("timeDate", "PT5M", "timer_not_a_date"),
        ("timeDuration", "5 minutes", "timer_not_a_duration"),
        ("timeDuration", "-PT5M", "timer_not_a_duration"),
        ("timeDuration", "PT", "timer_not_a_duration"),
        ("timeDuration", "R3/PT5M", "timer_not_a_duration"),
        ("timeDuration", "2020-05-21T09:00:00Z", "timer_not_a_duration"),
        ("timeDate", "=date and time(&quot;2020-05-21T09:00:00&quot;)", "time_without_zone"),
        ("timeDate", '=@"2020-05-21T09:00:00"', "time_without_zone"),
        ("timeDate", '=date and time(date(d), time("09:00:00"))', "time_without_zone"),
        ("timeDate", "=date and time(date(d), time(9, 0, 0))", "time_without_zone"),
        ("timeDate", '="2020-05-21T09:00:00"', "time_without_zone"),
        ("timeDate", '=if late then d else "2020-05-21T09:00:00"', "time_without_zone"),
        ("timeDate", '="tomorrow"', "timer_not_a_date"),
        ("timeDate", "=1 + 1", "timer_not_a_date"),
        ("timeDate", "=null", "timer_not_a_date"),
        ("timeDuration", '="soon"', "timer_not_a_duration"),
        ("timeDuration", "=5", "timer_not_a_duration"),
    ],
)
def test_a_timer_that_nobody_can_read_is_refused(what: str, text: str, code: str) -> None:
    assert errors(line(timer("intermediateCatchEvent", "x", what, text))) == [(code, "x")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0 0 9-17 * * MON-FRI", "timer_cron"),
        ("@every 5m", "timer_cron"),
        ("PT5M", "timer_not_a_cycle"),
        ("R3", "timer_not_a_cycle"),
        ("R0/PT5M", "timer_not_a_cycle"),
        ("R/PT0S", "timer_not_a_cycle"),
        ("R/2020-05-21T20:00:00/P1D", "time_without_zone"),
        ('="R/2020-05-21T20:00:00/P1D"', "time_without_zone"),
        ('="0 0 9 * * *"', "timer_cron"),
    ],
)
def test_a_cycle_that_nobody_can_read_is_refused(text: str, code: str) -> None:
    xml = wrap(timer("startEvent", "s", "timeCycle", text) + node("endEvent", "e") + chain("s", "e"))
    assert errors(xml) == [(code, "s")]


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("timeDate", "2020-05-21T09:00:00+08:00"),
        ("timeDate", "2020-05-21T01:00:00Z"),
        ("timeDate", "=campaign.start"),
        ("timeDate", '=date and time("2020-05-21T09:00:00+08:00")'),
        ("timeDate", '=date and time("2020-05-21T09:00:00@Asia/Shanghai")'),
        ("timeDate", '=@"2020-05-21T09:00:00Z"'),
        ("timeDate", '=date and time(date(d), time("09:00:00+08:00"))'),
        ("timeDate", '=date("2020-05-21")'),
        ("timeDate", '=now() + duration("PT1H")'),
        ("timeDuration", "PT5M"),
        ("timeDuration", "P1DT2H"),
        ("timeDuration", '=duration("PT" + string(hours) + "H")'),
        ("timeDuration", '="PT5M"'),
        ("timeDuration", '=duration("P1M")'),
        ("timeDuration", "=settings.answer_time"),
    ],
)
def test_timers_in_iso_8601_or_feel_are_accepted(what: str, text: str) -> None:
    assert errors(line(timer("intermediateCatchEvent", "x", what, text.replace('"', "&quot;")))) == []


@pytest.mark.parametrize("attribute", ["dueDate", "followUpDate"])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2020-05-21T09:00:00", "time_without_zone"),
        ("soon", "timer_not_a_date"),
        ('=date and time("2020-05-21T09:00:00")', "time_without_zone"),
    ],
)
def test_due_dates_follow_the_same_rules(attribute: str, text: str, code: str) -> None:
    written = text.replace('"', "&quot;")
    assert errors(line(user_task("x", f'{ROLE}<zeebe:taskSchedule {attribute}="{written}"/>'))) == [(code, "x")]
    good = '=date and time("2020-05-21T09:00:00+08:00")'.replace('"', "&quot;")
    assert errors(line(user_task("x", f'{ROLE}<zeebe:taskSchedule {attribute}="{good}"/>'))) == []


def test_a_time_without_zone_elsewhere_is_a_warning() -> None:
    xml = gateway("exclusiveGateway", 'now() > date and time("2020-05-21T09:00:00")', None, default=1)
    assert errors(xml) == []
    assert ("time_without_zone", "o0") in warnings(xml)


# --- warnings -----------------------------------------------------------------------------------------------------------


def test_what_is_only_unwise_is_a_warning() -> None:
    assert warnings(line(user_task())) == [("task_without_due_date", "x")]
    due = '<zeebe:taskSchedule dueDate="=d"/>'
    assert warnings(line(user_task("x", ROLE + due))) == []
    form = '<zeebe:formDefinition formId="form"/>'
    assert warnings(line(user_task("x", ROLE + due + form))) == [("form_without_output", "x")]
    out = '<zeebe:ioMapping><zeebe:output source="=r" target="r"/></zeebe:ioMapping>'
    assert warnings(line(user_task("x", ROLE + due + form + out))) == []


def test_an_element_that_cannot_be_reached_is_a_warning() -> None:
    xml = line(node("task", "x") + node("task", "lost") + flow("lost", "e") + subprocess("island", inner()) + flow("island", "e"))
    assert errors(xml) == []
    assert warnings(xml) == [("unreachable", "lost"), ("unreachable", "island")]


def test_borders_links_and_event_subprocesses_are_reached() -> None:
    body = (
        node("task", "x")
        + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="x")
        + node("intermediateThrowEvent", "l", '<bpmn:linkEventDefinition name="L"/>')
        + chain("b", "l")
        + node("intermediateCatchEvent", "c", '<bpmn:linkEventDefinition name="L"/>')
        + chain("c", "e")
        + subprocess(
            "ev", event("startEvent", "is", "signal", reference="si") + node("endEvent", "ie") + chain("is", "ie"), triggeredByEvent="true"
        )
    )
    assert warnings(line(body, before=ALL)) == []


def test_a_loop_that_never_waits_is_a_warning() -> None:
    body = node("exclusiveGateway", "g", default="again") + node("task", "t") + flow("x", "g") + flow("g", "e", "=done")
    again = flow("g", "x", key="again")
    assert ("loop_without_wait", "x") in warnings(line(node("task", "x") + body + again))
    assert "loop_without_wait" not in [code for code, _ in warnings(line(user_task() + body + again))]
    inside = subprocess("x", node("startEvent", "is") + user_task("it") + node("endEvent", "ie") + chain("is", "it", "ie"))
    assert "loop_without_wait" not in [code for code, _ in warnings(line(inside + body + again))]


def test_a_loop_over_a_link_is_found() -> None:
    body = (
        node("intermediateCatchEvent", "c", '<bpmn:linkEventDefinition name="L"/>')
        + node("exclusiveGateway", "m")
        + node("exclusiveGateway", "x", default="back")
        + node("intermediateThrowEvent", "l", '<bpmn:linkEventDefinition name="L"/>')
        + chain("c", "m", "x")
        + flow("x", "l", key="back")
        + flow("x", "e", "=done")
        + node("startEvent", "s")
        + node("endEvent", "e")
        + chain("s", "m")
    )
    assert errors(wrap(body)) == []
    assert ("loop_without_wait", "c") in warnings(wrap(body))


def test_a_process_named_otherwise_than_its_file_is_a_warning() -> None:
    found = check(line(node("task", "x")), name="other.bpmn")
    assert [(problem.code, problem.element_id, problem.severity) for problem in found] == [("file_name", "p", "warning")]


def test_an_escalation_boundary_where_none_is_thrown_is_a_warning() -> None:
    assert ("boundary_never_fires", "b") in warnings(boundary("escalation", "es"))


# --- sentences ----------------------------------------------------------------------------------------------------------


def test_every_sentence_stands_in_both_languages_with_the_same_parameters() -> None:
    def names(text: str) -> set[str]:
        return {name.removesuffix("_en") for _, name, _, _ in string.Formatter().parse(text) if name}

    for code, (chinese, english) in TEXTS.items():
        assert re.search("[一-鿿]", chinese), code
        assert not re.search("[一-鿿]", english), code
        assert names(chinese) == names(english), code
    assert all(chinese and english for chinese, english in WORDS.values())


ALL_CASES: list[Any] = [case[0] for case in (*UNSUPPORTED, *STRUCTURE, *EVENTS, *ACTIVITIES)]


def test_every_problem_found_here_can_be_said() -> None:
    for xml in ALL_CASES:
        for problem in check(xml):
            assert problem.text("zh")
            assert problem.text("en")
            assert str(problem).startswith("p.bpmn")


def test_a_damaged_diagram_is_never_a_surprise() -> None:
    """Each diagram with one element, attribute or text taken away or spoiled: problems that can be said, no exception."""
    chance = random.Random(1)
    paths = sorted(DIAGRAMS.glob("*.bpmn"))
    for _ in range(300):
        path = chance.choice(paths)
        root = etree.fromstring(path.read_bytes())
        victim = chance.choice(list(root.iter("{*}process").__next__().iter())[1:])
        name = chance.choice(list(victim.attrib) or [""])
        if not name or chance.random() < 0.3:
            victim.getparent().remove(victim)
        elif chance.random() < 0.5:
            del victim.attrib[name]
        else:
            victim.set(name, chance.choice(["=}{", "", "x" * 500, "审核", "<&>"]))
        for problem in check(etree.tostring(root)):
            assert problem.text("zh")
            assert problem.text("en")


def test_a_large_diagram_is_checked_quickly() -> None:
    """1,000 elements in less than two seconds of processor time (other work on the machine does not count)."""
    keys = [f"t{index}" for index in range(structure.MAX_ELEMENTS - 2)]
    tasks = "".join(user_task(key, ROLE + f'<zeebe:taskSchedule dueDate="=d{key}"/>') for key in keys)
    xml = wrap(node("startEvent", "s") + tasks + node("endEvent", "e") + chain("s", *keys, "e"))
    began = time.process_time()
    assert errors(xml) == []
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("kind", "text", "value", "problems"),
    [
        ("timeCycle", "R/PT1H", "all", []),
        ("timeCycle", "R3/PT1H", "once", []),
        ("timeCycle", "R/PT1H", "always", [("catch_up", "error")]),
        ("timeDuration", "PT1H", "all", [("catch_up_unused", "warning")]),
    ],
)
def test_catching_up_is_all_or_once_and_for_cycles(kind: str, text: str, value: str, problems: list[tuple[str, str]]) -> None:
    asked = f'<zeebe:properties><zeebe:property name="catchUp" value="{value}"/></zeebe:properties>'
    border = drawing.element("boundaryEvent", "x", drawing.timer(kind, text), asked, attachedToRef="a", cancelActivity="false")
    xml = drawing.diagram("p", drawing.start(), drawing.user("a"), border, drawing.end(), drawing.end("e2"), flows="s>a>e; x>e2")
    assert [(problem.code, problem.severity) for problem in check(xml) if problem.element_id == "x"] == problems
