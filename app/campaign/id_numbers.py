"""Citizen identity numbers (GB 11643-1999): 6 digits area, 8 digits birth date, 3 digits order (odd: male), 1 check character."""

from __future__ import annotations

from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def check_character(first17: str) -> str:
    """The 18th character for the first 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def is_valid(number: str) -> bool:
    """Form, check character and a birth date that exists."""
    body, last = number[:17], number[17:].upper()
    if len(number) != 18 or not (body.isascii() and body.isdigit()):
        return False
    return birth_date(number) is not None and check_character(body) == last


def birth_date(number: str) -> date | None:
    """The birth date in a number; None when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex(number: str) -> str:
    """``male`` or ``female``, by the 17th digit."""
    return "male" if int(number[16]) % 2 else "female"


def make(area: str, born: date, order: int) -> str:
    """A number with a valid check character; ``order`` 0–999, odd for men."""
    body = f"{area}{born:%Y%m%d}{order:03d}"
    return body + check_character(body)
