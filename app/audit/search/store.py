"""The term index itself: the one place that knows which database it is in.

SQLite: an FTS5 table without content whose rowid is the record's key; it keeps its lists in key order. PostgreSQL: a table of integer
arrays under a GIN index, which keeps them in no order: the newest records are looked through first, then the index. Neither is part of the
schema that the models describe (migration 0007 makes them), so that the other tables stay the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.search.terms import Clause

TABLE = "record_words"
#: PostgreSQL: how many of the newest records are looked through before the index is asked.
WINDOW = 30_000

_SQLITE = (f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, content='', detail='none', columnsize=0, tokenize='ascii')",)
_POSTGRESQL = (
    f"CREATE TABLE {TABLE} (key bigint PRIMARY KEY, words integer[] NOT NULL)",
    f"ALTER TABLE {TABLE} ALTER COLUMN words SET STORAGE MAIN",
    f"CREATE INDEX ix_{TABLE} ON {TABLE} USING gin (words)",
)


def statements(dialect: str) -> Sequence[str]:
    """What makes the index in a database."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL


def write(session: Session, rows: Sequence[tuple[int, list[int]]]) -> None:
    """Put records' terms into the index: (key, terms)."""
    if not rows:
        return
    if _is_sqlite(session):
        values = [{"key": key, "words": " ".join(f"{term:08x}" for term in terms)} for key, terms in rows]
        session.execute(text(f"INSERT INTO {TABLE} (rowid, words) VALUES (:key, :words)"), values)  # noqa: S608
    else:
        signed = [{"key": key, "words": sorted(_signed(term) for term in terms)} for key, terms in rows]
        session.execute(text(f"INSERT INTO {TABLE} (key, words) VALUES (:key, :words)"), signed)  # noqa: S608


def keys(session: Session, clauses: Sequence[Clause], *, above: int, below: int, limit: int, newest_first: bool = True) -> list[int]:
    """Keys of records between *above* and *below* (both left out) that have one alternative of every clause; the first *limit* of them."""
    values = {"above": above, "below": below, "most": limit, "window": WINDOW}
    order = "DESC" if newest_first else "ASC"
    if _is_sqlite(session):
        values["match"] = " AND ".join(_match(clause) for clause in clauses)  # type: ignore[assignment]
        where = f"{TABLE} MATCH :match AND rowid > :above AND rowid < :below"
        return list(session.scalars(text(f"SELECT rowid FROM {TABLE} WHERE {where} ORDER BY rowid {order} LIMIT :most"), values))  # noqa: S608
    where, between = " AND ".join(_holds(clause) for clause in clauses), "key > :above AND key < :below"
    near = f"SELECT key, words FROM {TABLE} WHERE {between} ORDER BY key {order} LIMIT :window"  # noqa: S608
    found = list(session.scalars(text(f"SELECT key FROM ({near}) near WHERE {where} ORDER BY key {order} LIMIT :most"), values))  # noqa: S608
    if len(found) >= limit:
        return found
    hit = f"WITH hit AS MATERIALIZED (SELECT key FROM {TABLE} WHERE {where} AND {between})"  # noqa: S608
    return list(session.scalars(text(f"{hit} SELECT key FROM hit ORDER BY key {order} LIMIT :most"), values))  # noqa: S608


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _match(clause: Clause) -> str:
    """A clause as FTS5 writes it. Terms are hexadecimal numbers of ours: nothing a user typed gets here."""
    return "(" + " OR ".join("(" + " AND ".join(f'"{term:08x}"' for term in terms) + ")" for terms in clause) + ")"


def _holds(clause: Clause) -> str:
    """A clause as PostgreSQL's arrays understand it; numbers only."""
    single = [str(_signed(terms[0])) for terms in clause if len(terms) == 1]
    parts = (
        [f"words && '{{{','.join(single)}}}'::integer[]"] if len(single) > 1 else [f"words @> '{{{each}}}'::integer[]" for each in single]
    )
    parts += [f"words @> '{{{','.join(str(_signed(term)) for term in terms)}}}'::integer[]" for terms in clause if len(terms) > 1]
    return "(" + " OR ".join(parts) + ")"


def _signed(term: int) -> int:
    return term - 0x1_0000_0000 if term > 0x7FFF_FFFF else term
