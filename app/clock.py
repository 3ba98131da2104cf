"""The only clock.

``now()`` is campaign time: aware, UTC. It follows the real clock unless a
virtual one is set (demonstration, simulation, tests). Security (sessions, locks,
leases) uses ``real_now()``, which nobody can turn back. A trial of a draft has a
time of its own (``override``), which nobody else sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

#: The campaign's time zone on screen and in diagrams.
CAMPAIGN_ZONE = ZoneInfo("Asia/Shanghai")


def real_now() -> datetime:
    """The machine's time, aware, UTC."""
    return datetime.now(UTC)


_source: Callable[[], datetime] = real_now
#: the time of this context (thread, request) alone; None: that of the process
_own: ContextVar[datetime | None] = ContextVar("daopai_own_time", default=None)


def now() -> datetime:
    """Campaign time, aware, UTC."""
    return _own.get() or _source()


def set_source(source: Callable[[], datetime]) -> None:
    """Let ``now()`` follow *source* (an aware-UTC callable) in this process."""
    global _source
    _source = source


def reset() -> None:
    """Follow the machine's time again."""
    set_source(real_now)


@contextmanager
def frozen(at: datetime) -> Iterator[Callable[[datetime], None]]:
    """Stop campaign time at *at*; yields a function that moves it. For tests and simulation."""
    if at.tzinfo is None:
        raise ValueError("give the time a zone, e.g. 2020-05-21T08:00:00+08:00")
    current = at.astimezone(UTC)
    previous = _source

    def move(to: datetime) -> None:
        nonlocal current
        current = to.astimezone(UTC)

    set_source(lambda: current)
    try:
        yield move
    finally:
        set_source(previous)


@contextmanager
def override(at: datetime) -> Iterator[Callable[[datetime], None]]:
    """Campaign time of this thread alone stands at *at*; yields a function that moves it. Other threads keep theirs."""
    if at.tzinfo is None:
        raise ValueError("give the time a zone, e.g. 2020-05-21T08:00:00+08:00")
    before = _own.set(at.astimezone(UTC))

    def move(to: datetime) -> None:
        _own.set(to.astimezone(UTC))

    try:
        yield move
    finally:
        _own.reset(before)


def is_overridden() -> bool:
    """Whether this thread has a time of its own: a trial on its throw-away database."""
    return _own.get() is not None


def local(moment: datetime) -> datetime:
    """*moment* in the campaign's zone."""
    return moment.astimezone(CAMPAIGN_ZONE)
