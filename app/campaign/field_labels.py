"""What people call the fields of the household form (``data/fields.json``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FIELDS = Path(__file__).parent / "data" / "fields.json"


@cache
def labels() -> Mapping[str, str]:
    """Path in the household form → label."""
    found: dict[str, str] = json.loads(_FIELDS.read_text(encoding="utf-8"))
    return found


def of(path: str) -> str:
    """The label of a path; the path itself when it has none."""
    return labels().get(path, path)
