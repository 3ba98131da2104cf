"""What differs between two versions of a form: fields added, removed, changed, moved; properties before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from app.modeler.release.changes import Change, Line, lines, out_of_order, shown

#: written by the editor, or shown otherwise
_SILENT = frozenset({"components", "id", "type", "schemaVersion", "executionPlatform", "executionPlatformVersion", "exporter"})


@dataclass(slots=True)
class _Field:
    node: dict[str, Any]
    #: key of the group it stands in; "" at the top
    parent: str

    @property
    def kind(self) -> str:
        return str(self.node.get("type") or "")

    @property
    def name(self) -> str:
        said = self.node.get("label") or self.node.get("text") or self.node.get("content") or self.node.get("key") or self.kind
        return " ".join(str(said).split())[:80]

    @property
    def properties(self) -> dict[str, str]:
        return dict(_flat(self.node))


def form_changes(old: bytes, new: bytes) -> list[Change]:
    """Changes of the form itself first, then of its fields in the order of the new version; those that are gone come last."""
    before, after = _read(old), _read(new)
    found: list[Change] = []
    about = lines(dict(_flat(before)), dict(_flat(after)))
    if about:
        title = before.get("properties", {}).get("title") if isinstance(before.get("properties"), dict) else ""
        found.append(Change("changed", "", "form", str(title or after.get("id") or ""), about))
    olds, news = _fields(before), _fields(after)
    moved = _moved(olds, news)
    for key, field in news.items():
        if key not in olds:
            found.append(Change("added", key, field.kind, field.name, lines({}, field.properties)))
            continue
        differs = _differs(olds, news, key)
        if differs:
            found.append(Change("changed", key, field.kind, field.name, (*differs, *_place(olds, news, key, moved))))
        elif key in moved:
            found.append(Change("moved", key, field.kind, field.name, _place(olds, news, key, moved)))
    found += [Change("removed", key, field.kind, field.name, lines(field.properties, {})) for key, field in olds.items() if key not in news]
    return found


def _read(content: bytes) -> dict[str, Any]:
    try:
        form = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return form if isinstance(form, dict) else {}


def _fields(form: dict[str, Any]) -> dict[str, _Field]:
    """Identity → field, groups before what they hold."""
    found: dict[str, _Field] = {}

    def walk(holder: dict[str, Any], parent: str) -> None:
        for number, node in enumerate(holder.get("components") or []):
            if isinstance(node, dict):
                key = str(node.get("id") or node.get("key") or node.get("path") or f"{parent}/{number}")
                key = key if key not in found else f"{parent}/{key}"
                found[key] = _Field(node, parent)
                walk(node, key)

    walk(form, "")
    return found


def _differs(olds: dict[str, _Field], news: dict[str, _Field], key: str) -> tuple[Line, ...]:
    old, new = olds[key], news[key]
    kind = (Line("type", old.kind, new.kind),) if old.kind != new.kind else ()
    return (*kind, *lines(old.properties, new.properties))


def _moved(olds: dict[str, _Field], news: dict[str, _Field]) -> set[str]:
    common = [key for key in news if key in olds]
    elsewhere = {key for key in common if olds[key].parent != news[key].parent}
    found = set(elsewhere)
    for parent in {news[key].parent for key in common}:
        before = [key for key in olds if key in news and key not in elsewhere and olds[key].parent == parent]
        after = [key for key in common if key not in elsewhere and news[key].parent == parent]
        found |= out_of_order(before, after)
    return found


def _place(olds: dict[str, _Field], news: dict[str, _Field], key: str, moved: set[str]) -> tuple[Line, ...]:
    if key not in moved:
        return ()
    return (Line("place", _after(olds, key), _after(news, key)),)


def _after(fields: dict[str, _Field], key: str) -> str:
    """Where a field stands: its group, and the field before it."""
    parent = fields[key].parent
    siblings = [other for other in fields if fields[other].parent == parent]
    index = siblings.index(key)
    before = fields[siblings[index - 1]].name if index else "⊢"
    return f"{fields[parent].name} › {before} ›" if parent else f"{before} ›"


def _flat(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of *node* by path. Options of a choice are named by their values, so that one more option is one line."""
    if isinstance(node, dict):
        for name, value in node.items():
            # the grid follows the order; a row's made-up name says nothing
            if (path or name not in _SILENT) and not (path == "layout" and name == "row"):
                yield from _flat(value, f"{path}.{name}" if path else name)
    elif isinstance(node, list):
        if not node:
            yield path, "[]"
        for number, item in enumerate(node):
            label = item["value"] if isinstance(item, dict) and isinstance(item.get("value"), str) else number
            yield from _flat({k: v for k, v in item.items() if k != "value"} if isinstance(item, dict) else item, f"{path}[{label}]")
    elif node is not None:
        yield path, shown(node)
