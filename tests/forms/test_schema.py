"""Reading a form file: what is refused, and what the tree knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.forms import schema


def written(*components: Any, **more: Any) -> bytes:
    return json.dumps({"type": "default", "id": "f", "components": list(components), **more}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"no json",
        b"[]",
        b'{"type":"default","id":"f"}',
        written(id=""),
        written({"type": "iframe", "url": "x"}),
        written({"type": "documentPreview"}),
        written({"type": "textfield"}),
        written({"type": "dynamiclist", "components": []}),
        written({"type": "textfield", "key": "a"}, {"type": "number", "key": "a"}),
        written({"type": "textfield", "key": "a", "id": "x"}, {"type": "textfield", "key": "b", "id": "x"}),
        written(rules=[{"each": "rows"}]),
    ],
)
def test_what_cannot_be_used_is_refused(content: bytes) -> None:
    with pytest.raises(schema.SchemaError):
        schema.load(content)


def test_fields_know_their_path_through_groups_and_lists() -> None:
    form = schema.load(
        written(
            {"type": "group", "path": "a", "components": [{"type": "number", "key": "b.c", "label": "数"}]},
            {"type": "group", "components": [{"type": "textfield", "key": "d"}]},
            {
                "type": "dynamiclist",
                "path": "rows",
                "components": [{"type": "datetime", "key": "at", "dateLabel": "日期", "properties": {"labelEn": "Date"}}],
            },
        )
    )
    assert [field.path for field in form.fields()] == ["a.b.c", "d", "rows[].at"]
    assert set(form.tree) == {"a", "d", "rows"} and form.tree["a"] == {"b": {"c": True}}
    found = form.field("rows[12].at")
    assert found is not None and (found.node.label(), found.node.label("en")) == ("日期", "Date")
    assert form.field("rows[1].other") is None


def test_rules_may_be_one_name_or_a_list_with_rows() -> None:
    assert schema.load(written(rules="one")).rules == (schema.Rules("one"),)
    many = schema.load(written(rules=["one", {"decision": "two", "each": "rows", "as": "row"}]))
    assert many.rules == (schema.Rules("one"), schema.Rules("two", "rows", "row"))


def test_two_groups_may_share_a_path() -> None:
    form = schema.load(
        written(
            {"type": "group", "path": "v", "components": [{"type": "textfield", "key": "a"}]},
            {"type": "group", "path": "v", "components": [{"type": "textfield", "key": "b"}]},
        )
    )
    assert [field.path for field in form.fields()] == ["v.a", "v.b"]
