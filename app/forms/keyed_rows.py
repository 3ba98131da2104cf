"""Lists whose rows the system provides: rows are known by a field (``rowKey`` of the list's properties), not by where they stand.

While a form is open the list behind it goes on: rows come, go and change their order. What was typed stays with its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.forms import given, paths
from app.forms.schema import Form, Node


def lists(form: Form) -> Iterator[tuple[str, str]]:
    """(path of the list, field that identifies a row)."""
    yield from _lists(form.root, "")


def _lists(node: Node, above: str) -> Iterator[tuple[str, str]]:
    here = ".".join(part for part in (above, *node.segments) if part)
    if node.repeats:
        if key := node.properties.get("rowKey"):
            yield here, str(key)
        return
    for child in node.children:
        yield from _lists(child, here)


def aligned(form: Form, known: dict[str, Any], sent: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What is known, its rows in the order in which they were sent; and the places of rows that are not known or come twice."""
    strangers: list[str] = []
    result = known
    for path, key in lists(form):
        rows = {str(row.get(key)): row for row in paths.get(known, path) or ()}
        found = []
        for index, row in enumerate(paths.get(sent, path) or ()):
            same = rows.pop(str(row.get(key)), None)
            found.append(row if same is None else same)
            if same is None:
                strangers.append(f"{path}[{index}].{key}")
        result = paths.copied(result)
        paths.put(result, path, found)
    return result, strangers


def under_draft(form: Form, known: Mapping[str, Any], draft: Mapping[str, Any]) -> dict[str, Any]:
    """What is known with the *draft* over it: rows as they are known now, what the system provides as it says it now."""
    result: dict[str, Any] = {**known, **paths.copied(dict(draft))}
    for path, key in lists(form):
        typed = {str(row.get(key)): row for row in paths.get(draft, path) or ()}
        fixed = {found.path.rpartition("].")[2] for found in form.fields() if found.path.startswith(f"{path}[]") and found.node.fixed}
        rows = paths.get(dict(known), path) or ()
        paths.put(result, path, [{**row, **_own(typed.get(str(row.get(key)), {}), fixed)} for row in rows])
    return given.over(form, result, known)


def _own(row: Mapping[str, Any], fixed: set[str]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in fixed}
