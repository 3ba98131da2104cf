"""The state of a task list, kept in its address: which list, which filters, which page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

MINE, GROUP, DONE = "mine", "group", "done"
LISTS = (MINE, GROUP, DONE)
DUES = ("overdue", "today", "soon", "later")
STATES = ("draft", "commented", "fresh")

#: Sorts after every due date: tasks without one come last.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sorted list: the sort values of one row, and whether to read on after it or back before it."""

    moment: datetime
    key: int
    backward: bool = False

    def text(self) -> str:
        return f"{int(self.moment.timestamp() * 1_000_000)}.{self.key}"

    @classmethod
    def read(cls, text: str, *, backward: bool) -> Cursor | None:
        """None for a text that is no cursor: a mangled address shows the first page."""
        moment, _, key = text.partition(".")
        if not (moment.lstrip("-").isdigit() and key.isdigit()) or len(moment) > 18 or len(key) > 19:
            return None
        try:
            at = datetime.fromtimestamp(int(moment) // 1_000_000, UTC).replace(microsecond=int(moment) % 1_000_000)
        except (OverflowError, ValueError, OSError):
            return None
        return cls(at, int(key), backward)


@dataclass(frozen=True, slots=True)
class View:
    """One list with its filters. Empty text: no filter."""

    list: str = MINE
    village: str = ""
    #: "process id/element id" as in the rows; never looked into by code
    kind: str = ""
    due: str = ""
    state: str = ""
    q: str = ""
    cursor: Cursor | None = None

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> View:
        """From an address's query; what is not understood is ignored."""
        cursor = None
        if after := arguments.get("after"):
            cursor = Cursor.read(after, backward=False)
        elif before := arguments.get("before"):
            cursor = Cursor.read(before, backward=True)
        return cls(
            list=_one_of(arguments.get("list"), LISTS) or MINE,
            village=arguments.get("village", "")[:50],
            kind=arguments.get("kind", "")[:400],
            due=_one_of(arguments.get("due"), DUES),
            state=_one_of(arguments.get("state"), STATES),
            q=" ".join(arguments.get("q", "").split())[:60],
            cursor=cursor,
        )

    def query(self) -> str:
        """The address's query: only what differs from the plain list, so that addresses stay short."""
        pairs = {name: getattr(self, name) for name in ("village", "kind", "due", "state", "q")}
        if self.list != MINE:
            pairs = {"list": self.list, **pairs}
        if self.cursor:
            pairs["before" if self.cursor.backward else "after"] = self.cursor.text()
        return urlencode({name: value for name, value in pairs.items() if value})

    def but(self, **changes: str) -> View:
        """The same list with other filters, from its beginning."""
        return replace(self, cursor=None, **changes)

    def at(self, cursor: Cursor | None) -> View:
        return replace(self, cursor=cursor)

    @property
    def filtered(self) -> bool:
        return bool(self.village or self.kind or self.due or self.state or self.q)


def _one_of(text: str | None, values: tuple[str, ...]) -> str:
    return text if text in values else ""
