"""A filled form as sections of words, in the order of its schema: for paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.campaign.documents.content import Section
from app.campaign.documents.disclosure import in_words
from app.engine import form_files
from app.forms import schema
from app.forms.paths import get

Lists = Mapping[str, Mapping[str, str]]
#: columns of a list that fit the width of A4; more go into a second table, with the first column repeated
_COLUMNS = 9


def sections(form: schema.Form, data: Mapping[str, Any], lists: Lists) -> list[Section]:
    """Each group of the form; fields that a condition hides and that are empty are left out."""
    made: list[Section] = []
    loose: list[tuple[str, str]] = []
    for node in form.root.children:
        if node.keyed:
            loose += _pair(node, _value(data, "", node), lists)
        elif node.type in form_files.CONTAINERS:
            made += [Section("基本情况" if not made else "其他", loose)] if loose else []
            made += _group(node, "", data, lists)
            loose = []
    return [*made, Section("其他", loose)] if loose else made


def explanations(form: schema.Form) -> list[str]:
    """附注: the explanation of each indicator, once, in the form's order."""
    found: dict[str, str] = {}
    for field in form.fields():
        text = str(field.node.component.get("description") or "")
        if text and field.type not in ("checkbox", "filepicker") and not field.path.endswith("source"):
            found.setdefault(f"{field.node.label()}：{text.removeprefix('指标解释：')}", "")
    return list(found)


def _value(data: Mapping[str, Any], prefix: str, node: schema.Node) -> Any:
    return get(dict(data), ".".join(part for part in (prefix, *node.segments) if part))


def _pair(node: schema.Node, value: Any, lists: Lists) -> list[tuple[str, str]]:
    if value in (None, "", []) and node.hide:
        return []
    return [(node.label(), in_words(node, value, lists))]


def _group(node: schema.Node, prefix: str, data: Mapping[str, Any], lists: Lists) -> list[Section]:
    """A group's own fields, then the lists and groups inside it."""
    path = ".".join(part for part in (prefix, *node.segments) if part)
    if node.repeats:
        return _list(node, get(dict(data), path), lists)
    pairs: list[tuple[str, str]] = []
    inner: list[Section] = []
    for child in node.children:
        place = ".".join((path, *child.segments)) if path else ".".join(child.segments)
        if child.keyed:
            pairs += _pair(child, get(dict(data), place), lists)
        elif child.type in form_files.CONTAINERS:
            inner += [made for made in _group(child, path, data, lists) if not child.hide or _filled(made)]
    return [Section(str(node.component.get("label") or ""), pairs), *inner] if pairs else inner


def _filled(section: Section) -> bool:
    return any(value for _label, value in section.pairs) or bool(section.rows)


def _list(node: schema.Node, rows: Any, lists: Lists) -> list[Section]:
    """A list as tables: the first column stands in each of them, so that a row is known again."""
    children = [child for child in node.children if child.keyed]
    entries: Sequence[Mapping[str, Any]] = rows if isinstance(rows, list) else []
    title = str(node.component.get("label") or "")
    made = []
    first, rest = children[0], children[1:]
    for start in range(0, max(len(rest), 1), _COLUMNS - 1):
        shown = [first, *rest[start : start + _COLUMNS - 1]]
        table = [tuple(in_words(child, get(dict(entry), ".".join(child.segments)), lists) for child in shown) for entry in entries]
        made.append(Section(title if not start else f"{title}（续）", head=tuple(child.label() for child in shown), rows=table))
    return made
