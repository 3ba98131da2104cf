# ruff: noqa: E501  (tables: one case, one line)
"""Reading BPMN XML."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.engine import bpmn, safe_xml
from app.engine.errors import Refused
from tests.engine.diagrams import NAMESPACES, chain, event, flow, line, message, node, subprocess, timer, user_task, wrap

FIXTURES = Path(__file__).parent / "fixtures"


def parse(xml: bytes) -> bpmn.Process:
    (process,) = bpmn.parse(xml)
    return process


def element(xml: bytes, key: str = "x") -> bpmn.Element:
    return parse(xml).elements[key]


def refused(xml: bytes) -> str:
    with pytest.raises(Refused) as caught:
        bpmn.parse(xml)
    (problem,) = caught.value.problems
    assert problem.severity == "error"
    assert problem.text("zh")
    assert problem.text("en")
    return str(problem.code)


# --- the file -----------------------------------------------------------------------------------------------------------


def test_prefixes_do_not_matter() -> None:
    xml = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0">
    <process id="p"><startEvent id="s"/><userTask id="x"><extensionElements><z:assignmentDefinition assignee="anna"/></extensionElements>
    </userTask><sequenceFlow id="f" sourceRef="s" targetRef="x"/></process></definitions>"""
    assert element(xml).assignee == "anna"
    assert element(xml).incoming == ("f",)


def test_a_file_saved_by_the_stock_modeler_is_read() -> None:
    """With DI, modeler attributes, a collaboration, lanes, data objects, annotations, groups and a black box pool."""
    file = bpmn.read((FIXTURES / "stock-modeler.bpmn").read_bytes())
    (process,) = file.processes
    assert file.problems == []
    assert process.problems == ()
    assert process.id == "review"
    assert process.name == "Review of a household"
    assert process.lanes == {"Lane_office": "镇扶贫办", "Lane_group": "调查员"}
    review = process.elements["Activity_review"]
    assert review.lane == "镇扶贫办"
    assert review.form_id == "review"
    assert review.candidate_groups == '=["group_leader:" + group]'
    assert review.due == "=campaign.visits_to"
    assert review.follow_up == "2020-05-25T09:00:00+08:00"
    assert review.priority == "70"
    assert review.inputs == (("=household.code", "code"),)
    assert review.outputs == (("=result", "result"),)
    assert review.properties == {"requirement": "R28"}
    assert review.documentation == "R28 指导员每天审核"
    assert process.elements["Gateway_ok"].default == "Flow_again"
    assert process.flows["Flow_done"].condition == 'result = "ok"'
    assert process.elements["Activity_visit"].lane == "调查员"
    assert "DataObjectReference_1" not in process.elements


def test_white_space_and_cdata_in_expressions() -> None:
    xml = line(node("exclusiveGateway", "x")).replace(
        b"</bpmn:process>",
        (flow("x", "e", "\n   <![CDATA[= a < 1 ]]>\n", "g") + "</bpmn:process>").encode(),
    )
    assert parse(xml).flows["g"].condition == "a < 1"


def test_several_processes_are_read_and_those_not_executable_are_left_out() -> None:
    one = wrap(node("startEvent", "s"), process="one")
    both = one.replace(
        b"</bpmn:definitions>",
        b'<bpmn:process id="two"/><bpmn:process id="three" isExecutable="false"/><bpmn:process id="four" isExecutable="1"/></bpmn:definitions>',
    )
    file = bpmn.read(both)
    assert [process.id for process in file.processes] == ["one", "four"]
    assert [(problem.code, problem.element_id, problem.severity) for problem in file.problems] == [
        ("process_not_executable", "two", "warning"),
        ("process_not_executable", "three", "warning"),
    ]


def test_without_any_mark_processes_are_taken_as_executable() -> None:
    both = wrap("", attributes="", process="one").replace(b"</bpmn:definitions>", b'<bpmn:process id="two"/></bpmn:definitions>')
    assert [process.id for process in bpmn.read(both).processes] == ["one", "two"]


def test_what_was_made_for_camunda_7_is_pointed_out() -> None:
    task = (
        '<bpmn:userTask id="x" camunda:assignee="ann"><bpmn:extensionElements><camunda:formData/></bpmn:extensionElements></bpmn:userTask>'
    )
    xml = line(task).replace(b"<bpmn:definitions ", b'<bpmn:definitions xmlns:camunda="http://camunda.org/schema/1.0/bpmn" ')
    (problem,) = bpmn.read(xml).problems
    assert (problem.code, problem.severity, problem.params["names"]) == ("camunda_7", "warning", "assignee, formData")


def test_no_executable_process_is_an_error() -> None:
    file = bpmn.read(wrap("", attributes='isExecutable="false"'))
    assert ("no_process", "error") in [(problem.code, problem.severity) for problem in file.problems]


def test_a_process_without_id_is_an_error() -> None:
    file = bpmn.read(f"<bpmn:definitions {NAMESPACES}><bpmn:process/></bpmn:definitions>".encode())
    assert [problem.code for problem in file.problems] == ["process_without_id"]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "xml_malformed"),
        (b"hello", "xml_malformed"),
        (b"<a>", "xml_malformed"),
        (b"\x00\x01\x02", "xml_malformed"),
        (b"\xff\xfe\x00", "xml_malformed"),
        (b"<a>&undefined;</a>", "xml_malformed"),
        (b"<a/>", "not_bpmn"),
        (b"<definitions/>", "not_bpmn"),
        (b'<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd"/>', "not_bpmn"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "xml_encoding"),
        (b'<?xml version="1.0" encoding="IBM037"?><a/>', "xml_encoding"),
        (b"<!DOCTYPE a><a/>", "xml_doctype"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml_doctype"),
        (b'<?xml version="1.0"?>\n<!-- c -->\n<?pi x?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml_doctype"),
        (b"\xef\xbb\xbf<!DOCTYPE a><a/>", "xml_doctype"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "xml_doctype"),
        ("<!DOCTYPE a><a/>".encode("utf-16-le"), "xml_doctype"),
        ("<!DOCTYPE a><a/>".encode("utf-16-be"), "xml_doctype"),
        (b'<?xml version="1.0" encoding="GBK"?><!DOCTYPE a><a/>', "xml_doctype"),
        (b"<a>" * 101 + b"</a>" * 101, "xml_too_deep"),
        (b"<a>" * 5000 + b"</a>" * 5000, "xml_too_deep"),
        (b"<a>" + b"<b/>" * safe_xml.MAX_NODES + b"</a>", "xml_too_many_nodes"),
        (b"<a>" + b" " * safe_xml.MAX_SIZE + b"</a>", "file_too_large"),
    ],
)
def test_what_is_no_safe_bpmn_file_is_refused(xml: bytes, code: str) -> None:
    assert refused(xml) == code


def test_a_doctype_in_a_comment_is_no_doctype() -> None:
    assert parse(b"<!-- <!DOCTYPE a> -->" + line(user_task()).partition(b"?>")[2]).id == "p"


def test_a_malformed_file_says_on_which_line() -> None:
    with pytest.raises(Refused) as caught:
        bpmn.parse(b"<a>\n<b>\n</a>")
    assert caught.value.problems[0].line == 3


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_other_encodings_are_read(encoding: str) -> None:
    xml = line(user_task()).decode().replace("UTF-8", encoding).replace('name="X"', 'name="审核"')
    assert element(xml.encode(encoding)).name == "审核"


# --- elements -----------------------------------------------------------------------------------------------------------


def test_a_user_task_without_extensions_has_none_of_them() -> None:
    task = element(line(node("userTask", "x")))
    assert (task.assignee, task.candidate_groups, task.candidate_users, task.form_id, task.due) == (None,) * 5
    assert (task.inputs, task.outputs, task.headers, task.properties, task.loop, task.event) == ((), (), {}, {}, None, None)
    assert task.line > 0


def test_service_task_definition_and_headers() -> None:
    task = element(
        line(
            node(
                "serviceTask",
                "x",
                "",
                '<zeebe:taskDefinition type="echo" retries="5"/><zeebe:taskHeaders><zeebe:header key="a" value="1"/><zeebe:header key="b"/></zeebe:taskHeaders>',
            )
        )
    )
    assert (task.task_type, task.retries, task.headers) == ("echo", "5", {"a": "1", "b": ""})


def test_script_and_decision() -> None:
    script = element(line(node("scriptTask", "x", "", '<zeebe:script expression="=a + 1" resultVariable="b"/>')))
    assert (script.script, script.result_variable) == ("=a + 1", "b")
    rule = element(line(node("businessRuleTask", "x", "", '<zeebe:calledDecision decisionId="grade" resultVariable="g"/>')))
    assert (rule.decision_id, rule.result_variable) == ("grade", "g")


@pytest.mark.parametrize(
    ("attributes", "parent", "child"),
    [
        ("", True, True),
        ('propagateAllChildVariables="false"', True, False),
        ('propagateAllParentVariables="false"', False, True),
        ('propagateAllChildVariables="true" propagateAllParentVariables="true"', True, True),
    ],
)
def test_variables_of_a_call_activity_are_propagated_unless_switched_off(attributes: str, parent: bool, child: bool) -> None:
    call = element(line(node("callActivity", "x", "", f'<zeebe:calledElement processId="child" {attributes}/>')))
    assert (call.called_process, call.propagate_all_parent, call.propagate_all_child) == ("child", parent, child)


def test_a_multi_instance() -> None:
    loop = """<bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:extensionElements>
      <zeebe:loopCharacteristics inputCollection="=villages" inputElement="village" outputCollection="results" outputElement="=result"/>
      </bpmn:extensionElements><bpmn:completionCondition xsi:type="bpmn:tFormalExpression">= numberOfCompletedInstances &gt; 1
      </bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"""
    call = element(line(node("callActivity", "x", loop, '<zeebe:calledElement processId="child"/>')))
    assert call.loop == bpmn.Loop(True, "=villages", "village", "results", "=result", "= numberOfCompletedInstances > 1")
    assert call.markers == ()


def test_messages_are_resolved() -> None:
    xml = line(event("intermediateCatchEvent", "x", "message", reference="m"), before=message())
    assert element(xml).event == bpmn.EventDefinition("message", name="news", correlation_key="=key")


@pytest.mark.parametrize("tag", ["receiveTask", "sendTask"])
def test_messages_of_tasks_are_resolved(tag: str) -> None:
    xml = line(node(tag, "x", messageRef="m"), before=message())
    assert element(xml).event == bpmn.EventDefinition("message", name="news", correlation_key="=key")


def test_references_may_have_a_prefix() -> None:
    xml = line(event("intermediateCatchEvent", "x", "message", reference="t:m"), before=message())
    found = element(xml).event
    assert found is not None
    assert found.name == "news"


def test_errors_escalations_and_signals_are_resolved() -> None:
    before = (
        '<bpmn:error id="er" name="Error" errorCode="E1"/><bpmn:escalation id="es" name="Esc" escalationCode="C1"/>'
        '<bpmn:signal id="si" name="go"/>'
    )
    body = (
        event("endEvent", "a", "error", reference="er")
        + event("endEvent", "b", "escalation", reference="es")
        + event("endEvent", "c", "signal", reference="si")
        + event("boundaryEvent", "d", "error", attachedToRef="t")
    )
    elements = parse(wrap(body, before=before)).elements
    assert elements["a"].event == bpmn.EventDefinition("error", name="Error", code="E1")
    assert elements["b"].event == bpmn.EventDefinition("escalation", name="Esc", code="C1")
    assert elements["c"].event == bpmn.EventDefinition("signal", name="go")
    assert elements["d"].event == bpmn.EventDefinition("error", code=None)
    assert elements["d"].attached_to == "t"


def test_a_reference_to_nothing_is_a_problem() -> None:
    process = parse(line(event("intermediateCatchEvent", "x", "message", reference="nothing")))
    assert [(problem.code, problem.element_id) for problem in process.problems] == [("reference_missing", "x")]


@pytest.mark.parametrize(
    ("tag", "kind", "text"),
    [("timeDate", "date", "2020-05-21T09:00:00+08:00"), ("timeDuration", "duration", "=wait"), ("timeCycle", "cycle", "R3/PT10M")],
)
def test_timers(tag: str, kind: str, text: str) -> None:
    assert element(line(timer("intermediateCatchEvent", "x", tag, f"  {text}\n"))).event == bpmn.EventDefinition(
        "timer", timer=kind, expression=text
    )


def test_links_and_terminate() -> None:
    body = node("intermediateThrowEvent", "a", '<bpmn:linkEventDefinition name="L"/>') + event("endEvent", "b", "terminate")
    elements = parse(wrap(body)).elements
    assert elements["a"].event == bpmn.EventDefinition("link", name="L")
    assert elements["b"].event == bpmn.EventDefinition("terminate")


def test_interrupting_flags() -> None:
    body = (
        timer("boundaryEvent", "a", "timeDuration", "PT1H", attachedToRef="x")
        + timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="x", cancelActivity="false")
        + subprocess("ev", timer("startEvent", "c", "timeDuration", "PT1H", isInterrupting="false"), triggeredByEvent="true")
        + subprocess("ew", timer("startEvent", "d", "timeDuration", "PT1H"), triggeredByEvent="1")
    )
    elements = parse(wrap(body)).elements
    assert [elements[key].interrupting for key in "abcd"] == [True, False, False, True]
    assert elements["ev"].triggered_by_event
    assert elements["ew"].triggered_by_event
    assert elements["c"].scope == "ev"


def test_scopes_and_flows_of_subprocesses() -> None:
    inside = node("startEvent", "is") + subprocess("deep", node("startEvent", "ds")) + chain("is", "deep")
    process = parse(line(subprocess("x", inside)))
    assert [(key, each.scope) for key, each in process.elements.items()] == [
        ("s", ""), ("x", ""), ("is", "x"), ("deep", "x"), ("ds", "deep"), ("e", ""),
    ]  # fmt: skip
    assert process.flows["f_is_deep"].scope == "x"
    assert process.flows["f_s_x"].scope == ""


def test_nested_lanes_give_the_innermost_name() -> None:
    lanes = """<bpmn:laneSet><bpmn:lane id="town" name="镇"><bpmn:flowNodeRef>x</bpmn:flowNodeRef><bpmn:flowNodeRef>s</bpmn:flowNodeRef>
    <bpmn:childLaneSet><bpmn:lane id="office" name="扶贫办"><bpmn:flowNodeRef> x </bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet></bpmn:lane>
    </bpmn:laneSet>"""
    process = parse(line(lanes + user_task()))
    assert process.elements["x"].lane == "扶贫办"
    assert process.elements["s"].lane == "镇"
    assert process.elements["e"].lane == ""
    assert process.lanes == {"town": "镇", "office": "扶贫办"}


def test_flows_keep_document_order() -> None:
    body = node("startEvent", "s") + node("parallelGateway", "g") + flow("g", "b", key="two") + flow("g", "a", key="one") + flow("s", "g")
    assert parse(wrap(body)).elements["g"].outgoing == ("two", "one")


def test_process_properties_and_documentation() -> None:
    xml = wrap(
        "<bpmn:documentation>R01 依据</bpmn:documentation>",
        extensions='<zeebe:properties><zeebe:property name="label" value="=household.label"/></zeebe:properties><zeebe:versionTag value="v2"/>',
    )
    process = parse(xml)
    assert process.properties == {"label": "=household.label"}
    assert process.documentation == "R01 依据"
    assert process.version_tag == "v2"


@pytest.mark.parametrize(
    ("xml", "marker"),
    [
        (line(node("userTask", "x", isForCompensation="true")), "compensation"),
        (line(node("userTask", "x", "<bpmn:standardLoopCharacteristics/>")), "standardLoop"),
        (
            line(node("callActivity", "x", "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>")),
            "loopCardinality",
        ),
        (line(node("adHocSubProcess", "x")), "adHoc"),
        (line(node("receiveTask", "x", instantiate="true")), "instantiate"),
        (line(node("eventBasedGateway", "x", eventGatewayType="Parallel")), "parallelEvents"),
        (line(node("userTask", "x", completionQuantity="2")), "tokenQuantity"),
        (line(node("startEvent", "x", "<bpmn:messageEventDefinition/><bpmn:timerEventDefinition/>")), "multiple"),
        (line(node("startEvent", "x", "<bpmn:messageEventDefinition/><bpmn:timerEventDefinition/>", parallelMultiple="true")), "parallelMultiple"),
        (line(node("endEvent", "x", "<bpmn:eventDefinitionRef>a</bpmn:eventDefinitionRef><bpmn:eventDefinitionRef>b</bpmn:eventDefinitionRef>")), "multiple"),
    ],
)  # fmt: skip
def test_what_does_not_run_is_marked(xml: bytes, marker: str) -> None:
    assert element(xml).markers == (marker,)


@pytest.mark.parametrize("kind", ["conditional", "compensate", "cancel"])
def test_unsupported_event_definitions_are_kept_for_the_check(kind: str) -> None:
    found = element(line(event("intermediateCatchEvent", "x", kind))).event
    assert found is not None
    assert found.kind == kind


# --- what reading finds wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "code", "at", "severity"),
    [
        (line(user_task() + user_task()), "duplicate_id", "x", "error"),
        (line(user_task() + '<bpmn:textAnnotation id="x"/>'), "duplicate_id", "x", "error"),
        (wrap('<bpmn:startEvent name="no id"/>'), "element_without_id", "", "error"),
        (wrap('<bpmn:sequenceFlow sourceRef="a" targetRef="b"/>'), "element_without_id", "", "error"),
        (line(user_task() + '<bpmn:wormhole id="w"/>'), "unknown_element", "w", "error"),
        (line(node("userTask", "x", "<bpmn:wormhole/>")), "unknown_element", "x", "error"),
        (line(user_task("x", '<zeebe:taskListeners><zeebe:taskListener eventType="creating" type="t"/></zeebe:taskListeners>')), "listeners", "x", "error"),
        (line(user_task("x", '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="t"/></zeebe:executionListeners>')), "listeners", "x", "error"),
        (line(user_task(), extensions='<zeebe:executionListeners><zeebe:executionListener eventType="start" type="t"/></zeebe:executionListeners>'), "listeners", "p", "error"),
        (line(user_task(), extensions='<zeebe:userTaskForm id="u">{}</zeebe:userTaskForm>'), "embedded_form", "p", "error"),
        (line(user_task("x", "<zeebe:linkedResources/>")), "extension_unsupported", "x", "error"),
        (line(user_task("x", "<zeebe:sparkles/>")), "extension_ignored", "x", "warning"),
        (line(user_task("x", '<zeebe:formDefinition formKey="camunda-forms:bpmn:u"/>')), "form_key", "x", "error"),
        (line(user_task("x", '<zeebe:formDefinition externalReference="abc"/>')), "form_key", "x", "error"),
        (line(user_task("x", '<zeebe:formDefinition formId="form" bindingType="deployment"/>')), "binding_unsupported", "x", "error"),
        (line(node("callActivity", "x", "", '<zeebe:calledElement processId="child" bindingType="versionTag"/>')), "binding_unsupported", "x", "error"),
        (line(node("scriptTask", "x", "<bpmn:script>print(1)</bpmn:script>", scriptFormat="python")), "script_not_feel", "x", "error"),
        (line(node("scriptTask", "x", "", '<zeebe:taskDefinition type="echo"/>')), "script_not_feel", "x", "error"),
        (line(node("scriptTask", "x", "", '<zeebe:script expression=" " resultVariable="r"/>')), "script_missing", "x", "error"),
        (line(node("userTask", "x", "<bpmn:outgoing>lost</bpmn:outgoing>")), "flow_missing", "x", "error"),
        (line(subprocess("x", node("task", "t", "<bpmn:incoming>lost</bpmn:incoming>"))), "flow_missing", "t", "error"),
        (wrap(flow("a", "b", "a > 1".replace(">", "&gt;"))), "condition_not_feel", "f_a_b", "error"),
        (wrap(flow("a", "b", "${amount &gt; 1}")), "condition_not_feel", "f_a_b", "error"),
    ],
)  # fmt: skip
def test_what_reading_finds_wrong_says_where(xml: bytes, code: str, at: str, severity: str) -> None:
    file = bpmn.read(xml)
    problems = [*file.problems, *(problem for process in file.processes for problem in process.problems)]
    assert (code, at, severity) in [(problem.code, problem.element_id, problem.severity) for problem in problems]


@pytest.mark.parametrize("extensions", ["<zeebe:executionListeners/>", '<zeebe:versionTag value="1"/>', '<modeler:note text="x"/>'])
def test_extensions_without_effect_are_no_problem(extensions: str) -> None:
    assert parse(line(user_task("x", extensions))).problems == ()


def test_standard_elements_without_effect_are_no_problem() -> None:
    body = (
        '<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="r" dataObjectRef="o"/><bpmn:dataStoreReference id="ds"/>'
        '<bpmn:textAnnotation id="t"><bpmn:text>note</bpmn:text></bpmn:textAnnotation><bpmn:association id="a" sourceRef="x" targetRef="t"/>'
        '<bpmn:group id="g"/><bpmn:ioSpecification/><bpmn:property id="pp"/>'
        + node(
            "userTask",
            "x",
            '<bpmn:incoming>f_s_x</bpmn:incoming><bpmn:property id="pr"/><bpmn:dataInputAssociation id="da"><bpmn:sourceRef>r</bpmn:sourceRef>'
            '</bpmn:dataInputAssociation><bpmn:dataOutputAssociation id="db"/><bpmn:potentialOwner id="po"/>',
        )
    )
    process = parse(line(body))
    assert process.problems == ()
    assert list(process.elements) == ["s", "x", "e"]
