# ruff: noqa: E501  (tables: one case, one line)
"""What deployment refuses in a form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.engine import definitions
from app.engine.checks import forms

KNOWN = definitions.Known(decisions=frozenset({"rules"}))


def found(form: Any, name: str = "card.form") -> list[tuple[str, str, str]]:
    content = form if isinstance(form, bytes) else json.dumps(form).encode()
    problems = definitions.check({name: content}, KNOWN)
    assert all(problem.text("zh") and problem.text("en") for problem in problems)
    return [(problem.code, problem.element_id, problem.severity) for problem in problems]


def card(*components: Any, **more: Any) -> dict[str, Any]:
    return {"id": "card", "type": "default", "schemaVersion": 18, "components": list(components), **more}


def field(key: str = "name", **more: Any) -> dict[str, Any]:
    return {"type": "textfield", "id": f"F_{key}", "key": key, "label": key, **more}


def test_a_form_with_all_sorts_of_components_is_accepted() -> None:
    form = card(
        field("name", validate={"required": True}, properties={"personal": "name", "labelEn": "Name"}),
        {"type": "number", "id": "n", "key": "area", "conditional": {"hide": "=kind != \"house\""}},
        {"type": "select", "id": "s", "key": "kind", "values": [{"label": "House", "value": "house"}]},
        {"type": "checklist", "id": "cl", "key": "kinds", "valuesExpression": "=options"},
        {"type": "text", "id": "t", "text": "# =not FEEL"},
        {"type": "group", "id": "g", "components": [field("inner")]},
        {"type": "group", "id": "gp", "path": "deep.path", "components": [field("name", id="F_other")]},
        {"type": "dynamiclist", "id": "dl", "path": "members", "components": [field("name", id="F_member"), field("age")]},
        {"type": "expression", "id": "ex", "key": "total", "expression": "=sum(members.age)"},
        {"type": "button", "id": "b", "action": "submit"},
        {"type": "spacer", "id": "sp"}, {"type": "separator", "id": "se"}, {"type": "image", "id": "i", "source": "=url"},
        {"type": "table", "id": "ta", "dataSource": "=rows", "columns": [{"key": "a"}]}, {"type": "filepicker", "id": "fp", "key": "photos"},
        rules="rules",
    )  # fmt: skip
    assert found(form) == []


@pytest.mark.parametrize("rules", ["rules", ["rules"], [{"decision": "rules", "each": "members", "as": "member"}], None])
def test_rules_may_be_one_decision_or_several(rules: Any) -> None:
    assert found(card(rules=rules)) == []


@pytest.mark.parametrize(
    ("form", "code", "at"),
    [
        (b"{", "form_not_json", ""),
        (b"[]", "form_without_components", ""),
        (b'"text"', "form_without_components", ""),
        (b"{}", "form_without_components", ""),
        (b'{"components": {}}', "form_without_components", ""),
        (b" " * (forms.MAX_SIZE + 1), "file_too_large", ""),
        ({"id": 5, "components": []}, "form_id_invalid", ""),
        (card(rules="unknown"), "decision_unknown", ""),
        (card(rules=["rules", "unknown"]), "decision_unknown", ""),
        (card(rules=[{"decision": "unknown"}]), "decision_unknown", ""),
        (card(rules=5), "form_rules_invalid", ""),
        (card(rules=[{"each": "x"}]), "form_rules_invalid", ""),
        (card(rules=[{"decision": "rules", "each": "1 +* 2"}]), "feel_invalid", ""),
        (card("text"), "form_component_invalid", ""),
        (card({"type": "hologram", "id": "h", "key": "k"}), "form_component_unknown", "h"),
        (card({"id": "h", "key": "k"}), "form_component_unknown", "h"),
        (card({"type": "textfield", "id": "F"}), "form_key_missing", "F"),
        (card({"type": "dynamiclist", "id": "F", "components": []}), "form_key_missing", "F"),
        (card(field("a b")), "form_key_invalid", "F_a b"),
        (card({"type": "textfield", "id": "F", "key": 5}), "form_key_invalid", "F"),
        (card(field("a"), field("a", id="F2")), "form_duplicate_key", "F2"),
        (card(field("a"), {"type": "group", "id": "g", "components": [field("a", id="F2")]}), "form_duplicate_key", "F2"),
        (
            card({"type": "dynamiclist", "id": "l", "path": "p", "components": [field("a"), field("a", id="F2")]}),
            "form_duplicate_key",
            "F2",
        ),
        (card(field("a"), field("b", id="F_a")), "form_duplicate_id", "F_a"),
        (card(field("a", conditional={"hide": "=1 +* 2"})), "feel_invalid", "F_a"),
        (card(field("a", conditional={"hide": "="})), "feel_empty", "F_a"),
        (card(field("a", readonly="=1 +* 2")), "feel_invalid", "F_a"),
        (card(field("a", validate={"required": "=1 +* 2"})), "feel_invalid", "F_a"),
        (card(field("a", properties={"shown": "=1 +* 2"})), "feel_invalid", "F_a"),
        (card({"type": "expression", "id": "e", "key": "k", "expression": "=1 +* 2"}), "feel_invalid", "e"),
        (card({"type": "group", "id": "g", "components": [field("a", conditional={"hide": "=1 +* 2"})]}), "feel_invalid", "F_a"),
        (card({"type": "textfield", "id": "F", "key": "k", "components": []}), "form_component_invalid", "F"),
    ],
)
def test_a_form_that_cannot_work_is_refused(form: Any, code: str, at: str) -> None:
    assert (code, at, "error") in found(form)


def test_fields_of_which_only_one_shows_may_share_a_key() -> None:
    assert found(card(field("a", conditional={"hide": "=b"}), field("a", id="F2", conditional={"hide": "=not(b)"}))) == []


def test_a_form_named_otherwise_than_its_file_is_a_warning() -> None:
    assert found(card(), "other.form") == [("file_name", "", "warning")]


def test_a_form_nested_too_deep_or_too_large_is_refused() -> None:
    deep: dict[str, Any] = field("a")
    for index in range(forms.MAX_DEPTH):
        deep = {"type": "group", "id": f"g{index}", "components": [deep]}
    assert ("form_too_deep", "", "error") in found(card(deep))
    many = card(*(field(f"a{index}") for index in range(forms.MAX_COMPONENTS + 1)))
    assert found(many) == [("form_too_large", "", "error")]
