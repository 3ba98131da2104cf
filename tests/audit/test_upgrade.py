"""A database that an earlier release made is upgraded: what somebody changed in it before is named ever after, and nothing else is.

``releases/release_0009.db.gz`` was made by the code of commit e494523 with ``played.play`` of that time, sealed by its key; the ``.jsonl``
is its anchor file.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app import cli, migrations, personal
from app.db import Database
from app.engine.proof import adopt_rows, anchors, verify_records, write_seals
from tests.audit import played

RELEASES = Path(__file__).with_name("releases")
ANCHOR = anchors.read(RELEASES / "release_0009.jsonl")


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    file = tmp_path / "daopai.db"
    file.write_bytes(gzip.decompress((RELEASES / "release_0009.db.gz").read_bytes()))
    personal.install("5a" * 32)
    write_seals.install(played.SEED, tmp_path / "anchors")
    db = Database(f"sqlite:///{file}")
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.setenv("DAOPAI_SEAL_KEY", played.SEED)
    monkeypatch.setenv("DATABASE_URL", db.url)
    yield db
    db.dispose()


def start(db: Database) -> None:
    """As ``deploying.prepare`` starts with a database."""
    migrations.upgrade(db, before=adopt_rows.compare, after=adopt_rows.adopt)
    db.in_transaction(adopt_rows.begin)


def codes(db: Database) -> list[str]:
    return [finding.code for finding in verify_records.verify(db, ANCHOR, elsewhere_kept=True).findings]


def test_what_nobody_touched_is_sound_before_and_after(older: Database) -> None:
    assert codes(older) == [], "by the old schema"
    start(older)
    assert codes(older) == []
    played.run(older, played.runtime.start, "p", {}, played.ANN, campaign_id=7)
    write_seals.run(older, everything=True)
    assert codes(older) == []


FORGED = {
    "row_altered": "UPDATE household SET phone_cipher = 'v1.1.other' WHERE code = 'V01-001'",
    "row_missing": "DELETE FROM member WHERE household = 'V02-001'",
    "row_inserted": "INSERT INTO code_item VALUES (7, 'reason', 'other', '另外', 'other', 1, 1)",
}


@pytest.mark.parametrize("code", FORGED)
def test_a_row_that_was_forged_before_is_named_ever_after(older: Database, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    with older.engine.begin() as connection:
        connection.execute(text(FORGED[code]))
    assert codes(older) == [code], "before the upgrade"
    for _ in range(3):
        start(older)
        (finding,) = verify_records.verify(older, ANCHOR, elsewhere_kept=True).findings
        assert finding.code == "found_before" and finding.detail["found"]["code"] == code
    older.dispose()
    assert cli.main(["verify"]) == 1
    assert "此事永久在案" in capsys.readouterr().out


def test_what_was_not_followed_then_is_followed_from_now_on(older: Database) -> None:
    due = "UPDATE user_task SET due_at = '2020-06-09 00:00:00.000000' WHERE key = (SELECT min(key) FROM user_task)"
    start(older)
    with older.engine.begin() as connection:
        connection.execute(text(due))
    assert codes(older) == ["row_altered"]
