# ruff: noqa: E501  (tables: one case, one line)
"""What deployment refuses in a form."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

from app.config import ROOT
from app.engine import definitions, form_files
from app.engine.errors import ExpressionError
from app.forms import browser, schema, validation
from app.forms.hooks import Prepared
from app.modeler.trial import samples

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
        (b" " * (form_files.MAX_SIZE + 1), "file_too_large", ""),
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


def test_fields_never_share_a_place() -> None:
    """Not even where only one of them shows: neither form-js nor the server opens such a form."""
    assert found(card(field("a", conditional={"hide": "=b"}), field("a", id="F2", conditional={"hide": "=not(b)"}))) == [
        ("form_duplicate_key", "F2", "error")
    ]
    below = {"type": "group", "id": "g", "path": "a", "components": [field("b", id="F2")]}
    assert ("form_duplicate_key", "g", "error") in found(card(field("a"), below))
    assert found(card(field("a.b"), field("a.c"), {"type": "group", "id": "g", "path": "a", "components": [field("d")]})) == []


@pytest.mark.parametrize("kind", ["iframe", "documentPreview"])
def test_what_is_not_shown_is_refused_at_its_component(kind: str) -> None:
    """And never accepted, to be an error page later."""
    form = card(field("a"), {"type": kind, "id": "x1", "label": "x", "url": "https://x.example", "dataSource": "=d"})
    assert found(form) == [("form_component_unsupported", "x1", "error")]
    with pytest.raises(schema.SchemaError) as refused:
        schema.load(json.dumps(form).encode())
    assert refused.value.problems[0].element_id == "x1"


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        ({"type": "html", "content": "<b>x</b>{{name}}"}, []),
        ({"type": "html", "content": "<b onclick='x()'>x</b>"}, [("form_html_cleaned", "x1", "warning")]),
        ({"type": "html", "content": "<script>x()</script>"}, [("form_html_cleaned", "x1", "warning")]),
        ({"type": "html", "content": "<img src='https://x.example/i.png'>"}, [("form_html_cleaned", "x1", "warning")]),
        ({"type": "html", "content": "=1 +* 2"}, [("feel_invalid", "x1", "error")]),
        ({"type": "image", "source": "/static/i.png"}, []),
        ({"type": "image", "source": "data:image/png;base64,iVBORw0KGgo="}, []),
        ({"type": "image", "source": "=photo"}, []),
        ({"type": "image"}, []),
        ({"type": "image", "source": "https://x.example/i.png"}, [("form_image_outside", "x1", "error")]),
        ({"type": "image", "source": "//x.example/i.png"}, [("form_image_outside", "x1", "error")]),
        ({"type": "image", "source": "data:image/svg+xml;base64,AA=="}, [("form_image_outside", "x1", "error")]),
    ],
)
def test_html_and_images_show_nothing_from_outside(component: dict[str, Any], expected: list[Any]) -> None:
    assert found(card({"id": "x1", **component})) == expected


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (r"^(\d+$", "form_pattern"),
        (r"^(?P<year>\d{4})$", "form_pattern"),
        ("[z-a]", "form_pattern"),
        ("^(a+)+$", "form_pattern_slow"),
        (r"^(\w+\s?)*$", "form_pattern_slow"),
        ("^(村+)+$", "form_pattern_slow"),
        ("(x+x+)+y", "form_pattern_slow"),
        ("a" * 2_001, "form_pattern_long"),
        (r"^(?<year>\d{4})$", None),
        ("^[^]+$", None),
        (r"^\p{3}$", None),
        (r"(?<!a)b", None),
    ],
)
def test_patterns_are_those_of_the_browser(pattern: str, code: str | None) -> None:
    """What JavaScript reads is accepted, unless it would hold everybody up."""
    assert found(card(field("a", validate={"pattern": pattern}))) == ([(code, "F_a", "error")] if code else [])


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "forms").glob("*.form")))
def test_whatever_an_attribute_holds_the_form_is_refused_or_works(name: str, at: Any) -> None:
    """Every attribute of a form, replaced by values of every type: no form passes the check and is an error afterwards."""
    whole = json.loads((ROOT / "forms" / name).read_bytes())
    rules = frozenset(rule if isinstance(rule, str) else rule["decision"] for rule in form_files.rules(whole.get("rules")))
    tried = refused = 0
    for form in _changed(whole, random.Random(name)):
        content = json.dumps(form).encode()
        problems = definitions.check({name: content}, definitions.Known(decisions=rules))
        tried += 1
        if any(problem.severity == "error" for problem in problems):
            refused += 1
            continue
        read = schema.load(content)
        with Flask("x").app_context():
            browser.payload(read, Prepared(), "en")
            samples_of(read)
    assert tried > refused > 0


ODD: list[Any] = [None, True, -1, 0, 2.5, "", "x", "=1", "=[1]", [], ["x"], [{}], [[]], {}, {"x": [1]}, "12", 10**30]


def _changed(form: dict[str, Any], chance: random.Random, count: int = 60) -> Iterator[dict[str, Any]]:
    """Copies of *form* with one attribute changed in each."""
    places = list(_places(form))
    for _ in range(count):
        copy = json.loads(json.dumps(form))
        *above, last = chance.choice(places)
        here: Any = copy
        for part in above:
            here = here[part]
        here[last] = chance.choice(ODD)
        yield copy


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from _places(inner, (*path, key))


def samples_of(form: schema.Form) -> None:
    """Fill it with invented answers and check them: whatever it says, it says it in words."""
    Babel(app := Flask("y"))
    with app.test_request_context():
        data = samples.filled(form)
        try:
            validation.validate(form, data, context={}, locked={}, decide=lambda *_: [])
        except ExpressionError as error:
            assert str(error)


def test_a_form_named_otherwise_than_its_file_is_a_warning() -> None:
    assert found(card(), "other.form") == [("file_name", "", "warning")]


def test_a_form_nested_too_deep_or_too_large_is_refused() -> None:
    deep: dict[str, Any] = field("a")
    for index in range(form_files.MAX_DEPTH):
        deep = {"type": "group", "id": f"g{index}", "components": [deep]}
    assert ("form_too_deep", "", "error") in found(card(deep))
    many = card(*(field(f"a{index}") for index in range(form_files.MAX_COMPONENTS + 1)))
    assert found(many) == [("form_too_large", "", "error")]
