"""Under which names a form brings what is entered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from app.engine import form_files


@lru_cache(maxsize=256)
def read(content: bytes) -> frozenset[str]:
    """The first part of every key and path of the form; nothing for what is no form (its own check says so)."""
    return frozenset(_names((form_files.parsed(content) or {}).get("components"), 0))


def _names(components: Any, depth: int) -> Iterator[str]:
    for component in components if isinstance(components, list) and depth < 20 else ():
        if not isinstance(component, dict):
            continue
        own = component.get("key") or component.get("path")
        if isinstance(own, str) and own:
            yield own.split(".")[0]
        else:
            yield from _names(component.get("components"), depth + 1)
