"""Values in the database that cannot be read: damaged JSON, broken ciphertext, a date that is none.

What is read to be shown (``shown``, which ``Database.reading`` enters) gets a marked value in their place, so that one bad row takes no
list down. What is read to be written, or to build a form on (``refused``, and whatever is outside of ``shown``), raises
``UnreadableData``: nothing is ever written over what nobody could read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Self

#: what stands on a page and in a file where nothing can be read
WORDS = "无法读取 / unreadable"


class UnreadableData(ValueError):
    """A value that the database holds cannot be read. ``place``: ``table.column``, with the row's key where it is known."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place}: cannot be read")
        self.place = place


class Unreadable:
    """What every marked value is: ``isinstance(value, Unreadable)``."""

    __slots__ = ()


class Text(Unreadable, str):
    """In the place of a text."""

    __slots__ = ()


class Dict(Unreadable, dict[str, Any]):
    """In the place of a JSON object: empty, as after an erasure."""


class List(Unreadable, list[Any]):
    """In the place of a JSON list: empty."""


class Day(Unreadable, date):
    """In the place of a date."""

    def strftime(self, _format: str) -> str:
        return WORDS

    __format__ = strftime


class Moment(Unreadable, datetime):
    """In the place of a date-time. Long ago where it is compared; never told as a time."""

    def strftime(self, _format: str) -> str:
        return WORDS

    __format__ = strftime

    def astimezone(self, tz: tzinfo | None = None) -> Self:
        return self

    def date(self) -> Day:
        return DAY


TEXT = Text(WORDS)
DAY = Day(1970, 1, 1)
MOMENT = Moment(1970, 1, 1, 12, tzinfo=UTC)

_shown: ContextVar[bool] = ContextVar("daopai_shown", default=False)
#: places of what could not be read since ``begin``
_seen: ContextVar[dict[str, None] | None] = ContextVar("daopai_unreadable", default=None)


@contextmanager
def shown() -> Iterator[None]:
    """What is read here is shown: marked values for what cannot be read."""
    yield from _as(True)


@contextmanager
def refused() -> Iterator[None]:
    """What is read here is written, or a form is built on it: ``UnreadableData`` for what cannot be read."""
    yield from _as(False)


def _as(value: bool) -> Iterator[None]:
    before = _shown.get()
    _shown.set(value)
    try:
        yield
    finally:
        _shown.set(before)


def begin() -> None:
    """Forget what was seen: a request begins."""
    _seen.set({})


def seen() -> list[str]:
    """Places of what could not be read in this request, ``table.column``, in the order in which they were met."""
    return list(_seen.get() or ())


def instead(place: str, value: Any, error: Exception | None = None) -> Any:
    """The marked *value* where it will be shown; raises ``UnreadableData`` elsewhere."""
    found = _seen.get()
    if found is not None:
        found[place] = None
    if not _shown.get():
        raise UnreadableData(place) from error
    return value


def shape_of(shape: type | None) -> Any:
    """A new marked value in the place of JSON of *shape* (``dict``, ``list``; None: any)."""
    return Dict() if shape is dict else List() if shape is list else TEXT
