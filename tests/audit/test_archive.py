"""A campaign's archive: ``run.py verify --archive`` checks it without the database and names what was changed in it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from app import cli, clock
from app.db import Database
from app.engine import events
from app.engine.models import Event
from app.engine.proof import anchors, archived, archiving, sealing, verifying
from tests import web
from tests.audit import played
from tests.audit.played import ANN, run


def play(db: Database, home: Path) -> None:
    with clock.frozen(datetime(2020, 5, 21, tzinfo=UTC)):
        played.play(db, home)
        run(db, events.record, "comment.added", ANN, campaign_id=8, detail={"note": "别的活动"})
        run(db, events.record, "comment.added", ANN, campaign_id=7, detail={"note": "本活动"})
        sealing.run(db, everything=True)


def written(db: Database, path: Path) -> Path:
    with verifying.snapshot(db.engine) as connection:
        archiving.write(connection, 7, path)
    return path


@pytest.fixture
def archive(db: Database, tmp_path: Path) -> Path:
    play(db, tmp_path)
    return written(db, tmp_path / "archive.zip")


def codes(path: Path, anchor: Path | None = None) -> set[str]:
    return {each.code for each in archived.check(path, anchors.read(anchor) if anchor else {}).findings}


def test_an_archive_is_sound_without_the_database_and_shows_no_other_campaign(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "none"
    monkeypatch.setenv("DAOPAI_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    sealing.install("66" * 32, tmp_path / "other")  # another installation's key
    anchor = tmp_path / "anchors" / anchors.NAME
    assert cli.main(["verify", "--archive", str(archive), "--anchor", str(anchor)]) == 0
    assert "没有改动" in capsys.readouterr().out
    assert not home.exists(), "it needs no installation"
    with zipfile.ZipFile(archive) as whole:
        names = whole.namelist()
        texts = b"".join(whole.read(name) for name in names).decode(errors="replace")
    assert "本活动" in texts
    assert "别的活动" not in texts
    assert {"definitions", archiving.MANIFEST, archiving.SEALS} <= {name.partition("/")[0] for name in names}


def _line(find: Callable[[Any], bool], change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    """Changes the first line that *find* finds; None takes it away."""

    def work(content: bytes) -> bytes:
        lines = [json.loads(line) for line in content.splitlines()]
        place = next(number for number, line in enumerate(lines) if find(line))
        changed = change(lines[place])
        lines[place : place + 1] = [] if changed is None else [changed]
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    return work


def _mixed(line: Any) -> bool:
    return any(isinstance(each, dict) for each in line["records"])


def _with(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda line: line | {name: value}


def _actor(line: Any) -> Any:
    row = next(each for each in line["records"] if isinstance(each, list))
    row[7] = "eve"
    return line


def _is(name: str) -> Callable[[Any], bool]:
    return lambda line: bool(line["row"].startswith(name))


def _shorter(name: str) -> Callable[[Any], Any]:
    return lambda line: line | {name: line[name][:-1]}


def _without_others(line: Any) -> Any:
    return line | {"records": [each for each in line["records"] if isinstance(each, list)]}


def _any(_line: Any) -> bool:
    return True


def _gone(_line: Any) -> None:
    return None


TAMPERINGS = {
    "a record": (archiving.CHAINS, _line(lambda line: not _mixed(line), _actor)),
    "a record beside others": (archiving.CHAINS, _line(_mixed, _actor)),
    "records of others are gone": (archiving.CHAINS, _line(_mixed, _without_others)),
    "the end": (archiving.CHAINS, _line(_mixed, _shorter("records"))),
    "activities": (archiving.CHAINS, _line(lambda line: bool(line["activities"]), _with("activities", []))),
    "a row": (archiving.CONTENTS, _line(_is("submission"), _shorter("values"))),
    "a row is gone": (archiving.CONTENTS, _line(_is("submission"), _gone)),
    "a row too many": (archiving.CONTENTS, _line(_any, _with("row", "attachment:1"))),
    "a seal": (archiving.SEALS, _line(lambda line: line["number"] == 1, _with("records", 1))),
    "a seal is gone": (archiving.SEALS, _line(lambda line: line["number"] == 2, _gone)),
    "a leaf": (archiving.LEAVES, _line(_any, lambda line: [*line[:3], "0" * 64])),
    "the checksum": (archiving.DEFINITIONS, _line(_any, _with("checksum", "0" * 64))),
    "a definition is gone": (archiving.DEFINITIONS, _line(_any, _gone)),
}


def test_what_was_changed_is_found_even_with_a_new_manifest(archive: Path, tmp_path: Path) -> None:
    for what, (name, change) in TAMPERINGS.items():
        for honest in (True, False):
            copy = _tampered(archive, tmp_path / "copy.zip", name, change, new_manifest=not honest)
            found = codes(copy)
            assert found, f"{what}: not found"
            assert ("archive_file" in found) == honest, what


def _tampered(archive: Path, copy: Path, name: str, change: Callable[[bytes], bytes], *, new_manifest: bool) -> Path:
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(copy, "w") as new:
        manifest = json.loads(old.read(archiving.MANIFEST))
        for each in old.namelist():
            content = change(old.read(each)) if each == name else old.read(each)
            if each != archiving.MANIFEST:
                new.writestr(each, content)
                if new_manifest:
                    manifest["files"][each] = hashlib.sha256(content).hexdigest()
        new.writestr(archiving.MANIFEST, json.dumps(manifest))
    return copy


def test_what_was_changed_in_the_database_before_is_found_in_the_archive(db: Database, tmp_path: Path) -> None:
    play(db, tmp_path)
    run(db, lambda session: session.execute(update(Event).where(Event.kind == "task.claimed").values(actor="eve")))
    assert "record_altered" in codes(written(db, tmp_path / "altered.zip"))
    run(db, lambda session: session.execute(delete(Event).where(Event.kind == "task.claimed")))
    assert "record_missing" in codes(written(db, tmp_path / "missing.zip"))


def test_files_that_are_no_archive_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK nothing")
    assert cli.main(["verify", "--archive", str(tmp_path / "x.zip")]) == 1
    assert "x.zip" in capsys.readouterr().err


def test_an_auditor_takes_it(archive: Path, db: Database, tmp_path: Path) -> None:
    web.person(db, "auditor", "auditor", campaign_id=0)
    browser = web.signed_in_as(web.application(db, tmp_path, seal_key=played.SEED), "auditor")
    answer = browser.post("/audit/exports", {"format": "archive", "campaign": "7"})
    assert answer.status_code == 200
    (tmp_path / "taken.zip").write_bytes(answer.data)
    assert codes(tmp_path / "taken.zip") == set()
