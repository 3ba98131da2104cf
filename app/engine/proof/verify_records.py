"""Verification of everything: chain by chain in ranges that can be checked apart, then what lies across them.

Each range is read in a snapshot of its own and holds no lock: people go on working. Ranges run in several processes (command line) or
one after another as a job (the page).
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from app.db import Database
from app.engine.chain_models import Seal
from app.engine.change_journal import followed_rows
from app.engine.contents import ROOMS
from app.engine.models import Event
from app.engine.proof import check_contents, check_derived_rows, check_rows, check_seals, erasure_orders, verdict
from app.engine.proof.check_chain import OneChain, Told
from app.engine.proof.check_times import Counted
from app.engine.proof.findings import Finding
from app.engine.proof.reading import END, one_chain_after_another

BEGIN = -(2**63)
#: Findings that are kept; the first is what matters.
MOST = 100
#: Below this many records a second process costs more than it saves.
_WORTH_SPLITTING = 40_000
_BATCH = 2_000

#: (records checked, records in all) as it goes
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Result:
    """What a verification saw."""

    records: int = 0
    chains: int = 0
    seals: int = 0
    findings: list[Finding] = field(default_factory=list)
    #: what it cannot say, or says only under a condition (``verdict``)
    limits: list[Finding] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)

    @property
    def first(self) -> Finding | None:
        """The earliest thing that is wrong; what has no time comes last."""
        return min(self.findings, key=lambda finding: (finding.at or "9", finding.chain, finding.seq), default=None)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection of its own that sees one moment and writes nothing."""
    sqlite = engine.dialect.name == "sqlite"
    options = {} if sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection:
        if sqlite:
            connection.exec_driver_sql("BEGIN")
        try:
            yield connection
        finally:
            connection.rollback()


def size(connection: Connection) -> tuple[int, int]:
    """How many records there are, and the number of the newest seal."""
    records = connection.scalar(select(func.count()).select_from(Event)) or 0
    return records, connection.scalar(select(func.max(Seal.number))) or 0


def range_after(connection: Connection, after: int, many: int) -> int:
    """Where a range of about *many* records that begins after chain *after* ends: at the end of a chain."""
    query = text("SELECT chain FROM event WHERE chain > :after ORDER BY chain, seq LIMIT 1 OFFSET :many")
    found = connection.scalar(query, {"after": after, "many": many})
    return END if found is None else int(found)


def check_range(connection: Connection, after: int, until: int, seal: int) -> Result:
    """Check the chains with a number in (*after*, *until*] and the contents that their records answer for."""
    result = Result()
    told: list[Told] = []
    chains = _chains(connection, after, until, seal, result)
    for chain in chains:
        result.chains += 1
        result.records += len(chain.rows)
        result.findings += carefully(connection, "chain", chain.findings)
        result.counted.add(chain.counted)
        told += chain.told
        if len(told) >= _BATCH:
            result.findings += carefully(connection, "content", check_contents.contents, told)
            told = []
        if len(result.findings) > MOST:
            break
    result.findings += carefully(connection, "content", check_contents.contents, told)
    return result


def _chains(connection: Connection, after: int, until: int, seal: int, result: Result) -> Iterator[OneChain]:
    """The chains of a range; that they cannot be read on is a finding."""
    try:
        yield from one_chain_after_another(connection, after, until, seal)
    except DAMAGE as error:
        result.findings.append(unreadable("chains", error))


#: What reading rows raises that somebody has damaged, or has written by hand.
DAMAGE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, DBAPIError, StatementError)


def carefully(connection: Connection, what: str, check: Callable[..., Iterable[Finding]], *given: Any) -> list[Finding]:
    """What *check* finds; that it cannot read something is a finding, too, and never the end of a verification."""
    found: list[Finding] = []
    try:
        for finding in check(*given) if what == "chain" else check(connection, *given):
            found.append(finding)
            if len(found) > MOST:
                break
    except DAMAGE as error:
        found.append(unreadable(what, error))
        if isinstance(error, DBAPIError):
            connection.rollback()
    return found


def unreadable(what: str, error: Exception) -> Finding:
    """The finding that a part cannot be read. What stood there is not repeated: it may name somebody."""
    return Finding("unreadable", detail={"what": what, "error": type(error).__name__})


def check_rest(connection: Connection, anchor: Mapping[int, Mapping[str, Any]]) -> list[Finding]:
    """What lies across the chains: seals, and what ``check_tables`` looks at."""
    return [*carefully(connection, "seal", check_seals.check, anchor), *check_tables(connection)][:MOST]


def check_tables(connection: Connection) -> list[Finding]:
    """Rows that no record tells of, definitions, rows whose every change is told of, what is gone without an order."""
    return [finding for what, check in _TABLES for finding in carefully(connection, what, check)][:MOST]


_TABLES: tuple[tuple[str, Callable[[Connection], Iterable[Finding]]], ...] = (
    ("content", check_contents.slipped_in),
    ("definition", check_contents.definitions),
    ("rows", check_rows.check),
    ("candidates", check_derived_rows.check),
    ("erasure", erasure_orders.check),
)


def verify(
    db: Database,
    anchor: Mapping[int, Mapping[str, Any]] | None = None,
    *,
    progress: Progress = lambda done, total: None,
    processes: int | None = None,
    elsewhere_kept: bool = False,
) -> Result:
    """Check everything. *anchor*: number → seal of an anchor file (``anchors.read``); *elsewhere_kept*: it was not on this machine."""
    with snapshot(db.engine) as connection:
        total, last = size(connection)
        many = processes or (min(os.cpu_count() or 1, 4) if total >= _WORTH_SPLITTING else 1)
        ranges = list(_ranges(connection, total // (many * 8) + 1 if many > 1 else 20_000))
    result = Result(seals=last)
    for part in _checked(db, ranges, last, many):
        result.records += part.records
        result.chains += part.chains
        result.findings += part.findings
        result.counted.add(part.counted)
        progress(result.records, total)
    with snapshot(db.engine) as connection:
        result.findings += carefully(connection, "seal", check_seals.check, anchor or {})[:MOST]
        result.limits = verdict.limits(connection, anchor or {}, result.counted, elsewhere=elsewhere_kept)
    return result


def _ranges(connection: Connection, many: int) -> Iterator[tuple[int, int]]:
    after = BEGIN
    while after < END:
        until = range_after(connection, after, many)
        yield after, until
        after = until


def _checked(db: Database, ranges: list[tuple[int, int]], seal: int, processes: int) -> Iterator[Result]:
    """Every range, and the tables, which are one piece of work among the others."""
    if processes == 1:
        for after, until in ranges:
            with snapshot(db.engine) as connection:
                yield check_range(connection, after, until, seal)
        with snapshot(db.engine) as connection:
            yield Result(findings=check_tables(connection))
        return
    # A fresh process: V8 and open connections do not survive a fork.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=fresh, initializer=_get_ready, initargs=(sorted(ROOMS | followed_rows.ROOMS),)) as pool:
        waiting = [pool.submit(_tables_apart, db.url), *(pool.submit(_apart, db.url, after, until, seal) for after, until in ranges)]
        for done in as_completed(waiting):
            yield done.result()


def _get_ready(rooms: Sequence[str]) -> None:
    """Learn which tables records answer for, and whose rows are followed."""
    for room in rooms:
        importlib.import_module(room)


def _tables_apart(url: str) -> Result:
    """The tables in a process of their own."""
    db = Database(url)
    try:
        with snapshot(db.engine) as connection:
            return Result(findings=check_tables(connection))
    finally:
        db.dispose()


def _apart(url: str, after: int, until: int, seal: int) -> Result:
    """A range in a process of its own."""
    db = Database(url)
    try:
        with snapshot(db.engine) as connection:
            return check_range(connection, after, until, seal)
    finally:
        db.dispose()
