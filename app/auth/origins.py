"""Where an act comes from, as records keep it: the address, and by which sign-in (so: which device) or which API token.

``10.0.0.5 login 1k2j3h4g5f6d7``: the number is the key of the row, with letters, so that nothing takes it for a personal number.
"""

from __future__ import annotations

from dataclasses import dataclass

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LOGIN, TOKEN = "login", "token"


@dataclass(frozen=True, slots=True)
class Origin:
    """An origin, read back. What is not of this kind (``worker``, ``cli root@host``) is an address only."""

    address: str
    #: ``login``, ``token`` or ""
    kind: str = ""
    key: int = 0


def of_login(address: str, key: int) -> str:
    """An act in a signed-in browser."""
    return _written(address, LOGIN, key)


def of_token(address: str, key: int) -> str:
    """An act of a program with an API token."""
    return _written(address, TOKEN, key)


def read(text: str) -> Origin:
    """What an origin says."""
    address, _blank, rest = text.partition(" ")
    kind, _blank, number = rest.partition(" ")
    if kind not in (LOGIN, TOKEN) or not number.isalnum() or not number.isascii():
        return Origin(text)
    return Origin(address, kind, int(number, 36))


def _written(address: str, kind: str, key: int) -> str:
    number = ""
    while key:
        key, digit = divmod(key, 36)
        number = _DIGITS[digit] + number
    return f"{address[:39]} {kind} {number or '0'}"
