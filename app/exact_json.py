"""JSON whose numbers keep every digit: what is stored, sent, received or hashed goes through here.

A JSON number is a decimal of any length. orjson reads one that a machine word or a double does not hold as the nearest double, and
refuses to write it. Whole numbers are int here, of any size. Another number is a float where a float holds it, otherwise ``Exact``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson


class Exact(float):
    """A number with a fraction that no float holds (1/3 with 34 digits): as a float the nearest one, and the decimal itself."""

    __slots__ = ("decimal",)
    decimal: Decimal

    @classmethod
    def of(cls, decimal: Decimal) -> int | float:
        """*decimal* as int, float or, where neither holds it, ``Exact``."""
        if decimal == decimal.to_integral_value():
            return int(decimal)
        near = float(decimal)
        if Decimal(repr(near)) == decimal:
            return near
        exact = cls(near)
        exact.decimal = decimal
        return exact

    @property
    def text(self) -> str:
        """Its digits, without an exponent."""
        return f"{self.decimal:f}"

    def __eq__(self, other: object) -> bool:
        return self.decimal == other.decimal if isinstance(other, Exact) else float(self) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(float(self))

    def __copy__(self) -> Exact:
        return self

    def __deepcopy__(self, memo: object) -> Exact:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Exact.of, (self.decimal,)


def decimal_of(number: float) -> Decimal:
    """The decimal that *number* stands for: what its shortest text says."""
    return number.decimal if isinstance(number, Exact) else Decimal(repr(number))


def significant(decimal: Decimal) -> int:
    """How many digits of *decimal* tell it from others."""
    return len("".join(map(str, decimal.as_tuple().digits)).strip("0"))


def dumps(value: Any, *, sort_keys: bool = False, indent: bool = False, default: Callable[[Any], Any] | None = None) -> bytes:
    """JSON in UTF-8. Raises ``TypeError`` for what JSON has no value for and *default* does not convert."""

    def convert(inner: Any) -> Any:
        if isinstance(inner, Exact):
            return orjson.Fragment(inner.text)
        if isinstance(inner, Decimal) and inner.is_finite():
            return convert(found) if isinstance(found := Exact.of(inner), Exact) else found
        if default is None:
            raise TypeError(f"JSON has no value for {type(inner).__name__}")
        return default(inner)

    option = orjson.OPT_NON_STR_KEYS | (orjson.OPT_SORT_KEYS if sort_keys else 0) | (orjson.OPT_INDENT_2 if indent else 0)
    try:
        return orjson.dumps(value, default=convert, option=option)
    except TypeError:
        # perhaps a whole number beyond 64 bits, which orjson does not ask about
        return orjson.dumps(_written(value), default=lambda inner: _written(convert(inner)), option=option)


def _written(value: Any) -> Any:
    """*value* with whole numbers beyond 64 bits as their digits."""
    if isinstance(value, dict):
        return {key: _written(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_written(inner) for inner in value]
    return orjson.Fragment(str(value)) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


#: what orjson might round: whole numbers beyond 64 bits, and 16 digits or more with a point among them or an exponent
_LONG_TEXT = re.compile(r"(?=[0-9.]{17})[0-9]+\.[0-9]|[0-9]{20}|-[0-9]{19}|[0-9]{16}[eE]")
_LONG_BYTES = re.compile(_LONG_TEXT.pattern.encode())


def loads(text: str | bytes | bytearray) -> Any:
    """The value of a JSON text, every digit kept. Raises ``orjson.JSONDecodeError``, also for a number beyond 1.8e308."""
    value = orjson.loads(text)
    if not (_LONG_TEXT.search(text) if isinstance(text, str) else _LONG_BYTES.search(text)):
        return value
    try:
        return json.loads(text, parse_float=_fraction)
    except (ValueError, RecursionError) as error:  # more digits, or deeper, than Python reads
        raise orjson.JSONDecodeError(str(error), "", 0) from error


def _fraction(text: str) -> int | float:
    near = float(text)
    decimal = Decimal(text)
    return near if Decimal(repr(near)) == decimal else Exact.of(decimal)
