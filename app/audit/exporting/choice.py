"""What is to be exported: a format, a filter, and the newest record that counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import queries
from app.audit.queries import Filter, Record
from app.engine.models import Event

T = TypeVar("T")

#: Rows are counted up to here before an export; more are "at least so many".
COUNTED = 20_000
#: Records read at a time.
SIZE = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """One export. The same choice gives the same rows whenever it is taken: what is written later is not in it."""

    format: str
    wanted: Filter
    #: key of the newest record that counts
    upto: int

    def detail(self) -> dict[str, Any]:
        """As a record tells it. What was searched for may name somebody: it stands among the texts that can be erased."""
        asked = self.wanted.query()
        text = asked.pop("q", "")
        return {"format": self.format, "filter": asked, "upto": str(self.upto), **({"text": text} if text else {})}

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Choice | None:
        """The reverse; None when its text has been erased meanwhile."""
        text = detail.get("text", "")
        if not isinstance(text, str):
            return None
        return cls(detail["format"], Filter.of({**detail["filter"], "q": text}), int(detail["upto"]))


def newest(session: Session) -> int:
    """The key of the newest record."""
    return session.scalar(select(func.max(Event.key))) or 0


def records(session: Session, choice: Choice) -> Iterator[Record]:
    """Every record of the filtered view, newest first as on the page."""
    return queries.every_record(session, choice.wanted, after=choice.upto + 1, size=SIZE)


def batches(rows: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    """*rows*, some at a time."""
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some
