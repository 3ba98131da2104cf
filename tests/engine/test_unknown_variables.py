"""A name that FEEL reads and nothing sets is a warning, where it is known with what the process is started."""

from __future__ import annotations

import pytest

from app.deploying import shipped_files
from app.engine import definitions
from app.engine.definitions import Problem

_HEAD = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 id="d" targetNamespace="t">"""
PARENT = f"""{_HEAD}<bpmn:process id="parent" isExecutable="true">
<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="c"/>
<bpmn:callActivity id="c"><bpmn:extensionElements><zeebe:calledElement processId="child" propagateAllChildVariables="false"
 propagateAllParentVariables="%s"/><zeebe:ioMapping><zeebe:input source="=1" target="house"/></zeebe:ioMapping></bpmn:extensionElements>
</bpmn:callActivity><bpmn:sequenceFlow id="g" sourceRef="c" targetRef="e"/><bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>"""
CHILD = f"""{_HEAD}<bpmn:process id="child" isExecutable="true"><bpmn:startEvent id="s">%s</bpmn:startEvent>
<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/>
<bpmn:scriptTask id="t">
<bpmn:extensionElements><zeebe:script expression="=%s" resultVariable="done"/></bpmn:extensionElements></bpmn:scriptTask>
<bpmn:sequenceFlow id="g" sourceRef="t" targetRef="e"/><bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>"""
EXAMPLE = """<bpmn:extensionElements><zeebe:properties><zeebe:property name="camundaModeler:exampleOutputJson" value="%s"/>
</zeebe:properties></bpmn:extensionElements>"""


def unknown(files: dict[str, bytes]) -> list[Problem]:
    problems = definitions.check(files, definitions.known_files(files))
    return [problem for problem in problems if problem.code == "variable_unknown"]


def family(expression: str, *, everything: bool = False, start: str = "") -> dict[str, bytes]:
    return {"parent.bpmn": (PARENT % str(everything).lower()).encode(), "child.bpmn": (CHILD % (start, expression)).encode()}


def test_what_we_ship_gives_no_alarm() -> None:
    assert [str(problem) for problem in unknown(shipped_files())] == []


@pytest.mark.parametrize(
    "expression", ["house + 1", "done", "for x in [1] return x + house", "[1, 2][item &gt; 1]", "count([loopCounter])"]
)
def test_what_is_set_is_known(expression: str) -> None:
    """By the caller, by the process itself, within the expression."""
    assert unknown(family(expression)) == []


def test_a_slip_of_the_pen_is_found_at_its_element() -> None:
    [problem] = unknown(family("hose + 1"))
    assert (problem.element_id, problem.params["name"], problem.severity) == ("t", "hose", "warning")


def test_nothing_is_said_where_anything_may_come() -> None:
    """The caller hands over all that it has; nobody calls it."""
    assert unknown(family("hose", everything=True)) == []
    assert unknown({"child.bpmn": family("hose")["child.bpmn"]}) == []


def test_example_data_of_the_start_event_say_what_comes() -> None:
    alone = {"child.bpmn": (CHILD % (EXAMPLE % "{&#34;hose&#34;: 1}", "hose + house")).encode()}
    [problem] = unknown(alone)
    assert problem.params["name"] == "house"


TASK = f"""{_HEAD}<bpmn:process id="task" isExecutable="true"><bpmn:startEvent id="s">{EXAMPLE % "{}"}</bpmn:startEvent>
<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/>
<bpmn:userTask id="t"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="paper"/>
<zeebe:assignmentDefinition candidateGroups="office"/><zeebe:ioMapping><zeebe:output source="=%s" target="result"/></zeebe:ioMapping>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:sequenceFlow id="g" sourceRef="t" targetRef="e"/><bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>"""
PAPER = b"""{"type": "default", "id": "paper", "schemaVersion": 19, "components": [{"type": "group", "id": "a", "components": [
 {"type": "textfield", "id": "b", "key": "answer.text"}]}]}"""


def test_the_fields_of_a_form_are_known_to_its_outputs() -> None:
    files = {"paper.form": PAPER, "task.bpmn": (TASK % "answer.text").encode()}
    assert unknown(files) == []
    files["task.bpmn"] = (TASK % "anwser.text").encode()
    assert [problem.params["name"] for problem in unknown(files)] == ["anwser"]
    del files["paper.form"]
    assert unknown(files) == []


def test_a_gateway_whose_conditions_cannot_all_fail_is_only_warned_of() -> None:
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{index}" sourceRef="g" targetRef="e"><bpmn:conditionExpression>={condition}</bpmn:conditionExpression>'
        "</bpmn:sequenceFlow>"
        for index, condition in enumerate(("a &gt; 1", "a &lt;= 1"))
    )
    text = f"""{_HEAD}<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>
    <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="g"/>
    <bpmn:exclusiveGateway id="g"/>{flows}<bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>"""
    problems = definitions.check({"p.bpmn": text.encode()}, definitions.Known())
    assert [(problem.code, problem.element_id, problem.severity) for problem in problems] == [("gateway_without_default", "g", "warning")]
