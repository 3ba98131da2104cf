"""A submission against the one before, in the words of its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.forms import schema, spoken, submissions


def changes(
    form: schema.Form, old: Mapping[str, Any], new: Mapping[str, Any], locale: str, choices: spoken.Choices
) -> list[tuple[str, str, str, str]]:
    """(label, path, old, new) of every field that differs, as people read them; "" for nothing."""
    found = []
    for path, before, after in submissions.changes(dict(old), dict(new)):
        field = form.field(path)
        label = field.node.label(locale) if field else path
        old_said, new_said = (spoken.said(field, value, locale, choices) for value in (before, after))
        found.append((label + spoken.row(path), path, old_said, new_said))
    return found
