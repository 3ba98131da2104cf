"""What a verification says when it finds nothing, and that it says something whatever the database has become."""

from __future__ import annotations

import random
import shutil
from collections.abc import Container, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, text
from sqlalchemy.exc import IntegrityError

from app import cli, clock, tables
from app.db import Base, Database
from app.engine import erasing, events, jobs
from app.engine.actor import Actor
from app.engine.chain_models import Seal, SealedHead, Verification
from app.engine.models import Event
from app.engine.proof import anchors, check_files, coverage, verdict, verification_runs, verify_records, write_seals
from app.engine.proof.findings import WORDS, Finding
from tests import web
from tests.audit import played, tampering
from tests.audit.played import ANN, run

assert tables


@pytest.fixture
def own(sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    with clock.frozen(datetime(2020, 5, 21, tzinfo=UTC)):
        played.play(sqlite_db, tmp_path)
    write_seals.run(sqlite_db, everything=True)
    erasing.install(tmp_path / "uploads")
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.setenv("DAOPAI_SEAL_KEY", played.SEED)
    monkeypatch.setenv("DATABASE_URL", sqlite_db.url)
    yield sqlite_db


def limits(db: Database, anchor: Any = None, *, kept: bool = False) -> dict[str, Finding]:
    result = verify_records.verify(db, anchor, elsewhere_kept=kept)
    assert result.findings == []
    for limit in result.limits:
        assert limit.text("zh") and limit.text("en")
    return {limit.code: limit for limit in result.limits}


def test_nothing_is_said_without_its_limits(own: Database, capsys: pytest.CaptureFixture[str]) -> None:
    key = write_seals.public_key() or ""
    anchor = anchors.read(write_seals.anchor_file())
    assert key in limits(own, anchor)["limit_own_anchor"].text("zh"), "who changes this machine changes both"
    assert key in limits(own, anchor, kept=True)["limit_anchor"].text("en"), "anchor and key may have been replaced together"
    assert "limit_no_anchor" in limits(own) and "limit_uncovered" in limits(own)
    assert cli.main(["verify"]) == 0
    said = capsys.readouterr().out
    assert "在核验范围内、以第 2 号封印为准，没有改动" in said and "就在本机" in said and "一切如写入时一样" not in said


def test_without_a_seal_it_says_that_nobody_can_tell(own: Database, capsys: pytest.CaptureFixture[str]) -> None:
    run(own, lambda session: [session.execute(delete(model)) for model in (SealedHead, Seal)])
    assert "limit_no_seal" in limits(own)
    write_seals.anchor_file().unlink()
    assert cli.main(["verify"]) == 0
    assert "无从判断" in capsys.readouterr().out
    for locale in ("zh", "en"):
        assert verdict.sentence(0, True, locale) != verdict.sentence(1, True, locale) != verdict.sentence(1, False, locale)


def test_an_anchor_replaced_together_with_the_key_is_no_clean_bill(own: Database, tmp_path: Path) -> None:
    run(own, lambda session: [session.execute(delete(model)) for model in (SealedHead, Seal)])
    write_seals.install("66" * 32, tmp_path / "forged")
    write_seals.run(own, everything=True)
    found = limits(own, anchors.read(write_seals.anchor_file()), kept=True)
    assert (write_seals.public_key() or "") in found["limit_anchor"].text("zh")


def test_another_key_and_seals_that_the_anchor_does_not_have_are_named(own: Database, tmp_path: Path) -> None:
    old = anchors.read(write_seals.anchor_file())
    write_seals.install("66" * 32, tmp_path / "anchors")
    run(own, events.record, "account.created", ANN)
    write_seals.run(own)
    result = verify_records.verify(own, old, elsewhere_kept=True)
    codes = {limit.code for limit in result.limits}
    assert {"limit_keys", "limit_beyond_anchor"} <= codes


def test_what_no_seal_holds_yet_is_counted(own: Database) -> None:
    run(own, events.record, "account.created", ANN)
    assert limits(own)["limit_unsealed"].detail == {"number": 2, "many": 1}


def test_a_record_appended_with_an_older_campaign_time_is_counted(own: Database) -> None:
    with own.reading() as session:
        before = limits(own)
        first = session.scalars(select(Event).where(Event.kind == "task.claimed")).first()
    assert first is not None
    run(own, lambda session: events.record(session, "task.claimed", Actor(first.actor), at=first.at - timedelta(days=30)))
    after = limits(own)["limit_backwards"]
    known = before.get("limit_backwards")
    assert after.detail["many"] == (known.detail["many"] if known else 0) + 1


def test_a_record_appended_by_our_own_code_with_an_older_time_is_found(own: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.real_now()
    monkeypatch.setattr(clock, "real_now", lambda: now - timedelta(days=2))
    run(own, events.record, "task.claimed", ANN)
    monkeypatch.undo()
    (finding,) = verify_records.verify(own).findings
    assert finding.code == "record_backdated" and "补写" in finding.text("zh")


def test_the_page_says_what_the_command_says(own: Database, tmp_path: Path) -> None:
    app = web.application(own, tmp_path, seal_key=played.SEED)
    web.person(own, "shen", "auditor")
    write_seals.run(own, everything=True)
    browser = web.signed_in_as(app, "shen")
    page = browser.post("/audit/verifications").location
    jobs.drain(own)
    shown = browser.get(page).text
    with own.reading() as session:
        row = session.scalars(select(Verification)).one()
        told = [limit.text("zh") for limit in verification_runs.limits_of(row)]
        ended = session.scalars(select(Event).where(Event.kind == "verification.ended")).one()
    assert row.state == "SOUND" and ended.detail["result"] == "SOUND"
    assert verdict.sentence(row.seal, True, "zh") in shown and len(told) >= 2 and all(text in shown for text in told)
    page = browser.get("/audit/proof").text
    assert "不在核验范围内的内容" in page and all(each in page for each in coverage.words("zh"))


def test_every_column_is_looked_at_or_listed() -> None:
    assert coverage.unsaid(Base.metadata) == [], "say in app/engine/proof/coverage.py why no verification looks at it, or follow it"
    assert all(zh != en for zh, en in coverage.LEFT_OUT.values())


# --- whatever the database has become -------------------------------------------------------------------------------------

RUBBISH = [
    None,
    "",
    "x",
    "{",
    "[]",
    "{}",
    '"gone"',
    -1,
    2**63 - 1,
    1.5,
    b"\x00\xff",
    "2020-13-45",
    "v1.a.b",
    "[[]]",
    '{"x": []}',
    "7",
    "null",
]
SHAPES = (
    '{"entered": 3, "left": {}}',
    '{"states": {"a": 1}, "digests": [1]}',
    '{"definitions": [[]], "digests": {"submission:x": 1}}',
    '{"erasure": [], "kinds": 3}',
    '{"epoch": "9", "columns": {"village": 3}, "found": [1]}',
    '{"stored": "../x", "sha256": []}',
)


def spoil(connection: Connection, chance: random.Random, about: Container[str] | None = None) -> str:
    """One value of one row becomes rubbish, or a column of all rows; *about*: of these tables."""
    wanted = [name for name in sorted(Base.metadata.tables) if about is None or name in about]
    full = [name for name in wanted if connection.scalar(text(f'SELECT count(*) FROM "{name}"'))]  # noqa: S608
    table = Base.metadata.tables[chance.choice(full)]
    column, value = chance.choice(list(table.columns)), chance.choice((*RUBBISH, *SHAPES))
    some = chance.choice(connection.execute(text(f'SELECT rowid FROM "{table.name}"')).scalars().all())  # noqa: S608
    where = "" if chance.random() < 0.2 else f" WHERE rowid = {some}"
    try:
        connection.execute(text(f'UPDATE OR IGNORE "{table.name}" SET "{column.name}" = :value{where}'), {"value": value})  # noqa: S608
    except IntegrityError:  # a key that must be a number
        return ""
    return f"{table.name}.{column.name} = {value!r}{where}"


def lax(db: Database) -> None:
    """A database without constraints: what is damaged keeps none."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        connection.exec_driver_sql("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table'")
        connection.exec_driver_sql("PRAGMA writable_schema=RESET")
        connection.commit()
    db.dispose()


@pytest.mark.parametrize("seed", range(4))
def test_no_damage_ends_a_verification(own: Database, tmp_path: Path, seed: int) -> None:
    run(own, tampering.more)
    write_seals.run(own, everything=True)
    lax(own)
    source = Path(own.engine.url.database or "")
    own.dispose()
    chance = random.Random(seed)
    anchor = anchors.read(write_seals.anchor_file())
    for number in range(60):
        copy = Path(shutil.copy(source, tmp_path / f"copy{number}.db"))
        db = Database(f"sqlite:///{copy}")
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            done = [spoil(connection, chance) for _ in range(chance.choice((1, 1, 3)))]
            connection.commit()
        assert everything(db, anchor, tmp_path / "uploads", done), done
        db.dispose()
        copy.unlink()


def test_a_seal_with_a_huge_number_does_not_keep_a_verification_busy(own: Database) -> None:
    run(own, lambda session: session.execute(text("UPDATE seal SET number = 9223372036854775807 WHERE number = 2")))
    codes = {finding.code for finding in verify_records.verify(own, anchors.read(write_seals.anchor_file())).findings}
    assert {"seal_missing", "seal_altered"} <= codes


def everything(db: Database, anchor: Any, uploads: Path, done: list[str]) -> list[str]:
    """All that a verification does, and what it says."""
    try:
        result = verify_records.verify(db, anchor)
        with verify_records.snapshot(db.engine) as connection:
            found = [*result.findings, *verify_records.carefully(connection, "files", check_files.check_all, uploads), *result.limits]
        again = [Finding.from_json(each.as_json()) for each in found]
        assert result.first is None or result.first.code in WORDS
        return [each.text(locale) for each in again for locale in ("zh", "en")]
    except Exception as error:
        raise AssertionError(f"{done}: {error!r}") from error


def test_missing_files_and_a_missing_anchor_end_none(own: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(tmp_path / "uploads")
    write_seals.anchor_file().write_bytes(b"\xff\x00{")
    assert cli.main(["verify"]) == 1
    said = capsys.readouterr()
    assert "seals.jsonl" in said.out + said.err and "Traceback" not in said.out + said.err
