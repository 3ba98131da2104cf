"""What is keyed into 渝扶贫APP from an approved form, in the order of the App's screens (R10, R38).

The order is data: the decision table ``app_screens``, which an administrator edits. Fields that it does not name come last, so that nothing
is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth.language import locale
from app.campaign.documents import disclosure
from app.engine import decisions, definitions
from app.forms import masking, schema
from app.forms.hooks import Keyed, Keying, Screen

#: the decision table
DECISION = "app_screens"


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the table: where a field, or all fields of a group or list, are keyed in. ``screen`` empty: nowhere."""

    screen: str
    label: str
    path: str

    def covers(self, path: str) -> bool:
        return path == self.path or path.startswith((f"{self.path}.", f"{self.path}["))


def of_form(session: Session, form: schema.Form, data: Mapping[str, Any], lists: Mapping[str, Mapping[str, str]]) -> Keying:
    """The filled fields of *data* as the App asks for them. Personal values are shown as they stand in *data*."""
    title, lines = _table(session, form.id)
    screens: dict[tuple[int, int], list[tuple[int, int, Keyed]]] = {}
    names: dict[tuple[int, int], str] = {}
    first: dict[str, int] = {}
    for number, line in enumerate(lines):
        first.setdefault(line.screen, number)
    groups = _groups(form.root)
    for position, (path, row, field, value) in enumerate(_filled(form, data)):
        number = next((number for number, line in enumerate(lines) if line.covers(schema.unindexed(path))), len(lines))
        line = lines[number] if number < len(lines) else _Line(_unnamed(groups, path), "", "")
        if not line.screen:
            continue
        place = first.setdefault(line.screen, len(lines) + position), row
        names[place] = f"{line.screen}（{row}）" if row else line.screen
        screens.setdefault(place, []).append((number, position, _keyed(line, path, field, value, lists)))
    return Keying(title, [Screen(names[place], [each for _n, _p, each in sorted(screens[place], key=_place)]) for place in sorted(screens)])


def _unnamed(groups: Mapping[str, str], path: str) -> str:
    """Where the table does not say it: the form's own group."""
    inside = [group for group in groups if _Line("", "", group).covers(path)]
    return groups[max(inside, key=len)] if inside else _("未列入界面的指标")


def _groups(node: schema.Node, prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for child in node.children:
        path = ".".join(part for part in (prefix, *child.segments) if part)
        if child.segments and not child.keyed:
            found.setdefault(path, child.label(locale()))
        found = _groups(child, path) | found
    return found


def _place(entry: tuple[int, int, Keyed]) -> tuple[int, int]:
    return entry[:2]


def _keyed(line: _Line, path: str, field: schema.Field, value: Any, lists: Mapping[str, Mapping[str, str]]) -> Keyed:
    label = line.label if line.label and line.path == schema.unindexed(path) else field.node.label(locale())
    unit = str(field.node.properties.get("unit") or "") if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return Keyed(label, disclosure.spoken(field.node, value, lists), unit, path, bool(field.personal))


def _filled(form: schema.Form, data: Mapping[str, Any]) -> Iterator[tuple[str, int, schema.Field, Any]]:
    """(path, number of the row or 0, field, value) of what is filled, in the form's order."""
    for field in form.fields():
        for path, value in masking.places(dict(data), field.path):
            if value in (None, "", []) or field.type == "filepicker":
                continue
            row = int(path.split("[", 1)[1].split("]")[0]) + 1 if "[" in path else 0
            yield path, row, field, value


def _table(session: Session, form_id: str) -> tuple[str, list[_Line]]:
    """The table's name, and its rows for a form; empty when none is deployed."""
    file = definitions.newest_file(session, "decision", DECISION)
    if file is None:
        return "", []
    found = decisions.evaluate(file.content, DECISION, {"form": form_id}) or []
    lines = [_Line(_screen(row), str(row.get("label") or ""), str(row.get("path") or "")) for row in found]
    return dict(decisions.decision_ids(file.content)).get(DECISION) or "", [line for line in lines if line.path]


def _screen(row: Mapping[str, Any]) -> str:
    return str((locale() == "en" and row.get("screen_en")) or row.get("screen") or "")
