"""Places of a form that the system fills and nobody types: what a page shows there must be what is so when the form is handed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.forms import paths
from app.forms.schema import Form, Node


def places(form: Form) -> dict[str, Node]:
    """Path → node of read-only fields outside lists, and of lists in which there is nothing to type, add or remove."""
    return dict(_below(form.root, ""))


def _below(node: Node, prefix: str) -> Iterator[tuple[str, Node]]:
    for child in node.children:
        path = ".".join((*([prefix] if prefix else []), *child.segments))
        if child.repeats:
            if child.component.get("allowAddRemove") is False and all(field.fixed is True for field in _keyed(child)):
                yield path, child
        elif child.keyed:
            if child.fixed is True:
                yield path, child
        else:
            yield from _below(child, path)


def _keyed(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.keyed:
            yield child
        yield from _keyed(child)


def over(form: Form, typed: Mapping[str, Any], prepared: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed over what was prepared, but given places as they are now: a draft may be old."""
    merged: dict[str, Any] = paths.copied({**prepared, **typed})
    for path in places(form):
        if (known := paths.get(dict(prepared), path)) is not None or paths.get(merged, path) is not None:
            paths.put(merged, path, paths.copied(known))
    return merged
