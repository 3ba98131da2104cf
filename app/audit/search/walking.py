"""Walks through the term index from one end in slices, until it has found enough or its time is over.

Two words may each be frequent and never meet: to say so takes as long as their lists are. A walk does not promise to come to the end; it
says how far it came, and the next one goes on from there. Slices begin short, as most searches find enough near the end where they
begin, and grow as long as little is found.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.search import store
from app.audit.search.terms import Clause

#: Stretches (``RecordSpan``: 2,000 records each) of the first slice.
SHORT = 2
#: Stretches of a slice that PostgreSQL reads row by row because there are too many hits to sort.
CROWDED = 12
#: A slice is at most so many times as long as the one before it.
GROWTH = 8
#: Stretches of the longest slice: more than there are.
LONGEST = 1_000_000
#: A slice may take so many times as long as expected.
ROOM = 2
#: Stretches that are walked however long it takes.
LEAST = 16
#: Seconds below which a measurement says nothing about what a longer slice takes.
NOISE = 0.004
#: Hits in a slice that PostgreSQL, which finds them in no order, fetches and sorts.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Walked:
    """Keys in order, and how far all is known: up to *place* (left out), as a cursor is. *more*: the end was not reached."""

    keys: list[int]
    place: int
    more: bool


def walk(
    session: Session, clauses: Sequence[Clause], *, above: int, below: int, limit: int, until: float, newest_first: bool = True
) -> Walked:
    """The first *limit* keys between *above* and *below* (both left out); fewer where the time (``time.monotonic``) comes to *until*."""
    store.prepare(session)
    found: list[int] = []
    pace = _Pace(in_order=store.keeps_order(session))
    while above < below - 1:
        began = time.monotonic()
        first, last = _slice(session, above, below, pace, newest_first)
        hits = _hits(session, clauses, first, last, limit - len(found), newest_first, pace.reads)
        if hits is None:
            pace.shorten((first, last))
            continue
        found += hits
        if len(found) >= limit:
            return Walked(found, found[-1], True)
        above, below = (above, first + 1) if newest_first else (last - 1, below)
        if not pace.lengthen(time.monotonic() - began, until - time.monotonic(), limit, len(found)):
            break
    return Walked(found, below if newest_first else above, above < below - 1)


@dataclass(slots=True)
class _Pace:
    """How long the next slice is."""

    #: the database finds hits in order, however long the slice is
    in_order: bool
    size: int = SHORT
    seen: int = 0
    #: a slice that had too many hits, and whether to read row by row from there
    refused: tuple[int, int] = (0, 0)
    crowded: bool = False

    @property
    def reads(self) -> bool:
        """Is the next slice read in order?"""
        return self.in_order or self.crowded or self.size <= SHORT

    @property
    def fits(self) -> bool:
        """Does it end where a period does?"""
        return self.in_order or not self.reads

    def shorten(self, refused: tuple[int, int]) -> None:
        """There were too many hits to sort."""
        self.crowded = refused == self.refused or self.size // GROWTH <= SHORT
        self.size, self.refused = CROWDED if self.crowded else self.size // GROWTH, refused

    def lengthen(self, took: float, left: float, limit: int, found: int) -> bool:
        """After a slice that took so long: the next one is longer, but no more than time is left for or than are needed. False: stop."""
        self.seen += self.size
        if self.seen >= LEAST and took * ROOM > left:
            return False
        growth = ROOM if self.crowded else GROWTH
        most = self.size * growth if took <= NOISE else self.size * min(growth, left / (took * ROOM))
        if found:
            most = min(most, max(ROOM * self.seen / found * (limit - found), self.size))
        self.size = min(max(int(most), SHORT + 1), LONGEST)
        return True


def _hits(
    session: Session, clauses: Sequence[Clause], above: int, below: int, limit: int, newest_first: bool, reads: bool
) -> list[int] | None:
    """The first hits of a slice; None where they are too many to be sorted."""
    if reads:
        return store.in_order(session, clauses, above=above, below=below, limit=limit, newest_first=newest_first)
    found = store.some(session, clauses, above=above, below=below, limit=limit + MOST)
    return sorted(found, reverse=newest_first)[:limit] if len(found) < limit + MOST else None


_NEWER = text("SELECT first_key - 1 FROM record_span WHERE last_key < :below ORDER BY last_key DESC LIMIT 1 OFFSET :count")
_OLDER = text("SELECT last_key + 1 FROM record_span WHERE last_key > :above ORDER BY last_key LIMIT 1 OFFSET :count")


def _slice(session: Session, above: int, below: int, pace: _Pace, newest_first: bool) -> tuple[int, int]:
    """Between which keys (both left out) the next slice is: so many stretches, or the whole range where that has no more."""
    if newest_first:
        far: int | None = session.scalar(_NEWER, {"count": pace.size - 1, "below": below})
        first, last = above if far is None else max(far, above), below
    else:
        far = session.scalar(_OLDER, {"count": pace.size - 1, "above": above})
        first, last = above, below if far is None else min(far, below)
    if not pace.fits:
        return first, last
    wanted = last - first
    first, last = store.fitted(session, first, last, newest_first)
    first, last = max(first, above), min(last, below)
    pace.size = min(max(pace.size, pace.size * (last - first) // wanted), LONGEST)
    return first, last
