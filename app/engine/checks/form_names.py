"""Under which names a form brings what is entered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson


@lru_cache(maxsize=256)
def read(content: bytes) -> frozenset[str]:
    """The first part of every key and path of the form; nothing for what is no form (its own check says so)."""
    try:
        form = orjson.loads(content)
    except orjson.JSONDecodeError:
        return frozenset()
    return frozenset(_names(form.get("components"), 0)) if isinstance(form, dict) else frozenset()


def _names(components: Any, depth: int) -> Iterator[str]:
    for component in components if isinstance(components, list) and depth < 20 else ():
        if not isinstance(component, dict):
            continue
        own = component.get("key") or component.get("path")
        if isinstance(own, str) and own:
            yield own.split(".")[0]
        else:
            yield from _names(component.get("components"), depth + 1)
