"""Chance that does not depend on the order of things: the same seed and the same names give the same number."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Random numbers by name. A simulation that was killed and started again decides as it would have decided."""

    def __init__(self, seed: int, *names: object) -> None:
        self.names: tuple[object, ...] = (seed, *names)

    def of(self, *names: object) -> Chance:
        """Chance about something more special."""
        return Chance(*self.names, *names)  # type: ignore[arg-type]

    def number(self, *names: object) -> float:
        """A number from 0 up to 1."""
        text = "\x1f".join(map(str, (*self.names, *names)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64

    def happens(self, share: float, *names: object) -> bool:
        """True in *share* of all cases."""
        return self.number(*names) < share

    def pick(self, items: Sequence[T], *names: object) -> T:
        """One of *items*."""
        return items[int(self.number(*names) * len(items))]

    def generator(self, *names: object) -> random.Random:
        """A generator for many numbers about one thing."""
        return random.Random(int(self.number(*names) * 2**64))
