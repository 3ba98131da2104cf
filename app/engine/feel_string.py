"""A FEEL value as text, as FEEL's ``string()`` writes it: correlation keys, names, codes, headers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from app.engine.feel_values import to_json


def string(value: Any) -> str:
    """``true``, ``7`` (also of 7.0), ``2020-05-21``; text is itself, null is "", lists and contexts are JSON."""
    if isinstance(value, Decimal | float) and not isinstance(value, bool):
        return _number(value)
    plain = to_json(value)
    if plain is None:
        return ""
    if isinstance(plain, str):
        return plain
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, float):
        return _number(plain)
    return str(plain) if isinstance(plain, int) else orjson.dumps(plain).decode()


def _number(value: Decimal | float) -> str:
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text
