"""Every table and column of a played campaign, changed by hand: it is found, or the page of seals says that it is not covered."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, delete, update
from sqlalchemy.exc import DataError, IntegrityError

from app.db import Base, Database
from app.engine.change_journal import engine_tables
from app.engine.change_journal.followed_rows import FOLLOWED
from app.engine.proof import adopt_rows, anchors, coverage, write_seals
from tests import web
from tests.audit import tampering
from tests.audit.history import History
from tests.audit.test_tampering import look
from tests.browser.test_village_form import Place

#: Writers' counters, which are not state; what a record is called in exports follows from its place.
UNSEEN = {"revision"}


def left_out(table: str, column: str = "") -> bool:
    return any(table in names or f"{table}.{column}" in names for names in coverage.LEFT_OUT)


def played(db: Database, at: Callable[[str], datetime], home: Path) -> None:
    web.application(db, home, seal_key="5e" * 32)
    at("2020-05-21T08:00:00+08:00")
    db.in_transaction(adopt_rows.begin)
    History(Place(db), at).play()
    db.in_transaction(tampering.more)
    write_seals.run(db, everything=True)


def changes(connection: Connection, tables: MetaData, chance: random.Random) -> Iterator[tuple[str, Callable[[], None]]]:
    """(what, how) for each table that has rows: each column of a row changed, a row gone, two rows with each other's contents."""
    for table in sorted(tables.tables.values(), key=lambda each: each.name):
        if left_out(table.name):
            continue
        found = [row for row in tampering.rows(connection, table) if table.name != "job" or row["kind"] in engine_tables.WAITING]
        if not found:
            continue
        row = chance.choice(found)
        columns = [column for column in table.columns if not (column.name in UNSEEN or left_out(table.name, column.name))]
        apart = [each for each in columns if not each.primary_key] or columns
        # Of followed rows one digest holds all columns.
        for column in chance.sample(apart, 1) if table.name in FOLLOWED else apart:
            new = tampering._something(column, chance) if row[column.name] is None else tampering.other(row[column.name], chance)
            yield f"{table.name}.{column.name}", partial(alter, connection, table, row, {column.name: new})
        yield f"{table.name} deleted", partial(remove, connection, table, row)
        if len(found) > 1:
            yield f"{table.name} swapped", partial(swap, connection, table, *chance.sample(found, 2))


def alter(connection: Connection, table: Table, row: dict[str, Any], values: dict[str, Any]) -> None:
    connection.execute(update(table).where(tampering.where(table, row)).values(values))


def remove(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    connection.execute(delete(table).where(tampering.where(table, row)))


def swap(connection: Connection, table: Table, one: dict[str, Any], two: dict[str, Any]) -> None:
    """Two rows change their contents; each keeps its key."""
    keys = {column.name for column in table.primary_key.columns}
    unique = {column.name for column in table.columns if column.unique}
    values = {name: {key: row[key] for key in row if key not in keys | unique} for name, row in (("one", one), ("two", two))}
    if not values["one"] or values["one"] == values["two"]:
        raise IntegrityError("nothing to swap", None, Exception())
    alter(connection, table, one, values["two"])
    alter(connection, table, two, values["one"])


def test_every_column_is_covered_or_said_not_to_be(db: Database, at: Callable[[str], datetime], tmp_path: Path) -> None:
    played(db, at, tmp_path)
    anchor, chance, missed, tried = anchors.read(write_seals.anchor_file()), random.Random(8), [], set()
    with db.engine.connect() as connection:
        if db.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        tables = MetaData()
        tables.reflect(connection, only=lambda name, _: name in Base.metadata.tables)
        connection.rollback()
        assert look(connection, anchor) == []
        connection.rollback()
        plans = list(changes(connection, tables, chance))
        connection.rollback()
        for what, how in plans:
            try:
                if not db.is_sqlite:  # no constraint holds up somebody with the database's password
                    connection.exec_driver_sql("SET session_replication_role = replica")
                how()
            except (IntegrityError, DataError):
                connection.rollback()
                continue
            if not look(connection, anchor):
                missed.append(what)
            tried.add(what.split(".")[0].split(" ")[0])
            connection.rollback()
    assert sorted(missed) == []
    assert len(tried) > 30, sorted(tried)
