"""The term index itself: the one place that knows which database it is in.

SQLite: an FTS5 table without content whose rowid is the record's key; it keeps its lists in key order. PostgreSQL: a table of integer
arrays under a GIN index, whose lists are in the order of the rows. Neither can be held to a part of its lists by key: FTS5 looks for the
next record that has two words far beyond the last key that was asked for, GIN reads everything. So both know the *periods*, of hours and
of days, in which a record's key was made. FTS5 has a word for each: where the list of that word ends, the search ends. GIN has every term
once for each length of period, mixed with the period's number: a list holds the records of one period only.

Neither is part of the schema that the models describe (migration 0007 makes them), so that the other tables stay the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.search.terms import Clause

TABLE = "record_words"
#: Bits of a key that SQLite's periods leave out: 35 minutes, 9 hours, 6 days (five bytes of index for each record).
SQLITE_PERIODS = (43, 47, 51)
#: PostgreSQL: 9 hours, 12 days, and what tells the terms of two periods apart.
PERIODS = {47: 2_654_435_761, 52: 2_246_822_519}
#: Most periods that one question names.
MOST_PERIODS = 32
#: Most ways in which alternatives are combined for PostgreSQL's index; what is more is looked up in the rows.
MOST_WAYS = 4

_TURNS = ", ".join(f"((key >> {bits}) * {factor})" for bits, factor in PERIODS.items())
_TURNED = "(((word::bigint + turn) & 4294967295) - 2147483648)::integer"
_MIXED = f"SELECT array_agg({_TURNED}) FROM unnest(words) AS word, (VALUES {_TURNS}) AS turns(turn)"  # noqa: S608 (numbers of ours)
_SQLITE = (f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, content='', detail='none', columnsize=0, tokenize='ascii')",)
_POSTGRESQL = (
    f"CREATE TABLE {TABLE} (key bigint PRIMARY KEY, words integer[] NOT NULL)",
    f"ALTER TABLE {TABLE} ALTER COLUMN words SET STORAGE MAIN",
    f"CREATE FUNCTION {TABLE}_of(words integer[], key bigint) RETURNS integer[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS "
    f"$$ {_MIXED} $$",
    # What is not yet sorted in is read by every question: keep it short.
    f"CREATE INDEX ix_{TABLE} ON {TABLE} USING gin ({TABLE}_of(words, key)) WITH (gin_pending_list_limit = 512)",
)


def statements(dialect: str) -> Sequence[str]:
    """What makes the index in a database."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL


def statements_back(dialect: str) -> Sequence[str]:
    """What takes the index away again."""
    return [f"DROP TABLE {TABLE}", *([f"DROP FUNCTION IF EXISTS {TABLE}_of"] if dialect != "sqlite" else [])]


def holds(session: Session, key: int) -> bool:
    """Is this record in the index as it is made today? An index of an earlier make finds too little."""
    if _is_sqlite(session):
        bits = SQLITE_PERIODS[-1]
        query = f"SELECT count(*) FROM {TABLE} WHERE {TABLE} MATCH :match AND rowid = :key"  # noqa: S608
        return bool(session.scalar(text(query), {"match": f'"{bits}p{key >> bits}"', "key": key}))
    made = f"to_regprocedure('{TABLE}_of(integer[],bigint)') IS NOT NULL"
    return bool(session.scalar(text(f"SELECT {made} AND EXISTS (SELECT 1 FROM {TABLE} WHERE key = :key)"), {"key": key}))  # noqa: S608


def make_again(session: Session) -> None:
    """Empty, as a new installation has it."""
    dialect = session.get_bind().dialect.name
    for statement in (*statements_back(dialect), *statements(dialect)):
        # Not as a pattern with parameters: casts have colons, too.
        session.connection().exec_driver_sql(statement)


def write(session: Session, rows: Sequence[tuple[int, list[int]]]) -> None:
    """Put records' terms into the index: (key, terms)."""
    if not rows:
        return
    if _is_sqlite(session):
        values = [{"key": key, "words": fts_words(key, terms)} for key, terms in rows]
        session.execute(text(f"INSERT INTO {TABLE} (rowid, words) VALUES (:key, :words)"), values)  # noqa: S608
    else:
        signed = [{"key": key, "words": sorted(_signed(term) for term in terms)} for key, terms in rows]
        session.execute(text(f"INSERT INTO {TABLE} (key, words) VALUES (:key, :words)"), signed)  # noqa: S608


def fts_words(key: int, terms: Sequence[int]) -> str:
    """A record's words in SQLite's index: its terms as eight figures, and its periods."""
    return " ".join([*(f"{term:08x}" for term in terms), *(f"{bits}p{key >> bits}" for bits in SQLITE_PERIODS)])


def prepare(session: Session) -> None:
    """Before a search: PostgreSQL would compile machine code for what takes a few milliseconds."""
    if not _is_sqlite(session):
        session.execute(text("SET LOCAL jit = off"))


def in_order(session: Session, clauses: Sequence[Clause], *, above: int, below: int, limit: int, newest_first: bool) -> list[int]:
    """Keys of records between *above* and *below* (both left out) that have one alternative of every clause; the first *limit* of them.

    PostgreSQL reads every row of the range until it has them: for short ranges.
    """
    values: dict[str, int | str] = {"above": above, "below": below, "most": limit}
    if _is_sqlite(session):
        key, where = "rowid", f"{TABLE} MATCH :match"
        periods = " OR ".join(f'"{bits}p{number}"' for bits, number in _periods(SQLITE_PERIODS, above, below))
        within = f"({periods})" if periods else ""
        values["match"] = " AND ".join([*(_match(clause, within) for clause in clauses), *([within] if within else [])])
        table = TABLE
    else:
        key, where = "key", " AND ".join(_holds(clause) for clause in clauses)
        # A limit that is never reached keeps the planner from asking the other index about everything.
        order = "DESC" if newest_first else "ASC"
        table = f"(SELECT key, words FROM {TABLE} WHERE key > :above AND key < :below ORDER BY key {order} LIMIT 1000000000) near"  # noqa: S608
    order = f"{key} DESC" if newest_first else key
    query = f"SELECT {key} FROM {table} WHERE {where} AND {key} > :above AND {key} < :below ORDER BY {order} LIMIT :most"  # noqa: S608
    return list(session.scalars(text(query), values))


def keeps_order(session: Session) -> bool:
    """Whether ``in_order`` is as good for long ranges."""
    return _is_sqlite(session)


def some(session: Session, clauses: Sequence[Clause], *, above: int, below: int, limit: int) -> list[int]:
    """PostgreSQL: as ``in_order``, for long ranges: all keys in any order, or *limit* of them, no matter which."""
    ways = " OR ".join(
        f"({way})" for bits, number in _periods(list(PERIODS), above, below) for way in _ways(clauses, number * PERIODS[bits])
    )
    # Not the primary key's index, of which PostgreSQL thinks too well: it knows nothing about how words and time go together.
    query = f"SELECT key FROM {TABLE} WHERE ({ways}) AND key + 0 > :above AND key + 0 < :below LIMIT :most"  # noqa: S608
    return list(session.scalars(text(query), {"above": above, "below": below, "most": limit}))


def fitted(session: Session, above: int, below: int, newest_first: bool) -> tuple[int, int]:
    """The range with its far end where a period ends, so that periods cover it: a little nearer, or further where none ends before."""
    periods = SQLITE_PERIODS if _is_sqlite(session) else tuple(PERIODS)
    bits = _bits(periods, above, below) or periods[-1]
    first, last = above + 1 >> bits, below - 1 >> bits
    if newest_first:
        return (max(min(first + 1, last), last - MOST_PERIODS + 1) << bits) - 1, below
    return above, min(max(last, first + 1), first + MOST_PERIODS) << bits


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _bits(periods: Sequence[int], above: int, below: int) -> int | None:
    """The shortest period of which few cover a range; None: no period is long enough."""
    return next((bits for bits in periods if (below - 1 >> bits) - (above + 1 >> bits) < MOST_PERIODS), None)


def _periods(periods: Sequence[int], above: int, below: int) -> list[tuple[int, int]]:
    """(bits, number) of the periods that cover a range, as ``fitted`` leaves it."""
    bits = _bits(periods, above, below) or periods[-1]
    return [(bits, number) for number in range(above + 1 >> bits, (below - 1 >> bits) + 1)]


def _ways(clauses: Sequence[Clause], turn: int) -> list[str]:
    """Conditions of which one must hold in a period; in each, what must be there is one list, as GIN skips only within a list."""
    apart: list[Clause] = []
    rest: list[Clause] = []
    ways = 1
    for clause in clauses:
        mixed = len(clause) > 1 and any(len(terms) > 1 for terms in clause)
        if mixed and ways * len(_groups(clause)) <= MOST_WAYS:
            apart.append(clause)
            ways *= len(_groups(clause))
        else:
            rest.append(clause)
    always = [term for clause in rest if len(clause) == 1 for term in clause[0]]
    others = [_holds(clause, turn) for clause in rest if len(clause) > 1]
    found = []
    for way in product(*(_groups(clause) for clause in apart)):
        must = sorted({*always, *(term for group in way if len(group) == 1 for term in group[0])})
        held = [_one_of([must], turn)] if must else []
        found.append(" AND ".join([*held, *(_one_of(group, turn) for group in way if len(group) > 1), *others]))
    return found


def _match(clause: Clause, within: str) -> str:
    """A clause as FTS5 writes it. Terms are hexadecimal numbers of ours: nothing a user typed gets here."""
    ways = [[f'"{term:08x}"' for term in terms] + ([within] if within and len(terms) > 1 else []) for terms in clause]
    return "(" + " OR ".join("(" + " AND ".join(way) + ")" for way in ways) + ")"


def _holds(clause: Clause, turn: int | None = None) -> str:
    """A clause as PostgreSQL's arrays understand it; numbers only."""
    return "(" + " OR ".join(_one_of(group, turn) for group in _groups(clause)) + ")"


def _groups(clause: Clause) -> list[Clause]:
    """The alternatives of a clause, those of one term together."""
    single = [terms for terms in clause if len(terms) == 1]
    return ([single] if single else []) + [[terms] for terms in clause if len(terms) > 1]


def _one_of(group: Clause, turn: int | None) -> str:
    """One alternative of several terms, or several of one: in a row's words, or in the index of a period."""
    found = [_signed(term) if turn is None else _turned(term, turn) for terms in group for term in terms]
    column = "words" if turn is None else f"{TABLE}_of(words, key)"
    return f"{column} {'@>' if len(group) == 1 else '&&'} '{{{','.join(str(each) for each in found)}}}'::integer[]"


def _turned(term: int, turn: int) -> int:
    """A term mixed with a period's number, as PostgreSQL does it."""
    return (_signed(term) + turn & 0xFFFF_FFFF) - 0x8000_0000


def _signed(term: int) -> int:
    return term - 0x1_0000_0000 if term > 0x7FFF_FFFF else term
