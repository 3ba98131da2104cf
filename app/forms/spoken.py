"""What a field says, in the words of its form: the option's label, yes and no, local time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.forms import schema

#: key of a list that is given to forms (``people``, ``key_reasons``) → value → its label in Chinese and in English
Choices = Mapping[str, Mapping[str, tuple[str, str]]]


def said(field: schema.Field | None, value: Any, locale: str, choices: Choices) -> str:
    """A value as the form shows it; "" for nothing."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, list):
        return (", " if locale == "en" else "、").join(said(field, item, locale, choices) for item in value)
    if isinstance(value, dict):
        return str(value.get("name") or "…")
    component = field.node.component if field is not None else {}
    for option in component.get("values") or []:
        if option.get("value") == value:
            return str(option.get("labelEn") if locale == "en" and option.get("labelEn") else option.get("label", value))
    given = choices.get(str(component.get("valuesKey") or ""), {}).get(str(value))
    if given is not None:
        return given[1] if locale == "en" and given[1] else given[0]
    return plain(value)


def plain(value: Any) -> str:
    """A value without a form: a moment in the campaign's zone, anything else as it stands."""
    text = str(value)
    if not isinstance(value, str) or text[4:5] != "-" or "T" not in text:
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{clock.local(found):%Y-%m-%d %H:%M}" if found.tzinfo else text.replace("T", " ")


def row(path: str) -> str:
    """Which row of a list it is: ``members[2].name`` is the third."""
    number = path.partition("[")[2].partition("]")[0]
    return f" ({int(number) + 1})" if number.isdecimal() else ""
