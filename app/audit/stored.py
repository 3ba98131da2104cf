"""A record as it is stored: everything in it, personal values masked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app import personal
from app.audit.queries import Record

#: Names in details whose values are personal; everything else is searched for ID and telephone numbers.
_PERSONAL = re.compile(r"(^|[._])(id_number|phone|bank|health)($|[._])")


def raw(record: Record, *, unmask: bool = False) -> dict[str, Any]:
    """Every column of a record, nothing left out; personal values in its detail masked unless *unmask*."""
    shown: dict[str, Any] = {}
    for column in record.event.__table__.columns:
        value = getattr(record.event, column.key)
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, bytes):
            value = value.hex()
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
            value = str(value)
        shown[column.key] = value if unmask or column.key != "detail" else masked(value)
    return shown


def as_json(record: Record) -> str:
    """``raw`` as text to read."""
    return json.dumps(raw(record), ensure_ascii=False, indent=2)


def masked(value: Any, name: str = "") -> Any:
    """*value* with personal values masked: by the name of where it stands, or by what it looks like."""
    if isinstance(value, Mapping):
        return {key: masked(inner, f"{name}.{key}" if name else str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner, name) for inner in value]
    if isinstance(value, str) and value:
        return "******" if _PERSONAL.search(name) else personal.scrub(value)
    if isinstance(value, int) and not isinstance(value, bool) and (_PERSONAL.search(name) or personal.scrub(str(value)) != str(value)):
        return "******"
    return value


def hides_something(record: Record) -> bool:
    """Would showing it in the clear tell more than ``raw`` does?"""
    return bool(raw(record)["detail"] != raw(record, unmask=True)["detail"])
