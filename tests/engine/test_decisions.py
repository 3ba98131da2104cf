"""Decisions: hit policies, required decisions, boxed expressions, and what deployment refuses."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.engine import decisions, feel
from app.engine.errors import ExpressionError, ExpressionLimit, Refused

FOLDER = Path(__file__).parent / "decisions"


def _file(name: str) -> bytes:
    return (FOLDER / f"{name}.dmn").read_bytes()


def _decide(name: str, decision: str, **variables: Any) -> Any:
    return decisions.evaluate(_file(name), decision, variables)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.dmn")), ids=lambda path: path.stem)
def test_every_fixture_may_be_deployed(path: Path) -> None:
    assert decisions.check(path.read_bytes(), path.name) == []


def test_many_at_once_are_answered_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than fit into one call of V8, into a context that does not know the model yet; the first that fails is told."""
    file = _file("hit_policies").replace(b"</definitions>", b"<!-- seen by no context yet --></definitions>")
    calls: list[int] = []
    asked = feel.calls

    def counted(function: str, requests: Any) -> list[Any]:
        calls.append(len(requests))
        return asked(function, requests)

    monkeypatch.setattr(feel, "calls", counted)
    many = [{"x": number % 30} for number in range(2 * decisions.MANY + 1)]
    assert decisions.evaluate_all(file, "first", many) == [decisions.evaluate(file, "first", each) for each in many]
    assert calls[0] == decisions.MANY
    assert sum(calls) <= len(many) + decisions.MANY, "told once what the model is, and then no more"
    assert decisions.evaluate_all(file, "first", []) == []
    with pytest.raises(ExpressionError):
        decisions.evaluate_all(file, "nonsense", many)


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "x", "expected"),
    [
        ("unique", 3, "low"),
        ("any_value", 3, "low"),
        ("unique", 12, "middle"),
        ("unique", 100, "high"),
        ("unique", None, None),
        ("first", 7, "low"),
        ("first", 18, "middle"),
        ("first", -1, "low"),
        ("priority", 7, "middle"),
        ("priority", 18, "high"),
        ("any", 3, "low"),
        ("any_same", 7, "yes"),
        ("any_same", 3, "yes"),
        ("any_same", 0, None),
        ("collect", 7, ["low", "middle"]),
        ("collect", 18, ["middle", "high"]),
        ("collect", None, []),
        ("rule_order", 18, ["middle", "high"]),
        ("output_order", 7, ["middle", "low"]),
        ("output_order", 18, ["high", "middle"]),
        ("collect_sum", 18, 6),
        ("collect_min", 18, 2),
        ("collect_max", 18, 4),
        ("collect_count", 18, 2),
        ("collect_sum", None, None),
        ("collect_count", None, 0),
        ("unique_two", 3, {"level": "low", "points": 1}),
        ("unique_two", None, None),
        ("collect_two", 7, [{"level": "low", "points": 1}, {"level": "middle", "points": 2}]),
        ("collect_sum_two", 7, {"points": 3, "double": 6}),
        ("priority_two", 1, {"level": "a", "points": 2}),
        ("priority_two", 2, {"level": "b", "points": 1}),
        ("priority_two", 3, {"level": "b", "points": 2}),
        ("defaults", 5, {"level": "none", "points": 0}),
        ("defaults", 500, {"level": "huge", "points": 9}),
        ("collect_default", 5, ["none"]),
        ("always", 0, 42),
    ],
)
def test_a_hit_policy_decides_what_the_matching_rules_give(decision: str, x: int | None, expected: object) -> None:
    assert _decide("hit_policies", decision, x=x) == expected


@pytest.mark.parametrize(
    ("x", "expected"),
    [(5, "equals variable"), (11, "expression of the input"), (7, "not negative: 7"), (-1, None)],
)
def test_cells_hold_variables_expressions_and_negations(x: int, expected: str | None) -> None:
    assert _decide("hit_policies", "cells", x=x, limit=5) == expected


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"age": 5}, "child"),
        ({"age": 30, "kind": "farmer"}, "working"),
        ({"age": 30, "kind": "teacher"}, "other"),
        ({}, None),
    ],
)
def test_all_cells_of_a_rule_must_match(person: dict[str, Any], expected: str | None) -> None:
    assert _decide("hit_policies", "two_inputs", person=person) == expected


@pytest.mark.parametrize(
    ("decision", "variables", "words"),
    [
        ("unique", {"x": 7}, ["unique", "1, 2", "UNIQUE"]),
        ("any", {"x": 7}, ["any", "1, 2", "ANY"]),
        ("inputs_allowed", {"colour": "blue"}, ["inputs_allowed", '"blue"', '"red", "green"']),
        ("not_prioritised", {"x": 1}, ["not_prioritised", '"b"', '"a"']),
    ],
)
def test_rules_that_contradict_each_other_are_named(decision: str, variables: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ExpressionError) as caught:
        _decide("hit_policies", decision, **variables)
    for language in ("zh", "en"):
        for word in words:
            assert word in caught.value.text(language)
    assert caught.value.text("zh") != caught.value.text("en")


def test_an_absent_input_breaks_no_allowed_values() -> None:
    assert _decide("hit_policies", "inputs_allowed") is None
    assert _decide("hit_policies", "inputs_allowed", colour="green") == 2


# --- requirements -----------------------------------------------------------------------------------------------------


def test_required_decisions_are_known_by_name_by_variable_and_by_id() -> None:
    with clock.frozen(datetime(2020, 5, 21, 12, 0, tzinfo=UTC)):
        result = decisions.evaluate(_file("required"), "Summary", {"monthly income": 300, "birth": "2020-05-20"})
    assert result == {"band": "poor", "by id": "poor", "yearly": 3600, "days": 1}


@pytest.mark.parametrize("decision", ["band", "income band"])
def test_a_decision_is_found_by_id_or_name(decision: str) -> None:
    assert decisions.evaluate(_file("required"), decision, {"monthly income": 400}) == "fine"


def test_a_decision_is_found_by_its_variables_name() -> None:
    assert decisions.evaluate(_file("required"), "the summary", {"monthly income": 400, "birth": date(2020, 1, 1)})["band"] == "fine"


def test_a_decision_sees_only_what_it_requires() -> None:
    assert decisions.evaluate(_file("required"), "unseen", {"monthly income": 400}) is None


def test_a_decision_required_twice_is_evaluated_once() -> None:
    assert decisions.evaluate(_file("required"), "diamond", {}) == 500


def test_an_unknown_decision_is_named_with_those_that_exist() -> None:
    with pytest.raises(ExpressionError, match="unique_two") as caught:
        _decide("hit_policies", "nothing")
    assert "nothing" in str(caught.value)


def test_the_decisions_of_a_file_are_listed() -> None:
    assert decisions.decision_ids(_file("required"))[:3] == [("yearly", "yearly income"), ("band", "income band"), ("summary", "Summary")]


# --- boxed expressions, knowledge models, types -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        ("context", {"first part": 10, "second": 11}),
        ("result", 11),
        ("list", [5, "two"]),
        ("relation", [{"name": "Ann", "age now": 5}, {"name": "Bob", "age now": 30}]),
        ("adults", ["Bob"]),
        ("applied", [6, None]),
        ("conditional", "big"),
        ("filter", [{"n": 9}]),
        ("loop", [5, 10, 15]),
        ("some", False),
        ("every", True),
    ],
)
def test_boxed_expressions(decision: str, expected: object) -> None:
    assert _decide("boxed", decision, x=5) == expected


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        ("called", 200.1),
        ("named", 500.25),
        ("nested", 900.45),
        ("graded", ["A", "B"]),
        ("ill_typed", None),
        ("not_given", None),
        ("hidden", None),
        ("invoked", 200.1),
        ("served", 42),
        ("typed_result", True),
    ],
)
def test_knowledge_models_are_functions(decision: str, expected: object) -> None:
    assert _decide("knowledge", decision, income=1000.5) == expected


def test_a_decision_service_is_evaluated_like_a_decision() -> None:
    assert _decide("knowledge", "doubling", n=4) == 8
    # declared to give text
    assert _decide("knowledge", "narrow", n=4) is None


@pytest.mark.parametrize(
    ("decision", "x", "expected"),
    [
        ("number_result", 5, 5),
        ("number_result", [5], 5),
        ("number_result", "5", None),
        ("numbers_result", 5, [5]),
        ("numbers_result", [5, 6], [5, 6]),
        ("numbers_result", ["a"], None),
        ("prefixed", "a", "a"),
        ("string_table", 7, ["low", "middle"]),
        ("is_colour", None, [True, False]),
    ],
)
def test_a_result_is_converted_to_its_declared_type(decision: str, x: object, expected: object) -> None:
    assert _decide("types", decision, x=x) == expected


PLACES = ("lambda", "box", "knowledge", "service", "binding", "table", "output", "cell")


@pytest.mark.parametrize("decision", ["same", "parameter", *(f"by_{what}" for what in PLACES)])
def test_allowed_values_hold_for_results_and_arguments(decision: str) -> None:
    assert [_decide("allowed", decision, x=given) for given in ("A", "C", None)] == ["A", None, None]


def test_allowed_values_of_its_own_stand_for_those_of_the_type_it_is_made_of() -> None:
    assert [_decide("allowed", "other", x=given) for given in ("A", "C", 5)] == [None, "C", None]
    assert [_decide("allowed", "home", x=given) for given in ("B", "C")] == [{"grades": ["A", "B"]}, None]


def test_a_column_has_its_type_and_an_output_that_of_the_model_only() -> None:
    assert [_decide("allowed", "lines", x=given) for given in ("A", "C")] == [[{"grade": "A", "x": "A"}], [{"grade": None, "x": "C"}]]
    assert _decide("allowed", "untyped", x=5) == 5, "modellers write string where nobody chose a type"


def test_instance_of_asks_for_the_shape_and_a_service_for_its_parameters() -> None:
    assert [_decide("allowed", "shape", x=given) for given in ("C", 5)] == [[True, True], [False, False]]
    assert [_decide("allowed", "service", given=given) for given in ("A", "C")] == ["A", None]


def test_input_declared_as_a_date_may_be_iso_text() -> None:
    person = {"name": "Ann", "birth date": "1980-02-03"}
    assert _decide("types", "year_of", person=person) == 1980
    assert _decide("types", "is_person", person=person) is True
    assert _decide("types", "is_person", person={"name": 5}) is False


def test_input_outside_the_allowed_values_of_its_type_is_refused() -> None:
    assert _decide("types", "colour_of", colour="red") == "RED"
    with pytest.raises(ExpressionError, match="colour"):
        _decide("types", "colour_of", colour="blue")


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_dmn_1_1_to_1_5_are_read(namespace: str) -> None:
    content = _file("hit_policies").replace(b"https://www.omg.org/spec/DMN/20191111/MODEL/", namespace.encode())
    assert decisions.check(content) == []
    assert decisions.evaluate(content, "unique", {"x": 3}) == "low"


# --- what is refused --------------------------------------------------------------------------------------------------

LITERAL = "<literalExpression><text>{}</text></literalExpression>"


def _model(body: str, *, head: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n" {head}>\n{body}\n</definitions>'
    ).encode()


def _one(logic: str) -> bytes:
    return _model(f'<decision id="one" name="One"><variable name="One"/>{logic}</decision>')


def _table(attributes: str, content: str) -> bytes:
    return _one(f'<decisionTable id="table" {attributes}>{content}</decisionTable>')


INPUT = '<input id="i"><inputExpression id="ie"><text>x</text></inputExpression></input>'
OUTPUT = '<output id="o" name="o"/>'
RULE = '<rule id="r"><inputEntry id="c"><text>{}</text></inputEntry><outputEntry id="a"><text>{}</text></outputEntry></rule>'

BROKEN = {
    "not_dmn": b"<bpmn/>",
    "dmn_no_decision": _model(""),
    "dmn_no_logic": _one(""),
    "dmn_import": _model(
        '<import name="other" namespace="x" importType="y"/>' + _one(LITERAL.format(1)).decode().split("\n", 2)[2].rsplit("\n", 1)[0]
    ),
    "dmn_language": _one('<literalExpression expressionLanguage="http://www.java.com/java"><text>1</text></literalExpression>'),
    "dmn_function_kind": _one('<functionDefinition kind="Java"><context/></functionDefinition>'),
    "dmn_row_length": _one('<relation><column name="a"/><column name="b"/><row>' + LITERAL.format(1) + "</row></relation>"),
    "dmn_hit_policy": _table('hitPolicy="LAST"', INPUT + OUTPUT + RULE.format(1, 1)),
    "dmn_no_output": _table("", INPUT + '<rule id="r"><inputEntry><text>1</text></inputEntry></rule>'),
    "dmn_output_names": _table("", INPUT + OUTPUT + OUTPUT.replace('"o"', '"p"', 1)),
    "dmn_no_priorities": _table('hitPolicy="PRIORITY"', INPUT + OUTPUT + RULE.format(1, 1)),
    "dmn_no_input_expression": _table("", '<input id="i" label="x"/>' + OUTPUT + RULE.format(1, 1)),
    "dmn_cells": _table("", INPUT + INPUT + OUTPUT + RULE.format(1, 1)),
    "dmn_reference": _one('<informationRequirement><requiredDecision href="#gone"/></informationRequirement>' + LITERAL.format(1)),
    "dmn_cycle": _one('<informationRequirement><requiredDecision href="#one"/></informationRequirement>' + LITERAL.format(1)),
    "dmn_expression": _one(LITERAL.format("1 +")),
    "duplicate_id": _model(
        f'<decision id="a" name="a">{LITERAL.format(1)}</decision><decision id="a" name="b">{LITERAL.format(1)}</decision>'
    ),
    "xml_doctype": b'<!DOCTYPE x [<!ENTITY e "e">]>' + _one(LITERAL.format(1)).split(b"\n", 1)[1],
    "xml_malformed": b"<definitions>",
    "file_too_large": _one(LITERAL.format("1" * 1024 * 1024)),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_file_is_refused_with_a_sentence(code: str) -> None:
    problems = decisions.check(BROKEN[code], "broken.dmn")
    assert code in {problem.code for problem in problems}
    for problem in problems:
        assert problem.resource == "broken.dmn"
        assert problem.severity == "error"
        assert "{" not in problem.text("zh") + problem.text("en")


def test_a_broken_cell_is_named_by_its_id_its_decision_and_its_line() -> None:
    (problem,) = decisions.check(_table("", f"\n{INPUT}\n{OUTPUT}\n{RULE.format('&gt;', '1')}"))
    assert (problem.element_id, problem.element_name, problem.code, problem.line) == ("c", "One", "dmn_expression", 6)
    assert "“>”" in problem.text("en")


def test_every_broken_cell_is_found() -> None:
    problems = decisions.check(_table("", INPUT + OUTPUT + RULE.format("[1..", "1 +")))
    assert [problem.element_id for problem in problems] == ["c", "a"]


def test_a_file_with_errors_is_not_evaluated() -> None:
    with pytest.raises(Refused):
        decisions.evaluate(BROKEN["dmn_hit_policy"], "one", {"x": 1})
    with pytest.raises(Refused):
        decisions.evaluate(BROKEN["xml_doctype"], "one", {"x": 1})


def test_a_cycle_ends_when_evaluated_without_check() -> None:
    with pytest.raises(ExpressionError, match="one → one"):
        decisions.evaluate(BROKEN["dmn_cycle"], "one", {})


def test_an_endless_decision_is_stopped() -> None:
    with pytest.raises(ExpressionLimit):
        decisions.evaluate(_one(LITERAL.format("for i in 1..1000000000 return i")), "one", {})


def test_a_table_of_a_thousand_rules_is_checked_and_answers() -> None:
    rules = "".join(RULE.format(f"[{number}..{number + 1})", f"x + {number}") for number in range(1000))
    content = _table('hitPolicy="FIRST"', INPUT + OUTPUT + rules)
    assert decisions.check(content) == []
    assert decisions.evaluate(content, "One", {"x": 999}) == 1998


# --- cells over one input ---------------------------------------------------------------------------------------------

_ONE_CELL = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="X" namespace="n">
<decision id="d" name="D"><decisionTable id="t" hitPolicy="FIRST">
<input id="i"><inputExpression id="ie" typeRef="{type}"><text>x</text></inputExpression></input><output id="o" name="o"/>
<rule id="r"><inputEntry id="ri"><text><![CDATA[{test}]]></text></inputEntry><outputEntry id="ro"><text>true</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.mark.parametrize(
    ("test", "kind", "value", "passes"),
    [
        ("null", "string", None, True),
        ("null", "string", "a", False),
        ("not(null)", "string", None, False),
        ("not(null)", "string", "a", True),
        ("not(absent)", "string", "a", True),
        ("not(< 5)", "number", None, False),
        ('date("2020-01-01")', "date", "2020-01-01", True),
        ('< date("2020-01-02")', "date", "2020-01-03", False),
        ('> date and time("2020-01-01T00:00:00+08:00")', "dateTime", "2020-01-02T00:00:00+08:00", True),
        ('<= duration("PT2H")', "dayTimeDuration", "PT1H", True),
        ('"2020-01-01"', "string", "2020-01-01", True),
    ],
)
def test_a_cell_compares_with_null_and_with_dates_that_came_as_text(test: str, kind: str, value: object, passes: bool) -> None:
    content = _ONE_CELL.format(type=kind, test=test).encode()
    assert decisions.check(content) == []
    assert decisions.evaluate(content, "d", {"x": value}) is (True if passes else None)


# --- boxed expressions over what they are not for ---------------------------------------------------------------------


def _boxed(box: str, **variables: Any) -> Any:
    written = re.sub(
        r"<(in|match|if|then|else|return|satisfies)>(.*?)</\1>", r"<\1><literalExpression><text>\2</text></literalExpression></\1>", box
    )
    file = f"""<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="d" namespace="n">
      <inputData id="x" name="x"><variable name="x"/></inputData>
      <decision id="it" name="it"><variable name="it"/><informationRequirement><requiredInput href="#x"/></informationRequirement>
      {written}</decision>
    </definitions>""".encode()
    assert decisions.check(file) == []
    return decisions.evaluate(file, "it", variables)


CONDITIONAL = "<conditional><if>{}</if><then>1</then><else>2</else></conditional>"


@pytest.mark.parametrize(
    ("condition", "expected"), [("true", 1), ("false", 2), ("x = 5", 1), ("null", 2), ('"abc"', None), ("3", None), ("[]", None)]
)
def test_a_boxed_conditional_needs_a_truth_value(condition: str, expected: int | None) -> None:
    assert _boxed(CONDITIONAL.format(condition), x=5) == expected


@pytest.mark.parametrize(
    ("source", "match", "expected"),
    [
        ("[1, 2, 3]", "item &gt; 1", [2, 3]),
        ("[1, 2, 3]", "item &gt; 5", []),
        ("[1, null, 3]", "item &gt; 1", [3]),
        ("[1, 2, 3]", "x", [1, 2, 3]),
        ("[1, 2, 3]", "2", 2),
        ("[1, 2, 3]", '"not a boolean"', None),
        ("[1, 2, 3]", 'if item &lt; 3 then true else "not a boolean"', None),
        ("[]", '"never asked"', []),
        ("null", "true", None),
        ('[{"a": 1, "b": 2}]', "a = 1", [{"a": 1, "b": 2}]),
    ],
)
def test_a_boxed_filter_needs_truth_values(source: str, match: str, expected: object) -> None:
    assert _boxed(f"<filter><in>{source}</in><match>{match}</match></filter>", x=True) == expected


@pytest.mark.parametrize(
    ("kind", "source", "condition", "expected"),
    [
        ("some", "[1, 2]", "e &gt; 1", True),
        ("some", "[1, 2]", "e &gt; 2", False),
        ("some", "[]", "true", False),
        ("some", "[1, 2]", '"not a boolean"', None),
        ("some", "[1, 2]", 'if e = 2 then true else "not a boolean"', None),
        ("some", "[null, 2]", "e &gt; 1", True),
        ("some", "null", "true", None),
        ("every", "[1, 2]", "e &gt; 0", True),
        ("every", "[1, 2]", "e &gt; 1", False),
        ("every", "[]", "false", True),
        ("every", "[1, 2]", 'if e = 2 then false else "not a boolean"', None),
        ("every", "[1, null]", "e &gt; 0", None),
    ],
)
def test_boxed_quantifiers_need_truth_values(kind: str, source: str, condition: str, expected: object) -> None:
    assert _boxed(f'<{kind} iteratorVariable="e"><in>{source}</in><satisfies>{condition}</satisfies></{kind}>') == expected


@pytest.mark.parametrize(("source", "expected"), [("[1, 2]", [2, 4]), ("[]", []), ("null", None), ("1..3", [2, 4, 6])])
def test_a_boxed_iteration_returns_a_list(source: str, expected: object) -> None:
    if ".." in source:
        source = f"[{source}]"
    assert _boxed(f'<for iteratorVariable="e"><in>{source}</in><return>e * 2</return></for>') == expected


def test_a_list_of_one_and_its_element_stand_for_each_other_in_input() -> None:
    file = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
      <itemDefinition name="texts" isCollection="true"><typeRef>string</typeRef></itemDefinition>
      <inputData id="a" name="a"><variable name="a" typeRef="string"/></inputData>
      <inputData id="b" name="b"><variable name="b" typeRef="texts"/></inputData>
      <decision id="it" name="it"><variable name="it"/><informationRequirement><requiredInput href="#a"/></informationRequirement>
      <informationRequirement><requiredInput href="#b"/></informationRequirement>
      <literalExpression><text>[a, b]</text></literalExpression></decision>
    </definitions>"""
    assert decisions.evaluate(file, "it", {"a": ["x"], "b": "y"}) == ["x", ["y"]]
    assert decisions.evaluate(file, "it", {"a": "x", "b": ["y", "z"]}) == ["x", ["y", "z"]]


def test_a_function_that_nobody_has_is_refused_in_a_table() -> None:
    file = _file("knowledge")
    assert decisions.check(file) == []
    broken = file.replace(b'<text>given("much")</text>', b'<text>givven("much")</text>')
    (problem,) = decisions.check(broken)
    assert problem.code == "dmn_expression" and "givven" in problem.params["reason"] and "givven" in problem.params["reason_en"]
