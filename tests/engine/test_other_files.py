# ruff: noqa: E501  (tables: one case, one line)
"""Files from elsewhere: every door says the same of them, what passes runs to its end, and what is refused gets in nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import cli, clock
from app.db import Database
from app.engine import definitions, jobs, runtime
from app.engine.errors import Refused, StepFailed
from app.engine.models import Definition, ProcessInstance
from app.modeler.trial import playing, sandbox, scenarios
from app.modeler.trial import store as kept
from app.modeler.trial.steps import Play
from tests import web
from tests.engine import drawing as d
from tests.engine.reported.conftest import stage
from tests.engine.reported.stage import Stage
from tests.modeler import releasing
from tests.modeler.trying import ADMIN, BEGIN

__all__ = ["stage"]

Files = dict[str, bytes]
START, END = d.start(), d.end()
CHILD = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")


def p(*elements: str, flows: str, **more: Any) -> Files:
    return {"p.bpmn": d.diagram("p", *elements, flows=flows, **more)}


def raw(body: str, flows: str = "", spaces: str = "") -> Files:
    """A process whose XML is as *body* says; *flows*: ``"s>a>e"``."""
    chain = flows.split(">")
    lines = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(zip(chain, chain[1:], strict=False))
    )
    head = d._HEAD.replace(' id="d"', f' {spaces} id="d"')
    text = f'{head}<bpmn:process id="p" isExecutable="true">{body}{lines}</bpmn:process></bpmn:definitions>'
    return {"p.bpmn": text.encode()}


def task(id: str = "a", attributes: str = 'candidateGroups="office"', more: str = "") -> str:
    return f'<bpmn:userTask id="{id}" name="{id}" {more}><bpmn:extensionElements><zeebe:assignmentDefinition {attributes}/></bpmn:extensionElements></bpmn:userTask>'


def form(*components: dict[str, Any], **more: Any) -> Files:
    """A form, and a process that asks it."""
    made = {"type": "default", "id": "f", "schemaVersion": 19, "components": list(components), **more}
    return {"f.form": json.dumps(made).encode(), **p(START, d.user("a", form="f"), END, flows="s>a>e")}


def decision(logic: str, more: str = "") -> Files:
    """A decision ``r``, and a process that asks it."""
    head = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
    file = f'{head}{more}<decision id="r" name="r">{logic}</decision></definitions>'
    asks = d.element("businessRuleTask", "a", extensions='<zeebe:calledDecision decisionId="r" resultVariable="found"/>')
    return {"r.dmn": file.encode(), **p(START, asks, END, flows="s>a>e")}


def literal(text: str) -> str:
    return f"<literalExpression><text>{text}</text></literalExpression>"


FEEL_ONE = "=&quot;{}&quot;"
#: files, and each error: code, where it is marked, what its sentence names
REFUSED: dict[str, tuple[Files, list[tuple[str, str, str]]]] = {
    # people
    "a misspelt role": (
        raw(f'<bpmn:startEvent id="s"/>{task(attributes=chr(32).join(["candidateGroups=" + chr(34) + "offce" + chr(34)]))}', "s>a"),
        [("role_unknown_near", "a", "office")],
    ),
    "a role in capitals": (p(START, d.user("a", "Office"), END, flows="s>a>e"), [("role_unknown_near", "a", "office")]),
    "a misspelt role with a scope": (
        p(START, d.user("a", "vilage_cadre:V05"), END, flows="s>a>e"),
        [("role_unknown_near", "a", "village_cadre")],
    ),
    "a role without its scope": (p(START, d.user("a", "investigator"), END, flows="s>a>e"), [("role_needs_scope", "a", "investigator")]),
    "the administrator": (p(START, d.user("a", "admin"), END, flows="s>a>e"), [("role_of_administrators", "a", "admin")]),
    "the auditor among others": (
        p(START, d.user("a", "office, auditor"), END, flows="s>a>e"),
        [("role_of_administrators", "a", "auditor")],
    ),
    "nobody but commas": (p(START, d.user("a", " , "), END, flows="s>a>e"), [("user_task_without_role", "a", "")]),
    "an empty list": (p(START, d.user("a", "=[]"), END, flows="s>a>e"), [("user_task_without_role", "a", "")]),
    # names by constant FEEL are names
    "an unknown form by FEEL": (p(START, d.user("a", form=FEEL_ONE.format("nope")), END, flows="s>a>e"), [("form_unknown", "a", "nope")]),
    "an unknown process by FEEL": (
        p(START, d.element("callActivity", "a", extensions='<zeebe:calledElement processId="=&quot;nope&quot;"/>'), END, flows="s>a>e"),
        [("process_unknown", "a", "nope")],
    ),
    "an unknown decision by FEEL": (
        p(
            START,
            d.element("businessRuleTask", "a", extensions='<zeebe:calledDecision decisionId="=&quot;nope&quot;" resultVariable="x"/>'),
            END,
            flows="s>a>e",
        ),
        [("decision_unknown", "a", "nope")],
    ),
    "an unknown handler by FEEL": (
        p(START, d.element("serviceTask", "a", extensions='<zeebe:taskDefinition type="=&quot;nope&quot;"/>'), END, flows="s>a>e"),
        [("task_type_unknown", "a", "nope")],
    ),
    # constants that can never do
    "a condition that is a text": (
        p(START, d.gateway("g"), d.user("a"), END, flows='s>g>["yes"]a>e; g>[default]e'),
        [("constant_not_truth", "f_g_a", "yes")],
    ),
    "items that are no list": (
        p(START, d.call("a", "child", items="5"), END, flows="s>a>e") | {"child.bpmn": CHILD},
        [("constant_not_list", "a", "=5")],
    ),
    "a key that is nothing": (
        p(START, d.catch("a", d.on_message("m")), END, flows="s>a>e", roots=d.message("m", "null")),
        [("constant_not_key", "a", "null")],
    ),
    # the drawing
    "an ad-hoc subprocess": (
        raw(f'<bpmn:startEvent id="s"/><bpmn:adHocSubProcess id="x">{task()}</bpmn:adHocSubProcess><bpmn:endEvent id="e"/>', "s>x>e"),
        [("unsupported_element", "x", "")],
    ),
    "a complex gateway": (p(START, d.element("complexGateway", "x"), END, flows="s>x>e"), [("unsupported_element", "x", "")]),
    "compensation": (
        p(START, d.user("a"), d.boundary("x", "a", "<bpmn:compensateEventDefinition/>"), END, flows="s>a>e"),
        [("unsupported_event", "x", "")],
    ),
    "two of one id": (raw(f'<bpmn:startEvent id="s"/>{task()}{task()}', "s>a"), [("duplicate_id", "a", "a")]),
    "a border of nothing": (
        p(START, d.user("a"), d.boundary("x", "gone", d.timer("timeDuration", "PT1H")), END, flows="s>a>e; x>e"),
        [("boundary_without_host", "x", "")],
    ),
    "a message that is not there": (
        p(START, d.catch("x", d.on_message("gone")), END, flows="s>x>e"),
        [("reference_missing", "x", "gone"), ("message_without_name", "x", ""), ("correlation_key_missing", "x", "")],
    ),
    "a default flow that is not there": (
        raw('<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g" default="gone"/><bpmn:endEvent id="e"/>', "s>g>e"),
        [("default_unknown", "g", "gone")],
    ),
    # forms
    **{
        f"{kind} in a form": (
            form({"type": kind, "id": "x", "label": "标", "url": "https://x.example"}),
            [("form_component_unsupported", "x", kind)],
        )
        for kind in ("iframe", "documentPreview")
    },
    "an unknown component": (form({"type": "signature", "id": "x"}), [("form_component_unknown", "x", "signature")]),
    "a refused component inside a group": (
        form({"type": "group", "id": "g", "components": [{"type": "iframe", "id": "x"}]}),
        [("form_component_unsupported", "x", "iframe")],
    ),
    "a broken pattern": (
        form({"type": "textfield", "id": "x", "key": "k", "validate": {"pattern": "^(\\d+$"}}),
        [("form_pattern", "x", "")],
    ),
    # decisions
    "an import": (decision(literal("1"), '<import name="other" namespace="x" importType="y"/>'), [("dmn_import", "", "other")]),
    "no logic": (decision(""), [("dmn_no_logic", "r", "")]),
    "a hit policy of its own": (
        decision('<decisionTable hitPolicy="BEST"><output id="o" name="r"/></decisionTable>'),
        [("dmn_hit_policy", "r", "BEST")],
    ),
    "Java": (decision('<functionDefinition kind="Java"><context/></functionDefinition>'), [("dmn_function_kind", "r", "Java")]),
    "a type of itself": (
        decision(literal("1"), '<itemDefinition name="t"><typeRef>t</typeRef></itemDefinition>'),
        [("dmn_type_circle", "", "t")],
    ),
    "a function that there is not": (decision(literal("sqare(2)")), [("dmn_expression", "r", "sqare")]),
}

FLOWABLE, CAMUNDA, SPIFF = (
    'xmlns:flowable="http://flowable.org/bpmn"',
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"',
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"',
)
#: files, warnings (code, where), start variables, the user tasks on the way to the end
PASSED: dict[str, tuple[Files, list[tuple[str, str]], dict[str, Any], list[str]]] = {
    "no end": (p(START, d.user("a"), d.user("b"), flows="s>a; s>b"), [], {}, ["a", "b"]),
    "no end in a subprocess": (
        p(START, d.subprocess("sp", d.start("i"), d.user("a"), flows="i>a"), d.user("b"), END, flows="s>sp>b>e"),
        [],
        {},
        ["a", "b"],
    ),
    "an end that was forgotten": (
        p(START, d.gateway("g", "parallel"), d.user("a"), d.user("b"), END, flows="s>g>a>e; g>b"),
        [("implicit_end", "b")],
        {},
        ["a", "b"],
    ),
    "no end in an event subprocess": (
        p(
            START,
            d.user("a"),
            END,
            d.subprocess("es", d.on("i", d.on_signal("go")), d.user("b"), flows="i>b", event=True),
            flows="s>a>e",
            roots=d.signal("go"),
        ),
        [],
        {},
        ["a"],
    ),
    "a text over lines": (
        p(START, d.script("x", '"one&#10;two"'.replace("&#10;", "\n"), "t"), d.user("a"), END, flows="s>x>a>e"),
        [],
        {},
        ["a"],
    ),
    "empty names": (
        {
            "p.bpmn": d.diagram("p", START, d.user("a"), END, flows="s>a>e")
            .replace(b'name="a"', b'name=""')
            .replace(b'name="s"', b'name=""')
        },
        [],
        {},
        ["a"],
    ),
    "listed values without default": (
        p(START, d.gateway("g"), d.user("a"), d.user("b"), END, flows='s>g>[meal = "Salad"]a>e; g>[meal = "Pasta"]b>e'),
        [("gateway_other_value", "g")],
        {"meal": "Pasta"},
        ["b"],
    ),
    "nobody of this name": (
        p(START, d.element("userTask", "a", extensions='<zeebe:assignmentDefinition assignee="nobody_99"/>'), END, flows="s>a>e"),
        [("user_unknown", "a")],
        {},
        ["a"],
    ),
    "a role that nobody holds": (p(START, d.user("a", "commander"), END, flows="s>a>e"), [("role_unheld", "a")], {}, ["a"]),
    "links": (p(START, d.throw("t", d.link("L")), d.catch("c", d.link("L")), d.user("a"), END, flows="s>t; c>a>e"), [], {}, ["a"]),
    "a boundary on a call": (
        p(START, d.call("c", "child"), d.boundary("b", "c", d.timer("timeDuration", "PT9H")), END, flows="s>c>e; b>e")
        | {"child.bpmn": CHILD},
        [],
        {},
        ["visit"],
    ),
    "a call for each": (
        p(START, d.call("c", "child", items="[1, 2]"), END, flows="s>c>e") | {"child.bpmn": CHILD},
        [],
        {},
        ["visit", "visit"],
    ),
    "a call for none": (p(START, d.call("c", "child", items="[]"), END, flows="s>c>e") | {"child.bpmn": CHILD}, [], {}, []),
    "an error that is caught": (
        p(
            START,
            d.subprocess("sp", d.start("i"), d.end("x", d.on_error("X")), flows="i>x"),
            d.boundary("b", "sp", d.on_error("X")),
            d.user("a"),
            END,
            flows="s>sp>e; b>a>e",
            roots=d.error("X"),
        ),
        [],
        {},
        ["a"],
    ),
    "an escalation that nobody minds": (
        p(START, d.throw("t", d.on_escalation("X")), d.user("a"), END, flows="s>t>a>e", roots=d.escalation("X")),
        [],
        {},
        ["a"],
    ),
    "terminate": (p(START, d.user("a"), d.user("b"), d.end("t", "<bpmn:terminateEventDefinition/>"), flows="s>a>t; s>b>t"), [], {}, ["a"]),
    "inclusive": (
        p(
            START,
            d.gateway("g", "inclusive"),
            d.user("a"),
            d.user("b"),
            d.gateway("j", "inclusive"),
            END,
            flows="s>g>[x]a>j>e; g>[default]b>j",
        ),
        [],
        {"x": True},
        ["a"],
    ),
    "what says nothing of tokens": (
        raw(
            f'<bpmn:laneSet id="ls"><bpmn:lane id="l" name="L"><bpmn:flowNodeRef>gone</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet><bpmn:dataObjectReference id="dr" dataObjectRef="gone"/><bpmn:group id="gr" categoryValueRef="gone"/><bpmn:textAnnotation id="ta"><bpmn:text>x</bpmn:text></bpmn:textAnnotation><bpmn:association id="as" sourceRef="gone" targetRef="ta"/><bpmn:startEvent id="s"/>{task()}',
            "s>a",
        ),
        [],
        {},
        ["a"],
    ),
    "Flowable": (
        raw(f'<bpmn:startEvent id="s"/>{task(more="flowable:async=" + chr(34) + "true" + chr(34))}', "s>a", FLOWABLE),
        [("foreign_extensions", "a")],
        {},
        ["a"],
    ),
    "Flowable's own element": (
        raw(f'<flowable:pool/><bpmn:startEvent id="s"/>{task()}', "s>a", FLOWABLE),
        [("foreign_extensions", "p")],
        {},
        ["a"],
    ),
    "Camunda 7": (raw(f'<bpmn:startEvent id="s" camunda:initiator="x"/>{task()}', "s>a", CAMUNDA), [("camunda_7", "s")], {}, ["a"]),
    "SpiffWorkflow": (
        raw(
            f'<bpmn:startEvent id="s"><bpmn:extensionElements><spiffworkflow:preScript>x = 1</spiffworkflow:preScript></bpmn:extensionElements></bpmn:startEvent>{task()}',
            "s>a",
            SPIFF,
        ),
        [("foreign_extensions", "s")],
        {},
        ["a"],
    ),
    "a form with HTML": (
        form({"type": "html", "id": "h", "content": "<b>x</b><script>1</script>"}),
        [("form_html_cleaned", "h")],
        {},
        ["a"],
    ),
    "decisions that nobody needs": (
        decision(literal("1"), '<decision id="z" name="z"/><businessKnowledgeModel id="k" name="k"/>'),
        [("dmn_unused", "z"), ("dmn_unused", "k")],
        {},
        [],
    ),
    "an empty expression": (decision(literal("")), [("dmn_empty", "r")], {}, []),
    "a context without a value": (
        decision('<context><contextEntry><variable name="a"/></contextEntry></context>'),
        [("dmn_empty", "r")],
        {},
        [],
    ),
    "input data without a type": (
        decision(
            '<informationRequirement><requiredInput href="#x"/></informationRequirement>' + literal("x + 1"), '<inputData id="x" name="x"/>'
        ),
        [],
        {"x": 1},
        [],
    ),
}

#: files that pass with a warning and cannot go on: the warning, start variables, how it goes
STOPS: dict[str, tuple[Files, tuple[str, str], dict[str, Any], list[str]]] = {
    "a choice into a parallel join": (
        p(START, d.gateway("g"), d.user("a"), d.user("b"), d.gateway("j", "parallel"), END, flows="s>g>[x]a>j>e; g>[default]b>j"),
        ("join_never_complete", "j"),
        {"x": True},
        ["a"],
    ),
    "the same beside an error end": (
        p(
            START,
            d.gateway("g"),
            d.user("a"),
            d.user("b"),
            d.user("c"),
            d.gateway("j", "parallel"),
            END,
            d.end("x", "<bpmn:terminateEventDefinition/>"),
            flows="s>g>[y = 1]a>j>e; g>[y = 2]c>x; g>[default]b>j",
        ),
        ("join_never_complete", "j"),
        {"y": 1},
        ["a"],
    ),
}


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path, at: Any) -> Flask:
    made = web.application(sqlite_db, tmp_path)
    web.place(sqlite_db)
    for name, role in (("admin", "admin"), ("zhang", "admin"), ("li", "admin"), ("wang", "office"), ("cadre", "village_cadre:V05")):
        web.person(sqlite_db, name, role)
    return made


def _errors(problems: Any) -> frozenset[str]:
    return frozenset(each.code for each in problems if each.severity == "error")


def _by(work: Callable[[], Any]) -> frozenset[str]:
    try:
        work()
    except Refused as refused:
        return _errors(refused.problems)
    return frozenset()


def doors(app: Flask, files: Files, tmp_path: Path, capsys: Any) -> Iterator[tuple[str, frozenset[str] | bool]]:
    """Each way in, with the errors for which it refuses *files*, or only whether it does. Deploys them last."""
    db: Database = app.extensions["daopai.db"]
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    yield "command line", cli.main(["check", *(str(tmp_path / name) for name in files)]) == 1
    capsys.readouterr()
    kinds = {"bpmn": "process", "dmn": "decision", "form": "form"}
    keys = [releasing.draft(db, content, resource=name, kind=kinds[name.rpartition(".")[2]]) for name, content in files.items()]
    browser = web.signed_in_as(app, "admin")
    found: set[str] = set()
    for key in keys:
        answer = browser.client.post(f"/modeler/drafts/{key}/check", json={}, headers={"X-CSRFToken": browser.token()})
        found |= {each["code"] for each in answer.json["problems"] if each["severity"] == "error"}
    yield "editor", frozenset(found)
    with db.reading() as session:
        base = sandbox.deployed(session)

    def tried() -> None:
        with playing.played(base, files, Play("p", BEGIN, [], [])):
            pass

    yield "trial", _by(tried)
    [ran] = _scenario(db, files)
    yield "scenario", "不能部署" in ran.difference
    yield "release", _by(lambda: releasing.release(db, releasing.ask(db, *keys), releasing.LI))
    yield "deployment", _by(lambda: db.in_transaction(lambda s: definitions.deploy(s, files, d.ANN, now=clock.now())))


def _scenario(db: Database, files: Files) -> list[scenarios.ScenarioResult]:
    play = Play("p", BEGIN, [], [])
    key = db.in_transaction(lambda session: kept.keep(session, "x", play, ADMIN)).key
    found = scenarios.run_all(db, files)
    db.in_transaction(lambda session: kept.set_state(session, kept.scenario(session, key), "DELETED", "x", ADMIN))
    return found


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_marked_and_gets_in_by_no_door(app: Flask, tmp_path: Path, capsys: Any, case: str) -> None:
    files, expected = REFUSED[case]
    db: Database = app.extensions["daopai.db"]
    with db.reading() as session:
        problems = [each for each in definitions.check(files, definitions.known(session, files)) if each.severity == "error"]
    assert [(each.code, each.element_id) for each in problems] == [(code, element) for code, element, _named in expected]
    for problem, (_code, _element, named) in zip(problems, expected, strict=True):
        assert named in problem.text("zh") and named in problem.text("en")
    codes = frozenset(code for code, _element, _named in expected)
    for door, verdict in doors(app, files, tmp_path, capsys):
        assert verdict == (True if isinstance(verdict, bool) else codes), door
    assert d.read(db, lambda session: session.scalars(select(Definition.id)).all()) == ["campaign"], "the root of the tests alone"


@pytest.mark.parametrize("case", PASSED)
def test_what_passes_runs_to_its_end_by_every_door(app: Flask, tmp_path: Path, capsys: Any, case: str) -> None:
    files, expected, variables, tasks = PASSED[case]
    db: Database = app.extensions["daopai.db"]
    with db.reading() as session:
        problems = definitions.check(files, definitions.known(session, files))
    found = [(each.code, each.element_id) for each in problems if each.code not in _USUAL and not each.code.startswith("variable")]
    assert found == expected
    for door, verdict in doors(app, files, tmp_path, capsys):
        assert not verdict, door
    assert played(db, variables) == (tasks, "COMPLETED", [])


@pytest.mark.parametrize("case", STOPS)
def test_what_can_only_stop_is_warned_of_and_an_incident_there(app: Flask, case: str) -> None:
    files, expected, variables, tasks = STOPS[case]
    db: Database = app.extensions["daopai.db"]
    with db.reading() as session:
        problems = definitions.check(files, definitions.known(session, files))
    assert expected in [(each.code, each.element_id) for each in problems]
    db.in_transaction(lambda s: definitions.deploy(s, files, d.ANN, now=clock.now()))
    assert played(db, variables) == (tasks, "ACTIVE", [("stuck", expected[1])])


#: what the small files here are warned of anyway
_USUAL = frozenset({"task_without_due_date", "file_name", "form_without_output"})


def played(db: Database, variables: dict[str, Any]) -> tuple[list[str], str, list[tuple[str, str]]]:
    """Start ``p`` and complete every task, the oldest first: the tasks, the state at the end, the incidents that are left."""
    key = db.in_transaction(lambda s: runtime.start(s, "p", variables, d.ANN, campaign_id=web.CAMPAIGN)).key
    jobs.drain(db)
    done = []
    while open_ := d.tasks(db):
        done.append(open_[0].element_id)
        db.in_transaction(lambda s, key=open_[0].key: runtime.complete(s, key, {}, d.ANN))  # type: ignore[misc]
        jobs.drain(db)
    state = d.read(db, lambda session: session.get_one(ProcessInstance, key).state)
    return done, state, [(row.kind, row.element_id) for row in d.incidents_of(db, state="OPEN")]


# --- a gateway over listed values without default: an incident that can be mended ----------------------------------------

MEALS = (
    d.start(),
    d.user("pick"),
    d.catch("later", d.timer("timeDuration", "PT1H")),
    d.gateway("g"),
    d.user("salad"),
    d.user("pasta"),
    d.end(),
)
WAYS = 's>pick>later>g>[meal = "Salad"]salad>e; g>[meal = "Pasta"]pasta>e'


@pytest.fixture
def stopped(stage: Stage) -> tuple[Stage, ProcessInstance]:
    """Nobody had thought of soup."""
    stage.deploy(d.diagram("p", *MEALS, flows=WAYS))
    instance = stage.start()
    stage.complete("pick", meal="Soup")
    stage.at("2020-05-21T10:00:00+08:00")
    assert [(row.kind, row.element_id) for row in stage.incidents] == [("gateway", "g")]
    assert stage.states() == ["ACTIVE"]
    return stage, instance


def test_it_goes_on_when_the_variable_is_changed_and_it_is_tried_again(stopped: tuple[Stage, ProcessInstance]) -> None:
    stage, instance = stopped
    stage.retry()
    assert [row.element_id for row in stage.incidents] == ["g"], "nothing has changed yet"
    stage.set(instance, meal="Pasta")
    stage.retry()
    assert (stage.incidents, stage.tasks) == ([], ["pasta"])
    stage.complete("pasta")
    assert stage.states() == ["COMPLETED"]


def test_it_goes_on_when_it_is_migrated_to_a_diagram_with_a_default(stopped: tuple[Stage, ProcessInstance]) -> None:
    stage, _instance = stopped
    stage.migrate(d.diagram("p", *MEALS, flows=WAYS.replace('[meal = "Pasta"]', "[default]")))
    stage.retry()
    assert (stage.incidents, stage.tasks) == ([], ["pasta"])
    stage.complete("pasta")
    assert stage.states() == ["COMPLETED"]


def test_right_after_a_task_its_completion_is_refused_and_the_task_stays(stage: Stage) -> None:
    stage.deploy(d.diagram("p", *(each for each in MEALS if 'id="later"' not in each), flows=WAYS.replace(">later", "")))
    stage.start()
    task = d.task(stage.db, "pick")
    with pytest.raises(StepFailed) as failed:
        stage.complete("pick", meal="Soup")
    stage.run(runtime.record_incident, failed.value, task_key=task.key)
    assert ([(row.kind, row.element_id) for row in stage.incidents], stage.tasks) == ([("gateway", "g")], ["pick"])
    stage.complete("pick", meal="Salad")
    assert (stage.incidents, stage.tasks) == ([], ["salad"])
    stage.complete("salad")
    assert stage.states() == ["COMPLETED"]
