"""The times that records state, held against their places in the chain and against the seals around them.

A seal proves that a record was there; what stands behind it in the chain was written later, whatever time it states. Where a record says
that it was written earlier than it can have been, it was appended with an older time. Campaign time is another matter: it is given to the
system, by people or by a virtual clock. Of it is only counted how often it lies before what is proved (``Counted``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.db import made_at

#: A record is written this long after its key was made, at most; clocks of several machines differ less.
SLOWEST = timedelta(hours=1)
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Counted:
    """How many records state a campaign time before what is proved, and the key of the first of each."""

    earlier: int = 0
    first_earlier: int = 0
    backwards: int = 0
    first_backwards: int = 0

    def add(self, other: Counted) -> None:
        """What another range has counted."""
        self.first_earlier, self.first_backwards = self.first_earlier or other.first_earlier, self.first_backwards or other.first_backwards
        self.earlier, self.backwards = self.earlier + other.earlier, self.backwards + other.backwards

    def note(self, key: Any, at: datetime, recorded: datetime, latest: datetime) -> None:
        """One record; *latest*: the latest campaign time before it in its chain."""
        number = key if isinstance(key, int) else 0
        if recorded - at > SLOWEST:
            self.earlier, self.first_earlier = self.earlier + 1, self.first_earlier or number
        if at < latest:
            self.backwards, self.first_backwards = self.backwards + 1, self.first_backwards or number


def moment(text: Any) -> datetime | None:
    """A time as records keep it (UTC); None for what is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


@dataclass(slots=True)
class Walk:
    """One chain, record after record."""

    #: (length, time) of the seals that hold it, by length
    sealed: Sequence[tuple[int, datetime]]
    counted: Counted
    #: nothing after this place was written before
    floor: datetime = _LONG_AGO
    latest: datetime = _LONG_AGO
    _next: int = 0

    def is_early(self, place: int, key: Any, at: Any, recorded: Any) -> bool:
        """Whether the record at *place* says that it was written earlier than it can have been."""
        while self._next < len(self.sealed) and self.sealed[self._next][0] < place:
            self.floor, self._next = max(self.floor, self.sealed[self._next][1]), self._next + 1
        written, stated = moment(recorded), moment(at)
        if written is None or stated is None:
            return True
        early = written < self.floor - SLOWEST or (isinstance(key, int) and written < made_at(key) - SLOWEST)
        self.counted.note(key, stated, written, self.latest)
        self.floor, self.latest = max(self.floor, written), max(self.latest, stated)
        return early


def of_seals(sealed: Sequence[tuple[int, str, int]], times: Mapping[int, Any]) -> list[tuple[int, datetime]]:
    """(length, time) of each seal of a chain; seals whose time cannot be read are found elsewhere."""
    found = ((length, moment(times.get(seal))) for length, _head, seal in sealed if isinstance(length, int))
    return sorted((length, at) for length, at in found if at is not None)
