"""Rows that the system provides are known by their key: what was typed stays with its row while the list goes on."""

from __future__ import annotations

import json
from typing import Any

from app.forms import keyed_rows, schema, validation

FORM = schema.load(
    json.dumps(
        {
            "type": "default",
            "id": "f",
            "schemaVersion": 19,
            "components": [
                {"type": "textfield", "key": "title", "id": "t", "label": "题", "readonly": True},
                {
                    "type": "dynamiclist",
                    "path": "rows",
                    "id": "l",
                    "label": "行",
                    "properties": {"rowKey": "number"},
                    "components": [
                        {"type": "textfield", "key": "number", "id": "n", "label": "号", "readonly": True},
                        {"type": "textfield", "key": "text", "id": "x", "label": "问", "readonly": True},
                        {"type": "textfield", "key": "answer", "id": "a", "label": "答"},
                    ],
                },
            ],
        }
    ).encode()
)
A, B, C = ({"number": name, "text": f"{name}?"} for name in "abc")


def check(known: list[dict[str, Any]], sent: list[dict[str, Any]]) -> Any:
    return validation.validate(FORM, {"rows": sent}, context={}, locked={}, decide=lambda *_: [], initial={"rows": known})


def test_a_row_that_came_meanwhile_moves_nothing() -> None:
    outcome = check([C, A, B], [{**A, "answer": "1"}, {**B, "answer": "2"}])
    assert outcome.errors == {}
    assert outcome.data["rows"] == [{**A, "answer": "1"}, {**B, "answer": "2"}]


def test_a_row_that_is_gone_or_comes_twice_is_told_at_its_place() -> None:
    assert list(check([A], [{**B, "answer": "2"}, {**A, "answer": "1"}]).errors) == ["rows[0].number"]
    assert list(check([A], [A, A]).errors) == ["rows[1].number"]


def test_what_the_system_says_in_a_row_cannot_be_changed() -> None:
    assert list(check([B, A], [{**A, "text": "b?"}]).errors) == ["rows[0].text"]


def test_a_draft_lies_over_what_is_known_now() -> None:
    draft = {"title": "old", "rows": [{**A, "answer": "1"}, {**B, "text": "old", "answer": "2"}]}
    shown = keyed_rows.under_draft(FORM, {"title": "new", "rows": [C, B]}, draft)
    assert shown == {"title": "new", "rows": [C, {**B, "answer": "2"}]}
