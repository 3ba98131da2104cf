"""What differs between two versions of a form or a decision, said field by field and cell by cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.modeler.release.decision_changes import decision_changes
from app.modeler.release.form_changes import form_changes

ROOT = Path(__file__).parents[2]
FORM = (ROOT / "forms" / "breach.form").read_bytes()
RULES = (ROOT / "processes" / "household_rules.dmn").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["forms/breach.form", "forms/household_registered.form", "forms/village.form"])
def test_a_form_does_not_differ_from_itself(name: str) -> None:
    content = (ROOT / name).read_bytes()
    assert form_changes(content, content) == []


@pytest.mark.parametrize("name", ["household_rules", "form_code", "verification_rules"])
def test_a_decision_does_not_differ_from_itself(name: str) -> None:
    content = (ROOT / "processes" / f"{name}.dmn").read_bytes()
    assert decision_changes(content, content) == []


def form(*components: dict[str, object], title: str = "一张纸") -> bytes:
    return json.dumps({"type": "default", "id": "paper", "properties": {"title": title}, "components": components}).encode()


NAME = {"id": "a", "type": "textfield", "key": "name", "label": "姓名"}
AGE = {"id": "b", "type": "number", "key": "age", "label": "年龄", "validate": {"required": True}}
KIND = {"id": "c", "type": "radio", "key": "kind", "label": "类别", "values": [{"label": "甲", "value": "a"}]}


def said(old: bytes, new: bytes) -> list[tuple[str, str, list[tuple[str, str | None, str | None]]]]:
    return [(each.what, each.name, [(line.property, line.old, line.new) for line in each.lines]) for each in form_changes(old, new)]


def test_fields_added_removed_and_changed() -> None:
    kinds = {**KIND, "values": [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}]}
    age = {**AGE, "label": "周岁", "validate": {"required": True, "min": 0}}
    assert said(form(NAME, AGE, KIND), form(age, kinds, {"id": "d", "type": "textarea", "key": "note"})) == [
        ("changed", "周岁", [("label", "年龄", "周岁"), ("validate.min", None, "0")]),
        ("changed", "类别", [("values[b].label", None, "乙")]),
        ("added", "note", [("key", None, "note")]),
        ("removed", "姓名", [("key", "name", None), ("label", "姓名", None)]),
    ]


def test_a_field_that_moved_is_said_once() -> None:
    """The one that was moved, not those it passed; into a group and out of it."""
    group = {"id": "g", "type": "group", "label": "其他", "components": [NAME]}
    assert said(form(NAME, AGE, KIND), form(AGE, KIND, NAME)) == [("moved", "姓名", [("place", "⊢ ›", "类别 ›")])]
    assert ("moved", "姓名", [("place", "⊢ ›", "其他 › ⊢ ›")]) in said(form(NAME, AGE), form(AGE, group))
    assert said(form(NAME), form(NAME, title="两张纸"))[0] == ("changed", "一张纸", [("properties.title", "一张纸", "两张纸")])


def test_a_file_that_cannot_be_read_has_no_fields() -> None:
    assert [each.what for each in form_changes(b"{", form(NAME))] == ["changed", "added"]
    assert decision_changes(b"<", b"<") == []


def test_rules_cell_by_cell() -> None:
    one = '<inputEntry id="household_head_rule1_in1"><text>not(1)</text></inputEntry>'
    assert one in RULES
    (decision,) = decision_changes(RULES.encode(), RULES.replace(one, one.replace("not(1)", "&gt; 1")).encode())
    assert (decision.change.name, decision.change.lines, decision.unchanged) == ("户主唯一", (), 0)
    (rule,) = decision.rules
    assert (rule.what, [(cell.old, cell.new) for cell in rule.cells if cell.differs]) == ("changed", [("not(1)", "> 1")])
    assert decision.columns[0].title == "户主人数"


TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d">
<decision id="grade" name="等级">{inside}</decision></definitions>"""


def table(*rules: tuple[str, str, str], columns: int = 1, policy: str = "FIRST") -> bytes:
    inputs = "".join(
        f'<input id="i{n}" label="分数{n}"><inputExpression><text>s{n}</text></inputExpression></input>' for n in range(columns)
    )
    written = "".join(
        f'<rule id="{key}">'
        + f"<inputEntry><text>{one}</text></inputEntry>" * columns
        + f"<outputEntry><text>{out}</text></outputEntry></rule>"
        for key, one, out in rules
    )
    inside = f'<decisionTable hitPolicy="{policy}">{inputs}<output id="o" name="grade"/>{written}</decisionTable>'
    return TABLE.format(inside=inside).encode()


def test_rules_added_removed_moved_columns_and_the_hit_policy() -> None:
    first, second, third = ("r1", "1", "a"), ("r2", "2", "b"), ("r3", "3", "c")
    (decision,) = decision_changes(table(first, second, third), table(third, first, ("r4", "4", "d"), policy="UNIQUE"))
    assert [(rule.what, rule.old_number, rule.new_number) for rule in decision.rules] == [
        ("moved", 3, 1),
        ("removed", 2, 0),
        ("added", 0, 3),
    ]
    assert [(line.property, line.old, line.new) for line in decision.change.lines] == [("decisionTable.hitPolicy", "FIRST", "UNIQUE")]
    assert decision.unchanged == 1
    (wider,) = decision_changes(table(first), table(first, columns=2))
    assert [(column.title, column.what) for column in wider.columns[:3]] == [("分数0", ""), ("分数1", "added"), ("grade", "")]


def test_a_decision_that_is_new_and_an_expression_that_changed() -> None:
    one = TABLE.format(inside="<literalExpression><text>1</text></literalExpression>").encode()
    two = TABLE.format(inside="<literalExpression><text>2</text></literalExpression>").encode()
    (changed,) = decision_changes(one, two)
    assert [(line.property, line.old, line.new) for line in changed.change.lines] == [("literalExpression.text", "1", "2")]
    (added,) = decision_changes(b"<x/>", table(("r1", "1", "a")))
    assert (added.change.what, len(added.rules)) == ("added", 1)
