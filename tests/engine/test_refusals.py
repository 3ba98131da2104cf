"""What other engines' files contain is accepted where it runs, warned of where it may hang, refused where nobody could ever do it."""

from __future__ import annotations

import pytest

from app.db import Database
from app.engine import decisions, definitions, feel, resources, runtime
from app.engine.people import Roles
from app.engine.problems import Problem
from tests.engine import drawing as d

ROLES = Roles({"office": "town", "commander": "town", "group_leader": "group", "village_cadre": "village", "admin": "system"})
KNOWN = definitions.Known(roles=ROLES, accounts=frozenset({"lihua"}))


def found(xml: bytes, known: definitions.Known = KNOWN) -> list[tuple[str, str, str]]:
    problems: list[Problem] = definitions.check({"p.bpmn": xml}, known)
    assert all(problem.text("zh") and problem.text("en") for problem in problems)
    return [(each.code, each.element_id, each.severity) for each in problems if each.code != "task_without_due_date"]


# --- implicit ends ------------------------------------------------------------------------------------------------------


def test_a_path_may_end_without_an_end_event(db: Database) -> None:
    """The process ends when no token is left, and its history has every step."""
    xml = d.diagram("p", d.start(), d.user("a"), flows="s>a")
    assert found(xml) == []
    d.deploy(db, xml)
    db.in_transaction(lambda session: runtime.start(session, "p", {}, d.ANN))
    db.in_transaction(lambda session: runtime.complete(session, d.task(db, "a").key, {}, d.ANN))
    (instance,) = d.instances(db)
    assert (instance.state, instance.ended_at is not None) == ("COMPLETED", True)


def test_an_implicit_end_beside_a_drawn_one_is_pointed_out() -> None:
    xml = d.diagram("p", d.start(), d.element("parallelGateway", "f"), d.user("a"), d.user("b"), d.end(), flows="s>f>a>e;f>b")
    assert found(xml) == [("implicit_end", "b", "warning")]


# --- joins --------------------------------------------------------------------------------------------------------------

PAR, XOR = "parallelGateway", "exclusiveGateway"


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ("s>g>[x]a>j;g>[default]j;j>e", [("join_never_complete", "j", "warning")]),
        ("s>f>a>j>e;f>g>[x]b>j;g>[default]j", [("join_never_complete", "j", "warning")]),
        ("s>f>a>j>e;f>g>[x]b>j;g>[default]e", [("join_may_wait", "j", "warning")]),
        ("s>f>a>j>e;f>g>[x]b>j;g>[default]c>b", []),
        ("s>f>a>j>e;f>b>j", []),
        ("s>f>a>j>e;f>b>j;f>g>[x]c>e;g>[default]e", []),
        ("s>g>[x]a>e;g>[default]f>b>j>e;f>c>j", []),
    ],
)
def test_a_join_that_waits_for_ever_is_pointed_out(flows: str, expected: list[tuple[str, str, str]]) -> None:
    parts = {"s": d.start(), "e": d.end(), "f": d.element(PAR, "f"), "j": d.element(PAR, "j"), "g": d.element(XOR, "g")}
    tasks = {name: d.user(name) for name in ("a", "b", "c")}
    used = [drawn for name, drawn in {**parts, **tasks}.items() if name in flows.replace("default", "")]
    assert found(d.diagram("p", *used, flows=flows)) == expected


# --- people -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ("office", None),
        ("office, commander", None),
        ("offce", "role_unknown_near"),
        ("zzz", "role_unknown"),
        ("admin", "role_of_administrators"),
        ("office:V01", "role_without_scope"),
        ("group_leader", "role_needs_scope"),
        ("group_leader:G03", None),
        ('=["office"]', None),
        ('="offce"', "role_unknown_near"),
        ('=["group_leader:" + group]', None),
        ('=["group_leadr:" + group, "office"]', "role_unknown_near"),
        ('=["group_leader:" + group, "offic"]', "role_unknown_near"),
        ('=if kind = "offic" then "office" else "admin"', "role_of_administrators"),
        ("=candidates", None),
    ],
)
def test_candidates_are_roles_that_work(groups: str, code: str | None) -> None:
    xml = d.diagram("p", d.start(), d.user("a", groups), d.end(), flows="s>a>e")
    assert found(xml) == ([(code, "a", "error")] if code else [])


def test_the_nearest_name_is_said() -> None:
    [problem] = [
        each
        for each in definitions.check({"p.bpmn": d.diagram("p", d.start(), d.user("a", "offce"), d.end(), flows="s>a>e")}, KNOWN)
        if each.severity == "error"
    ]
    assert "office" in problem.text("zh") and "office" in problem.text("en")


@pytest.mark.parametrize(("user", "code"), [("lihua", None), ("lihau", "user_unknown_near"), ("x9", "user_unknown"), ("=person", None)])
def test_an_account_that_nobody_has_is_a_warning(user: str, code: str | None) -> None:
    task = d.element("userTask", "a", extensions=f'<zeebe:userTask/><zeebe:assignmentDefinition assignee="{user}"/>')
    assert found(d.diagram("p", d.start(), task, d.end(), flows="s>a>e")) == ([(code, "a", "warning")] if code else [])


# --- other engines' files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "space", "product"),
    [("flowable", "http://flowable.org/bpmn", "Flowable"), ("activiti", "http://activiti.org/bpmn", "Activiti")],
)
def test_extensions_of_other_engines_are_pointed_out_at_their_element(prefix: str, space: str, product: str) -> None:
    task = f'<bpmn:task id="t" xmlns:{prefix}="{space}" {prefix}:async="true"/>'
    xml = d.diagram("p", d.start(), task, d.end(), flows="s>t>e")
    [problem] = definitions.check({"p.bpmn": xml}, KNOWN)
    assert (problem.code, problem.element_id, problem.severity, problem.params["product"]) == (
        "foreign_extensions",
        "t",
        "warning",
        product,
    )


def test_a_text_may_have_several_lines() -> None:
    assert feel.evaluate('"line one\nline two"', {}) == "line one\nline two"
    assert feel.check('"a\n\\"b" + x').error is None
    assert feel.check('"never closed\n').error is not None


MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">{}</definitions>"""
LOGIC = "<literalExpression><text>1</text></literalExpression>"


def test_a_decision_without_logic_matters_only_where_it_is_needed() -> None:
    sketch = '<decision id="later" name="later"/>'
    alone = MODEL.format(f'<decision id="one" name="one">{LOGIC}</decision>{sketch}').encode()
    assert [(each.code, each.element_id, each.severity) for each in decisions.check(alone)] == [("dmn_unused", "later", "warning")]
    assert [each.id for each in resources.defined("a.dmn", alone)] == ["one"]
    assert decisions.evaluate(alone, "one", {}) == 1
    needs = '<informationRequirement><requiredDecision href="#later"/></informationRequirement>'
    needed = MODEL.format(f'<decision id="one" name="one">{needs}{LOGIC}</decision>{sketch}').encode()
    assert [(each.code, each.severity) for each in decisions.check(needed)] == [("dmn_no_logic", "error")]


def test_an_import_is_refused_with_what_is_imported() -> None:
    model = MODEL.format(f'<import name="other" namespace="urn:x" locationURI="other.dmn"/><decision id="a" name="a">{LOGIC}</decision>')
    [problem] = decisions.check(model.encode())
    assert problem.code == "dmn_import" and "other, urn:x, other.dmn" in problem.text("zh")
