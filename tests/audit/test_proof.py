"""Seals, anchors, verification on the command line and on a page, and the proof of a record outside the system."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app import cli, clock
from app.acts import uploads
from app.acts.models import Attachment
from app.audit.proof.pages import SCRIPT
from app.db import Database
from app.engine import erasing, events, jobs, runtime
from app.engine.actor import Actor
from app.engine.chain_models import Chain, Seal, SealedHead, Verification
from app.engine.models import Activity, Event, JobRow, ProcessInstance
from app.engine.proof import anchors, inclusion, verification_runs, verify_records, write_seals
from tests import web
from tests.audit import played
from tests.audit.played import ANN, run
from tests.engine import drawing as d


@pytest.fixture(scope="module")
def home(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ``run.py`` keeps one, in which everything has happened once."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(sqlite_template, folder / "daopai.db")
    db = Database(f"sqlite:///{folder}/daopai.db")
    with clock.frozen(datetime(2020, 5, 21, tzinfo=UTC)):
        played.play(db, folder)
    db.dispose()
    return folder


@pytest.fixture
def own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A copy of it, sealed with the same key, and the settings that lead there."""
    for name in ("daopai.db", "anchors", "uploads"):
        (shutil.copytree if (home / name).is_dir() else shutil.copy)(home / name, tmp_path / name)
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.setenv("DAOPAI_SEAL_KEY", played.SEED)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    write_seals.install(played.SEED, tmp_path / "anchors")
    erasing.install(tmp_path / "uploads")
    db = Database(f"sqlite:///{tmp_path}/daopai.db")
    yield db
    db.dispose()


def change(db: Database, statement: Any) -> None:
    db.in_transaction(lambda session: session.execute(statement))


def findings(db: Database, anchored: bool = True) -> list[str]:
    anchor = anchors.read(write_seals.anchor_file()) if anchored else {}
    return [finding.code for finding in verify_records.verify(db, anchor).findings]


def test_what_nobody_touched_is_sound(own: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify"]) == 0
    said = capsys.readouterr().out
    assert "没有改动" in said and "2 个封印" in said and "seals.jsonl" in said


def test_the_command_names_the_first_altered_record(own: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with own.reading() as session:
        first, second = session.scalars(select(Event).where(Event.kind == "task.claimed").order_by(Event.key)).all()[:2]
    change(own, update(Event).where(Event.key.in_((first.key, second.key))).values(actor="eve"))
    anchor = shutil.copy(write_seals.anchor_file(), tmp_path / "elsewhere.jsonl")
    assert cli.main(["verify", "--anchor", str(anchor)]) == 1
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("- "))
    assert str(first.key) in line and "改动" in line and chains_place(first) in line


def chains_place(entry: Event) -> str:
    return f"链 {entry.chain} 的第 {entry.seq} 条记录"


def test_a_photo_that_was_exchanged_is_named(own: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uploads.path(tmp_path / "uploads", played.STORED).write_bytes(b"another photo")
    assert cli.main(["verify"]) == 1
    first = played.keys(own, Attachment)[0]
    assert f"附件 {first} 的文件被改动过" in capsys.readouterr().out


def test_a_file_that_is_no_anchor_is_refused_with_its_name(own: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.jsonl").write_text("{}\n")
    assert cli.main(["verify", "--anchor", str(tmp_path / "x.jsonl")]) == 1
    assert "x.jsonl" in capsys.readouterr().err


def test_without_a_database_the_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert cli.main(["verify"]) == 1 and "先启动一次系统" in capsys.readouterr().err


def test_who_signs_everything_anew_with_his_own_key_is_betrayed_by_the_anchor(own: Database) -> None:
    change(own, delete(SealedHead))
    change(own, delete(Seal))
    kept = write_seals.anchor_file()
    write_seals.install("66" * 32, kept.parent.parent / "forged")
    write_seals.run(own, everything=True)
    assert findings(own) == []  # by his own key and file, nothing is wrong
    forged = verify_records.verify(own, anchors.read(kept)).findings
    assert {"anchor_differs", "seals_truncated"} <= {finding.code for finding in forged}


def test_sealing_again_seals_only_what_grew(own: Database) -> None:
    assert write_seals.run(own) is None
    run(own, events.record, "account.created", ANN, detail={"name": "新人"})
    made = write_seals.run(own)
    assert made is not None and (made.number, made.leaves) == (3, 1)
    assert sorted(anchors.read(write_seals.anchor_file())) == [1, 2, 3]
    assert findings(own) == []


def test_the_anchor_file_catches_up_after_a_crash(own: Database) -> None:
    path = write_seals.anchor_file()
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    write_seals.run(own)
    assert sorted(anchors.read(path)) == [1, 2] and findings(own) == []


def test_a_damaged_anchor_file_stops_no_worker_and_is_found(own: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_seals.anchor_file().write_text("{}\n")
    write_seals.install(played.SEED, write_seals.anchor_file().parent, minutes=1e-9)
    write_seals.keep_up(own)
    assert "the anchor file cannot be written" in caplog.text
    key = run(own, verification_runs.begin, ANN).key
    jobs.drain(own)
    with own.reading() as session:
        assert [found.code for found in verification_runs.findings_of(session.get_one(Verification, key))] == ["anchor_unreadable"]


def test_a_verification_whose_job_is_gone_does_not_hold_up_the_next(own: Database) -> None:
    first = run(own, verification_runs.begin, ANN).key
    change(own, delete(JobRow).where(JobRow.kind == "batch"))
    run(own, verification_runs.begin, ANN)
    jobs.drain(own)
    with own.reading() as session:
        assert session.get_one(Verification, first).state == "FAILED"


def test_a_worker_seals_when_it_is_time(own: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run(own, events.record, "account.created", ANN)
    write_seals.keep_up(own)
    assert sorted(anchors.read(write_seals.anchor_file())) == [1, 2], "too early"
    write_seals.install(played.SEED, write_seals.anchor_file().parent, minutes=1e-9)
    write_seals.keep_up(own)
    assert sorted(anchors.read(write_seals.anchor_file())) == [1, 2, 3]


def test_a_record_is_proved_without_the_system(own: Database, tmp_path: Path) -> None:
    with own.reading() as session:
        key = session.scalars(select(Event.key).where(Event.kind == "task.handed_over")).one()
    with verify_records.snapshot(own.engine) as connection:
        proof = inclusion.proof(connection, key)
    assert proof is not None and proof["texts"] == {"name": "visit", "reason": "他今天去县里"}

    def check(proof: dict[str, Any], *anchor: str) -> tuple[int, str]:
        file = tmp_path / "proof.json"
        file.write_text(json.dumps(proof, ensure_ascii=False))
        done = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file), *anchor], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    status, said = check(proof, str(write_seals.anchor_file()))
    assert (status, said.count("\nok "), said.count("BAD")) == (0, 5, 0), said
    seal = proof["seal"]
    assert "key and anchor may be replaced together" in said, "as the page says"
    for lie in (
        {"record": proof["record"].replace("bob", "eve")},
        {"texts": {**proof["texts"], "reason": "没有理由"}},
        {"previous": "0" * 64},
        {"seal": {**seal, "root": "0" * 64}},
        {"seal": {**seal, "signature": seal["signature"][:-2] + ("00" if seal["signature"][-2:] != "00" else "01")}},
    ):
        assert check({**proof, **lie})[0] == 1, lie
    foreign = tmp_path / "foreign.jsonl"
    foreign.write_text(json.dumps({**seal, "root": "0" * 64}) + "\n")
    assert check(proof, str(foreign))[0] == 1


def test_the_script_has_sixty_lines_and_needs_only_python() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert [line for line in text.splitlines() if "import" in line] == ["import hashlib, json, sys"]


def test_every_sealed_record_can_be_proved(own: Database) -> None:
    with verify_records.snapshot(own.engine) as connection:
        for key in played.keys(own, Event):
            proof = inclusion.proof(connection, key)
            assert proof is not None and proof["seal"]["number"] in (1, 2)
        assert inclusion.proof(connection, 1) is None


def test_a_verification_runs_as_a_job_and_shows_what_it_finds(own: Database, tmp_path: Path) -> None:
    app = web.application(own, tmp_path, seal_key=played.SEED)
    web.person(own, "shen", "auditor")
    browser = web.signed_in_as(app, "shen")
    for state, words in (("SOUND", "没有改动"), ("BROKEN", "最早的一处改动")):
        page = browser.post("/audit/verifications")
        assert page.status_code == 303
        assert "正在逐条核对" in browser.get(page.location).text
        assert browser.post("/audit/verifications").location.endswith("/audit/proof"), "one at a time"
        jobs.drain(own)
        assert words in browser.get(page.location, headers={"HX-Request": "true"}).text
        with own.reading() as session:
            assert session.scalars(select(Verification.state).order_by(Verification.key.desc())).first() == state
        change(own, update(Activity).values(element_name="别的"))
    assert "发现改动" in browser.get("/audit/proof").text


def test_the_page_looks_at_the_files_too(own: Database, tmp_path: Path) -> None:
    app = web.application(own, tmp_path, seal_key=played.SEED)
    web.person(own, "shen", "auditor")
    browser = web.signed_in_as(app, "shen")
    uploads.path(app.config["DAOPAI"].uploads, played.STORED).write_bytes(b"another photo")
    page = browser.post("/audit/verifications").location
    assert "先核对照片和文书的文件" in browser.get(page).text
    jobs.drain(own)
    assert f"附件 {played.keys(own, Attachment)[0]} 的文件被改动过" in browser.get(page).text


def test_what_an_auditor_takes_away_is_recorded(own: Database, tmp_path: Path) -> None:
    app = web.application(own, tmp_path, seal_key=played.SEED)
    web.person(own, "shen", "auditor")
    browser = web.signed_in_as(app, "shen")
    key = played.keys(own, Event)[0]
    assert browser.post("/audit/proof/records", {"key": str(key)}).json["format"] == inclusion.FORMAT
    assert browser.post("/audit/proof/records", {"key": "1"}).status_code == 303
    assert len(browser.post("/audit/proof/anchor").data.splitlines()) == 2
    assert browser.get("/audit/proof/verify_proof.py").data == SCRIPT.read_bytes()
    assert browser.post("/audit/seals").status_code == 303
    kinds = [entry.kind for entry in d.history(own)][-3:]
    assert kinds == ["record.proved", "anchor.exported", "records.sealed"]
    assert "第 3 号封印" in browser.get("/audit/proof").text


def test_two_persons_erase_on_the_page(own: Database, tmp_path: Path) -> None:
    app = web.application(own, tmp_path, seal_key=played.SEED)
    web.person(own, "an", "security_admin")
    web.person(own, "shen", "auditor")
    asking, deciding = web.signed_in_as(app, "an"), web.signed_in_as(app, "shen")
    with clock.frozen(datetime(2023, 1, 1, tzinfo=UTC)):
        assert "至少要保留" in follow(asking, asking.post("/audit/retention", dict.fromkeys(("persons", "texts", "files", "staff"), "182")))
        assert "保留期已保存" in follow(
            asking, asking.post("/audit/retention", dict.fromkeys(("persons", "texts", "files", "staff"), "365"))
        )
        said = follow(asking, asking.post("/audit/erasures", {"campaign": "7", "kind": ["texts"], "reason": "期满"}))
        assert "须由审计员批准" in said
        page = deciding.get("/audit/retention").text
        assert "待批准" in page and "批准清除" in page
        address = page.split('action="/audit/erasures/')[1].split('"')[0]
        assert deciding.post(f"/audit/erasures/{address}", {"decision": "confirm"}).status_code == 303
        jobs.drain(own)
        assert "已清除" in deciding.get("/audit/retention").text
    assert findings(own) == []


def follow(browser: web.Browser, answer: Any) -> str:
    assert answer.status_code == 303
    return str(browser.get(answer.location).text)


# --- how records come into their chains ----------------------------------------------------------------------------------------


def test_an_act_on_an_instance_is_in_its_chain_and_a_claim_in_the_persons(own: Database) -> None:
    with own.reading() as session:
        names = dict(session.execute(select(Chain.key, Chain.name)).all())
        instances = set(session.scalars(select(ProcessInstance.key)))
        for entry in session.scalars(select(Event)):
            if entry.kind == "task.claimed":
                assert names[entry.chain] == f"person:{entry.actor}"
            elif entry.kind in ("task.completed", "instance.stepped"):
                assert entry.chain == entry.instance_key and entry.chain in instances
            elif entry.kind == "account.sign_in_failed":
                assert names[entry.chain].startswith("sign-in:")


def test_a_savepoint_that_is_rolled_back_takes_its_records_with_it(own: Database) -> None:
    before = len(played.keys(own, Event))

    def work(session: Any) -> None:
        events.record(session, "a.kept", ANN)
        with session.begin_nested():
            events.record(session, "b.kept", ANN)
        with pytest.raises(KeyError), session.begin_nested():
            events.record(session, "c.lost", ANN)
            raise KeyError

    own.in_transaction(work)
    assert len(played.keys(own, Event)) == before + 2
    with pytest.raises(KeyError):
        own.in_transaction(lambda session: (events.record(session, "d.lost", ANN), {}["x"]))  # type: ignore[misc]
    assert len(played.keys(own, Event)) == before + 2 and findings(own) == []


def test_two_acts_of_one_person_at_one_moment_are_both_recorded(db: Database) -> None:
    """Whoever comes second by the chain's revision runs again and takes the next place."""
    met: list[int] = []

    def second(session: Any) -> None:
        events.record(session, "test.second", ANN)

    def first(session: Any) -> None:
        events.record(session, "test.first", ANN)
        if not met:
            met.append(1)
            db.in_transaction(second)

    db.in_transaction(second)
    db.in_transaction(first)
    with db.reading() as session:
        found = session.execute(select(Event.seq, Event.kind).order_by(Event.seq)).all()
    assert [row.seq for row in found] == [1, 2, 3] and sorted(row.kind for row in found)[0] == "test.first"


def test_suspending_a_tree_goes_into_the_chain_of_each_instance(own: Database) -> None:
    with clock.frozen(datetime(2020, 5, 22, tzinfo=UTC)):
        top = run(own, runtime.start, "p", {}, Actor("ann"), campaign_id=7)
        jobs.drain(own)
        run(own, runtime.suspend, top.key, ANN, reason="雨")
        run(own, runtime.resume, top.key, ANN)
    with own.reading() as session:
        rows = session.execute(select(Event.chain, Event.instance_key).where(Event.kind == "instance.suspended")).all()
    assert len(rows) == 5 and all(chain == instance for chain, instance in rows)
    assert findings(own) == []
