"""Whatever is changed in the database by hand is found, and the first altered record is named."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DataError, IntegrityError

from app.db import Database
from app.engine.models import Event
from app.engine.proof import anchors, verify_records, write_seals
from app.engine.proof.findings import Finding
from tests.audit import played, tampering

TRIES = 1_000


def look(connection: object, anchor: dict) -> list[Finding]:  # type: ignore[type-arg]
    result = verify_records.check_range(connection, verify_records.BEGIN, verify_records.END, 10**9)  # type: ignore[arg-type]
    return [*result.findings, *verify_records.check_rest(connection, anchor)]  # type: ignore[arg-type]


def tried(db: Database, tries: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Tamper, look, take it back, again and again; returns what was found and which tamperings were not."""
    anchor = anchors.read(write_seals.anchor_file())
    db.in_transaction(tampering.more)
    chance, found, missed = random.Random(seed), Counter[str](), []
    with db.engine.connect() as connection:
        if db.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        tables = tampering.Tables(connection)
        connection.rollback()
        assert look(connection, anchor) == []
        connection.rollback()
        for number in range(tries):
            name = sorted(tampering.WAYS)[number % len(tampering.WAYS)]
            while not tampered(db, connection, lambda name=name: tampering.WAYS[name](connection, tables, chance)):  # type: ignore[misc]
                pass
            seen = look(connection, anchor)
            connection.rollback()
            for finding in seen:
                assert finding.text("zh") and finding.text("en")
            found[seen[0].code if seen else "nothing"] += 1
            if not seen:
                missed.append(f"{number}: {name}")
    return found, missed


def tampered(db: Database, connection: Any, tamper: Callable[[], None]) -> bool:
    """False when the database itself would not have it (a key that is there already, a text too long for its column)."""
    if not db.is_sqlite:
        connection.exec_driver_sql("SET session_replication_role = replica")
    # No constraint holds up somebody with the database's password.
    connection.exec_driver_sql("DROP INDEX ix_event_chain")
    try:
        tamper()
    except (IntegrityError, DataError):
        connection.rollback()
        return False
    return True


def test_a_thousand_tamperings_are_all_found(sqlite_db: Database, at: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    played.play(sqlite_db, tmp_path)
    found, missed = tried(sqlite_db, TRIES, 20200521)
    assert missed == []
    with capsys.disabled():
        print(f"\n{TRIES} tamperings, found as {dict(found)}", end=" ")


def test_tamperings_are_found_on_both_databases(db: Database, at: object, tmp_path: Path) -> None:
    played.play(db, tmp_path)
    assert tried(db, 2 * len(tampering.WAYS), 7)[1] == []
    assert played.keys(db, Event)
