"""What ``conftest`` leaves out to save time is so in the product: commits wait for the disk, hashes are slow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

import app.db
from app.config import ROOT
from app.db import Database
from tests import conftest


def test_a_commit_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.db, "_prepare_sqlite", conftest._prepare_sqlite)
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    with database.engine.connect() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("synchronous", "journal_mode", "foreign_keys")}
    database.dispose()
    assert found == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}


def test_a_hash_costs_64_mib_and_three_passes() -> None:
    command = [sys.executable, "-c", "from app.auth import passwords; print(passwords.hash_password('a long one'))"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=2$")
