"""A submission against the one before, in the words of its form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.forms import schema, submissions


def changes(form: schema.Form, old: Mapping[str, Any], new: Mapping[str, Any], locale: str) -> list[tuple[str, str, str, str]]:
    """(label, path, old, new) of every field that differs, as people read them; "" for nothing."""
    found = []
    for path, before, after in submissions.changes(dict(old), dict(new)):
        field = form.field(path)
        label = field.node.label(locale) if field else path
        found.append((label + _row(path), path, shown(field, before, locale), shown(field, after, locale)))
    return found


def _row(path: str) -> str:
    """Which row of a list it is: ``members[2].name`` is the third."""
    number = path.partition("[")[2].partition("]")[0]
    return f" ({int(number) + 1})" if number.isdecimal() else ""


def shown(field: schema.Field | None, value: Any, locale: str) -> str:
    """A value as the form shows it: the option's label, yes and no, local time."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, list):
        return "、".join(shown(field, item, locale) for item in value)
    options: list[dict[str, Any]] = (field.node.component.get("values") if field else None) or []
    for option in options:
        if option.get("value") == value:
            return str(option.get("labelEn") if locale == "en" and option.get("labelEn") else option.get("label", value))
    if isinstance(value, str) and len(value) > 15 and value[4:5] == "-" and "T" in value:
        try:
            return f"{clock.local(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
        except ValueError:
            return value
    return str(value)
