"""What the attributes of a form's components may hold: anything else would be an error page later, in the browser or on the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

#: kinds of personal fields (``app.personal.Kind``)
PERSONAL = frozenset({"id_number", "phone", "bank", "health", "name"})

_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_COUNT = re.compile(r"\d{1,4}", re.ASCII)


def is_path(text: str) -> bool:
    """A key, or keys with dots between them."""
    return _PATH.fullmatch(text) is not None


def is_rule(rule: Any) -> bool:
    """A decision id, or ``{"decision", "each", "as"}``."""
    if isinstance(rule, dict):
        return _is_id(rule.get("decision")) and all(isinstance(rule.get(name, ""), str) for name in ("each", "as"))
    return _is_id(rule)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _truth(value: Any) -> bool:
    return isinstance(value, bool) or _feel(value)


def _feel(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _number(value: Any) -> bool:
    """A number, a text that is one (form-js reads both), or FEEL."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return _feel(value) or Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000


def _count(value: Any) -> bool:
    return _whole(value) or (isinstance(value, str) and _COUNT.fullmatch(value) is not None)


def _step(value: Any) -> bool:
    return _number(value) and not _feel(value) and Decimal(str(value)) > 0


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _options(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and _scalar(each.get("value"))
        and all(isinstance(each.get(name) or "", str) for name in ("label", "labelEn"))
        for each in value
    )


def _columns(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and all(isinstance(each.get(name) or "", str) for name in ("key", "label", "labelEn")) for each in value
    )


_TEXTS_NAMES = """label dateLabel timeLabel description text content source alt url dataSource valuesKey valuesExpression
    columnsExpression expression computeOn subtype timeSerializingFormat accept action"""
_TEXTS = _TEXTS_NAMES.split()
_TEXT = (_text, "文字", "a text")
_TRUTH = (_truth, "是或否、FEEL 表达式", "true, false or FEEL")
_NUMBER = (_number, "数字或 FEEL 表达式", "a number or FEEL")
_WHOLE = (_whole, "不小于 0 的整数", "a whole number from 0")
_COUNT_ = (_count, "行数", "a number of rows")
_OBJECT = (_object, "一组属性", "a set of properties")

Rule = tuple[Callable[[Any], bool], str, str]

_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        _TEXTS,
        _TEXT,
    ),
    **dict.fromkeys(("readonly", "disabled", "multiple", "serializeToString", "allowAddRemove", "showOutline", "searchable"), _TRUTH),
    **dict.fromkeys(("conditional", "validate", "appearance", "layout", "properties"), _OBJECT),
    "decimalDigits": _WHOLE,
    "increment": (_step, "大于 0 的数字", "a number greater than 0"),
    "rowCount": _NUMBER,
    "defaultRepetitions": _WHOLE,
    "values": (_options, "选项列表", "a list of options"),
    "columns": (_columns, "列的列表", "a list of columns"),
    "conditional.hide": _TEXT,
    "validate.required": _TRUTH,
    **dict.fromkeys(("validate.min", "validate.max", "validate.minLength", "validate.maxLength"), _NUMBER),
    **dict.fromkeys(("validate.pattern", "validate.patternErrorMessage", "validate.validationType"), _TEXT),
    **dict.fromkeys(("appearance.prefixAdorner", "appearance.suffixAdorner"), _TEXT),
    "properties.minRows": _COUNT_,
    "properties.maxRows": _COUNT_,
    "properties.personal": (
        lambda value: isinstance(value, str) and value in {"", *PERSONAL},
        "id_number、phone、bank、health 或 name",
        "id_number, phone, bank, health or name",
    ),
}
_PROPERTY: Rule = (_scalar, "文字", "a text")
_NESTED = ("conditional", "validate", "appearance", "properties")


def wrong(component: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Parameters of ``form_attribute`` for each attribute that holds what it may not."""
    for what, value in _attributes(component):
        rule = _RULES.get(what) or (_PROPERTY if what.startswith("properties.") else None)
        # form-js's editor leaves null behind, which is as good as nothing
        if rule is None or value is None or rule[0](value):
            continue
        yield {"what": what, "value": str(value)[:80], "wanted": rule[1], "wanted_en": rule[2]}


def _attributes(component: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in component.items():
        yield name, value
        if name in _NESTED and isinstance(value, dict):
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
