"""Places in form data, written ``income.wage`` or ``members[2].id_number`` (rows from 0)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]", re.ASCII)


@lru_cache(maxsize=8192)
def parts(path: str) -> tuple[str | int, ...]:
    """``members[2].name`` → ("members", 2, "name")."""
    return tuple(found.group(1) if found.group(1) is not None else int(found.group(2)) for found in _PART.finditer(path))


def get(data: Any, path: str) -> Any:
    """The value at *path*, or None."""
    for part in parts(path):
        if isinstance(part, int):
            data = data[part] if isinstance(data, list) and part < len(data) else None
        else:
            data = data.get(part) if isinstance(data, dict) else None
    return data


def put(data: dict[str, Any], path: str, value: Any) -> bool:
    """Write *value* at *path*, making groups on the way; False when a row on the way does not exist."""
    steps = parts(path)
    here: Any = data
    for step in steps[:-1]:
        if isinstance(step, int):
            if not isinstance(here, list) or step >= len(here):
                return False
            here = here[step]
        else:
            if here.get(step) is None:
                here[step] = {}
            here = here[step]
    last = steps[-1]
    if isinstance(last, int):
        if not isinstance(here, list) or last >= len(here):
            return False
    elif not isinstance(here, dict):
        return False
    here[last] = value
    return True


def copied(value: Any) -> Any:
    """A copy of form data in which nothing can be changed from outside: JSON needs no more than this."""
    if isinstance(value, dict):
        return {key: copied(inner) if isinstance(inner, _HOLDERS) else inner for key, inner in value.items()}
    if isinstance(value, list):
        return [copied(inner) if isinstance(inner, _HOLDERS) else inner for inner in value]
    return value


_HOLDERS = (dict, list)


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path. A list of plain values (a multiple choice) counts as one value."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(data, list) and any(isinstance(entry, dict) for entry in data):
        for index, entry in enumerate(data):
            yield from leaves(entry, f"{path}[{index}]")
    else:
        yield path, data


def covers(held: str, path: str) -> bool:
    """Does a lock on *held* hold *path*, too? A group or list holds everything below it."""
    return path == held or (path.startswith(held) and path[len(held)] in ".[")
