"""A campaign's archive: ``run.py verify --archive`` checks it without the database and names what was changed in it."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, update

from app import cli, clock, personal_contents
from app.db import Database
from app.engine import chains, erasing, events, kept_files
from app.engine.models import Event
from app.engine.proof import anchors, check_archive, check_chain, check_files, verify_records, write_archive, write_seals
from tests import web
from tests.audit import played
from tests.audit.played import ANN, PHOTO, run

REPORT = b"%PDF- a report that was signed"


def play(db: Database, home: Path) -> None:
    with clock.frozen(datetime(2020, 5, 21, tzinfo=UTC)):
        played.play(db, home)
        stored = kept_files.write(home / "uploads", REPORT)
        detail = {"kind": "village_report", "format": "pdf", "name": "报告.pdf", "sha256": hashlib.sha256(REPORT).hexdigest()}
        run(db, events.record, "document.made", ANN, campaign_id=7, detail={**detail, "stored": stored})
        run(db, events.record, "comment.added", ANN, campaign_id=8, detail={"note": "别的活动"})
        run(db, events.record, "comment.added", ANN, campaign_id=7, detail={"note": "本活动"})
        write_seals.run(db, everything=True)


def written(db: Database, path: Path) -> Path:
    with verify_records.snapshot(db.engine) as connection:
        write_archive.write(connection, 7, path, path.parent / "uploads")
    return path


@pytest.fixture(scope="module")
def home(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which everything has happened once, and the archive of it."""
    folder = tmp_path_factory.mktemp("archived")
    shutil.copy(sqlite_template, folder / "daopai.db")
    db = Database(f"sqlite:///{folder}/daopai.db")
    play(db, folder)
    written(db, folder / "archive.zip")
    db.dispose()
    return folder


@pytest.fixture
def archive(home: Path, tmp_path: Path) -> Path:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    write_seals.install(played.SEED, tmp_path / "anchors")
    return tmp_path / "archive.zip"


def codes(path: Path, anchor: Path | None = None) -> set[str]:
    return {each.code for each in check_archive.check(path, anchors.read(anchor) if anchor else {}).findings}


def test_an_archive_is_sound_without_the_database_and_shows_no_other_campaign(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "none"
    monkeypatch.setenv("DAOPAI_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    write_seals.install("66" * 32, tmp_path / "other")  # another installation's key
    anchor = tmp_path / "anchors" / anchors.NAME
    assert cli.main(["verify", "--archive", str(archive), "--anchor", str(anchor)]) == 0
    assert "没有改动" in capsys.readouterr().out
    assert not home.exists(), "it needs no installation"
    with zipfile.ZipFile(archive) as whole:
        names = whole.namelist()
        texts = b"".join(whole.read(name) for name in names).decode(errors="replace")
        assert {PHOTO, REPORT} == {whole.read(name) for name in names if name.startswith(write_archive.FILES)}
    assert "本活动" in texts and '"V01-001"' in texts
    assert "v1.1.abc" not in texts, "not even as a ciphertext"
    assert "别的活动" not in texts
    assert {"definitions", write_archive.MANIFEST, write_archive.SIGNATURE, write_archive.SEALS} <= {
        name.partition("/")[0] for name in names
    }
    assert {name.rpartition(".")[2] for name in names if name.startswith(write_archive.FILES)} == {"jpg", "pdf"}


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


def _tells(line: Any) -> bool:
    return any(isinstance(each, list) and each[2] and '"households.imported"' in json.dumps(each) for each in line["records"])


def _erase_steps(line: Any) -> Any:
    """As an erasure would: the record hashes to the same."""
    for row in line["records"]:
        if isinstance(row, list) and "households.imported" in row:
            detail = json.loads(row[check_chain.DETAIL])
            detail["states"] = chains.hidden(row[check_chain.SALT], "states", detail["states"])
            row[check_chain.DETAIL] = json.dumps(detail)
    return line


TAMPERINGS = {
    "a record": (write_archive.CHAINS, _line(lambda line: not _mixed(line), _actor)),
    "a record beside others": (write_archive.CHAINS, _line(_mixed, _actor)),
    "records of others are gone": (write_archive.CHAINS, _line(_mixed, _without_others)),
    "the end": (write_archive.CHAINS, _line(_mixed, _shorter("records"))),
    "activities": (write_archive.CHAINS, _line(lambda line: bool(line["activities"]), _with("activities", []))),
    "a row": (write_archive.CONTENTS, _line(_is("submission"), _shorter("values"))),
    "a row is gone": (write_archive.CONTENTS, _line(_is("submission"), _gone)),
    "a row too many": (write_archive.CONTENTS, _line(_any, _with("row", "attachment:1"))),
    "a household": (write_archive.ROWS, _line(_is("household"), _with("values", {"key": 1}))),
    "a problem is gone": (write_archive.ROWS, _line(_is("problem"), _gone)),
    "a household too many": (write_archive.ROWS, _line(_is("household"), _with("row", "household:1"))),
    "what was told of rows": (write_archive.CHAINS, _line(_tells, _erase_steps)),
    "a seal": (write_archive.SEALS, _line(lambda line: line["number"] == 1, _with("records", 1))),
    "a seal is gone": (write_archive.SEALS, _line(lambda line: line["number"] == 2, _gone)),
    "a leaf": (write_archive.LEAVES, _line(_any, lambda line: [*line[:3], "0" * 64])),
    "the checksum": (write_archive.DEFINITIONS, _line(_any, _with("checksum", "0" * 64))),
    "a definition is gone": (write_archive.DEFINITIONS, _line(_any, _gone)),
}


@pytest.mark.parametrize("how", ["as it is", "new manifest", "new manifest and key"])
def test_what_was_changed_is_found_even_with_a_new_manifest(archive: Path, tmp_path: Path, how: str) -> None:
    for what, (name, change) in TAMPERINGS.items():
        found = codes(_tampered(archive, tmp_path / "copy.zip", {name: change}, how))
        assert found, f"{what}: not found"
        assert ("archive_file" in found) == (how == "as it is"), what
        assert ("archive_signature" in found) == (how == "new manifest"), what


def _tampered(archive: Path, copy: Path, changes: dict[str, Callable[[bytes], bytes | None]], how: str) -> Path:
    """A forger has the archive and can do everything but sign with the installation's key."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(copy, "w") as new:
        manifest = json.loads(old.read(write_archive.MANIFEST))
        for each in old.namelist():
            if each in (write_archive.MANIFEST, write_archive.SIGNATURE):
                continue
            content = changes[each](old.read(each)) if each in changes else old.read(each)
            if how != "as it is":
                manifest["files"].pop(each)
            if content is not None:
                new.writestr(each, content)
                if how != "as it is":
                    manifest["files"][each] = hashlib.sha256(content).hexdigest()
        text = old.read(write_archive.MANIFEST) if how == "as it is" else json.dumps(manifest).encode()
        new.writestr(write_archive.MANIFEST, text)
        signature = old.read(write_archive.SIGNATURE)
        if how == "new manifest and key":
            key = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
            public = key.public_key().public_bytes_raw().hex()
            signature = json.dumps({"public_key": public, "signature": key.sign(text).hex()}).encode()
        new.writestr(write_archive.SIGNATURE, signature)
    return copy


def test_who_leaves_a_whole_chain_out_is_betrayed_by_the_signature(archive: Path, tmp_path: Path) -> None:
    """By themselves the chains that are left, their rows and activities are perfect."""
    anchor = tmp_path / "anchors" / anchors.NAME
    leave = {write_archive.CHAINS: _line(lambda line: "本活动" in json.dumps(line, ensure_ascii=False), _gone)}
    for how, found in (("as it is", "archive_file"), ("new manifest", "archive_signature"), ("new manifest and key", "archive_signature")):
        copy = _tampered(archive, tmp_path / "copy.zip", leave, how)
        assert found in codes(copy, anchor), how
    assert codes(archive, anchor) == set()


def test_an_archive_without_a_signature_is_not_sound(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(tmp_path / "copy.zip", "w") as new:
        for each in old.namelist():
            if each != write_archive.SIGNATURE:
                new.writestr(each, old.read(each))
    assert codes(tmp_path / "copy.zip") == {"archive_unsigned"}


def test_an_anchor_that_went_on_after_the_export_does_not_speak_against_it(db: Database, tmp_path: Path) -> None:
    play(db, tmp_path)
    archive = written(db, tmp_path / "archive.zip")
    run(db, events.record, "comment.added", ANN, campaign_id=7, detail={"note": "之后"})
    assert write_seals.run(db, everything=True) is not None
    assert codes(archive, tmp_path / "anchors" / anchors.NAME) == set()


def test_photos_and_documents_are_held_against_what_the_records_say(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as whole:
        names = [name for name in whole.namelist() if name.startswith(write_archive.FILES)]
    for change in (lambda content: content + b" ", lambda _content: None):
        for name in names:
            found = codes(_tampered(archive, tmp_path / "copy.zip", {name: change}, "new manifest and key"))
            assert found == {"document_altered" if name.endswith(".pdf") else "file_altered"}


def test_files_are_looked_at_in_parts_of_any_size(db: Database, tmp_path: Path) -> None:
    play(db, tmp_path)
    for file in (tmp_path / "uploads").glob("*/*"):
        file.write_bytes(b"something else")
    with db.reading() as session:
        connection = session.connection()
        whole = [finding.code for finding in check_files.check_all(connection, tmp_path / "uploads")]
        parts, before = [], check_files.END
        while before:
            found, before = check_files.check(connection, tmp_path / "uploads", before, many=1)
            parts += [finding.code for finding in found]
    assert parts == whole and {"file_altered", "document_altered"} == set(whole)
    erased = {"erasure": "1", "kinds": ["files"], "changed": 2}
    for campaign, left in ((8, len(whole)), (7, 0)):
        run(db, events.record, kept_files.ERASED, ANN, subject=f"campaign:{campaign}", detail=erased)
        with db.reading() as session:
            assert len(list(check_files.check_all(session.connection(), tmp_path / "uploads"))) == left


def test_erased_files_are_told_of_as_erased(db: Database, tmp_path: Path) -> None:
    play(db, tmp_path)
    for file in (tmp_path / "uploads").glob("*/*"):
        file.unlink()
    assert codes(written(db, tmp_path / "lost.zip")) == {"file_altered", "document_altered"}
    detail = {"erasure": "1", "kinds": ["files"], "changed": 2}
    run(db, events.record, kept_files.ERASED, ANN, subject="campaign:8", detail=detail)
    assert codes(written(db, tmp_path / "other.zip")), "another campaign's files were erased"
    run(db, events.record, kept_files.ERASED, ANN, subject="campaign:7", detail=detail)
    assert codes(written(db, tmp_path / "erased.zip")) == set()


def test_erasing_files_takes_kept_documents_too(db: Database, tmp_path: Path) -> None:
    play(db, tmp_path)
    erasing.install(tmp_path / "uploads")
    run(db, personal_contents._documents, 8, 0)
    assert REPORT in {file.read_bytes() for file in (tmp_path / "uploads").glob("*/*")}
    run(db, personal_contents._documents, 7, 0)
    assert REPORT not in {file.read_bytes() for file in (tmp_path / "uploads").glob("*/*")}


def test_the_command_says_whose_word_an_archive_is(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", "--archive", str(archive)]) == 0
    said = capsys.readouterr().out
    assert "只是档案自己说的" in said and str(write_seals.public_key()) in said


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


def test_an_auditor_takes_it_with_its_files(db: Database, tmp_path: Path) -> None:
    play(db, tmp_path)
    web.person(db, "auditor", "auditor", campaign_id=0)
    browser = web.signed_in_as(web.application(db, tmp_path, seal_key=played.SEED), "auditor")
    answer = browser.post("/audit/exports", {"format": "archive", "campaign": "7"})
    assert answer.status_code == 200
    (tmp_path / "taken.zip").write_bytes(answer.data)
    assert codes(tmp_path / "taken.zip", tmp_path / "anchors" / anchors.NAME) == set()
