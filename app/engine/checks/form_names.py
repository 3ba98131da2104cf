"""Under which names a form brings what is entered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from app.engine import form_files


@lru_cache(maxsize=256)
def uploads(content: bytes) -> frozenset[str]:
    """Labels (or keys) of the fields that take files."""
    return frozenset(str(each.get("label") or each.get("key")) for each in _components(content) if each.get("type") == "filepicker")


@lru_cache(maxsize=256)
def kept(content: bytes) -> frozenset[str]:
    """``read`` without what is personal: it stays in the form and is no variable of the process that the form starts."""
    form = form_files.parsed(content) or {}
    return read(content) - frozenset(_personal(form.get("components"), 0))


@lru_cache(maxsize=256)
def read(content: bytes) -> frozenset[str]:
    """The first part of every key and path of the form; nothing for what is no form (its own check says so)."""
    return frozenset(_names((form_files.parsed(content) or {}).get("components"), 0))


def _personal(components: Any, depth: int) -> Iterator[str]:
    """Names of personal fields that stand in no group or list of their own."""
    for component in components if isinstance(components, list) and depth < 20 else ():
        if not isinstance(component, dict):
            continue
        properties = component.get("properties")
        if isinstance(properties, dict) and properties.get("personal"):
            yield str(component.get("key") or "").split(".")[0]
        if not component.get("path"):
            yield from _personal(component.get("components"), depth + 1)


def _components(content: bytes) -> list[dict[str, Any]]:
    form = form_files.parsed(content) or {}
    return list(form_files.components(form)) if isinstance(form.get("components"), list) else []


def _names(components: Any, depth: int) -> Iterator[str]:
    for component in components if isinstance(components, list) and depth < 20 else ():
        if not isinstance(component, dict):
            continue
        own = component.get("key") or component.get("path")
        if isinstance(own, str) and own:
            yield own.split(".")[0]
        else:
            yield from _names(component.get("components"), depth + 1)
