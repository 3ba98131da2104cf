"""Records, heads, sealed heads and activities as plain rows in the order of their chains, read side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text

from app.engine import chains
from app.engine.proof.check_chain import ACTIVITY, OneChain

#: Rows fetched at a time.
_FETCH = 2_000
#: Larger than every key.
END = 2**63 - 1


def one_chain_after_another(connection: Connection, after: int, until: int, seal: int) -> Iterator[OneChain]:
    """Every chain with a number in (*after*, *until*], with all that is known about it, looking at seals up to *seal*."""
    asked = {"after": after, "until": until, "seal": seal}
    made = {row[0]: row[1] for row in connection.execute(text("SELECT number, at FROM seal"))}
    streams = [_Groups(_rows(connection, query, asked)) for query in _queries(connection)]
    while (number := min(stream.next for stream in streams)) <= END:
        records, heads, named, sealed, activities = (stream.take(number) for stream in streams)
        head = _head(heads, named)
        leaves = [(row[1], row[2], row[3]) for row in sealed]
        yield OneChain(number, records, head, leaves, [row[1:] for row in activities], made)


def _head(instances: Sequence[Any], named: Sequence[Any]) -> tuple[int, str, str | None] | None:
    if instances:
        return instances[0][1], instances[0][2], None
    return (named[0][1], named[0][2], named[0][3]) if named else None


class _Groups:
    """A stream sorted by its first column, taken group by group."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = iter(rows)
        self._row: Any = next(self._rows, None)

    @property
    def next(self) -> int:
        """The number of the group that comes."""
        return END + 1 if self._row is None else int(self._row[0])

    def take(self, number: int) -> list[Any]:
        """All rows of the group *number*, which may have none."""
        found = []
        while self._row is not None and self._row[0] == number:
            found.append(self._row)
            self._row = next(self._rows, None)
        return found


def _rows(connection: Connection, query: str, asked: dict[str, int]) -> Iterator[Any]:
    result = connection.execute(text(query), asked, execution_options={"yield_per": _FETCH})
    for some in result.partitions(_FETCH):
        yield from map(tuple, some)


def _queries(connection: Connection) -> list[str]:
    """Records, heads of instances, heads of other chains, sealed heads, activities: each by chain."""
    postgres = connection.dialect.name != "sqlite"

    def column(name: str) -> str:
        if name.endswith("at") and postgres:
            return f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        return f'"{name}"'

    detail = "detail::text" if postgres else "detail"
    event = ", ".join(column(name) for name in chains.COLUMNS)
    activity = ", ".join(column(name) for name in ACTIVITY)
    return [
        f"SELECT chain, seq, {event}, {detail}, salt, hash FROM event "  # noqa: S608 (no value from outside)
        'WHERE chain > :after AND chain <= :until ORDER BY chain, seq, "key"',
        'SELECT "key", chain_length, chain_head FROM process_instance WHERE "key" > :after AND "key" <= :until ORDER BY "key"',
        'SELECT "key", length, head, name FROM chain WHERE "key" > :after AND "key" <= :until ORDER BY "key"',
        "SELECT chain, length, head, seal FROM sealed_head "
        "WHERE chain > :after AND chain <= :until AND seal <= :seal ORDER BY chain, length, seal",
        f"SELECT instance_key, {activity} FROM activity "  # noqa: S608
        'WHERE instance_key > :after AND instance_key <= :until ORDER BY instance_key, "key"',
    ]
