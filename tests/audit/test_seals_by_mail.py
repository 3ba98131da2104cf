"""The newest seal by mail: what it says, when it goes, that nothing waits for it and nothing is lost on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app import cli, clock, mail
from app.config import Config
from app.db import Database
from app.engine import events, housekeeping, incidents, jobs, leases, outbox, runtime
from app.engine.actor import Actor
from app.engine.models import Event, Incident, JobRow
from app.engine.proof import anchors, inclusion, mail_seals, verify_records, write_seals
from tests import web
from tests.audit import played
from tests.audit.played import ANN, run
from tests.engine import drawing as d
from tests.mailbox import Mailbox, mailbox

TO = ("a@example.org", "b@example.org")
PASSWORD = "a-password-nobody-may-read"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    with mailbox(tmp_path, security="starttls", password=PASSWORD) as found:
        yield found


@pytest.fixture
def sealed(db: Database, box: Mailbox, tmp_path: Path) -> Iterator[Database]:
    """A database with one seal, where mail is set up."""
    write_seals.install(played.SEED, tmp_path / "anchors")
    mail_seals.install_from(settings(db, box, tmp_path))
    run(db, events.record, "account.created", ANN, detail={"username": "new"})
    write_seals.run(db)
    yield db
    mail_seals.install_from(Config(tmp_path, db.url, "", ""))


def settings(db: Database, box: Mailbox, home: Path) -> Config:
    server = box.settings(user="daopai", password=PASSWORD)
    return Config(home, db.url, "", "", smtp=server, mail_from="daopai@example.org", anchor_to=TO)


def day(db: Database) -> int:
    """What workers do again and again, at once; returns how many deliveries were tried."""
    assert mail_seals._installed is not None
    mail_seals._installed.looked = -1e9
    mail_seals.keep_up(db)
    return outbox.run_due(db, ignore_backoff=True)


def sent(db: Database) -> list[Event]:
    with db.reading() as session:
        return list(session.scalars(select(Event).where(Event.kind == "seal.sent").order_by(Event.key)))


def test_the_mail_can_be_read_and_its_attachment_is_an_anchor(
    sealed: Database, box: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert day(sealed) == 1 and box.encrypted and box.recipients == [list(TO)]
    message = box.messages[0]
    with sealed.reading() as session:
        last = write_seals.newest(session)
    assert last is not None
    assert message["Subject"] == "[倒排] 第 1 号封印 (Daopai seal 1)" and message["To"] == ", ".join(TO)
    body = message.get_body()
    assert body is not None
    text = body.get_content()
    for told in (last.hash, last.root, last.signature, last.public_key, "run.py verify --anchor seals.jsonl", "Please keep it"):
        assert text.count(told) >= 1, told
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "seals.jsonl"
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(attached.get_payload(decode=True))  # type: ignore[arg-type]
    assert anchors.read(kept) == {1: anchors.as_json(last)}
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.setenv("DAOPAI_SEAL_KEY", played.SEED)
    monkeypatch.setenv("DATABASE_URL", sealed.url)
    assert cli.main(["verify", "--anchor", str(kept)]) == 0 and "kept.jsonl" in capsys.readouterr().out
    (record,) = sent(sealed)
    assert (record.actor, record.detail["number"], record.detail["note"]) == ("system", 1, ", ".join(TO))
    assert record.detail["message"] == message["Message-ID"]


def test_it_goes_once_a_day_and_only_when_there_is_a_new_seal(sealed: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [day(sealed) for _ in range(2)] == [1, 0]
    later = clock.real_now() + timedelta(hours=25)
    with monkeypatch.context() as tomorrow:
        tomorrow.setattr(clock, "real_now", lambda: later)
        assert day(sealed) == 0, "nothing new was sealed"
    run(sealed, events.record, "account.created", ANN, detail={"username": "another"})
    assert write_seals.run(sealed) is not None and day(sealed) == 0, "the same day"
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert [day(sealed) for _ in range(2)] == [1, 0]
    assert [message["Subject"].split()[2] for message in box.messages] == ["1", "2"]


def test_a_server_that_is_down_holds_up_nobody_and_is_told_of(
    sealed: Database, box: Mailbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    box.answer = "451 come again later"
    waits = []
    for turn in range(1, 6):
        assert day(sealed) == 1
        with sealed.reading() as session:
            job = session.scalars(select(JobRow).where(JobRow.kind == "outside")).one()
            assert (job.state, job.failures) == ("READY", turn) and job.retry_at is not None and "451" in job.error
            waits.append(job.retry_at - clock.real_now())
            found = session.scalars(select(Incident)).all()
        assert [each.kind for each in found] == ["mail"] * (turn >= outbox.TOLD_AT)
    assert waits == sorted(waits) and waits[-1] > timedelta(minutes=2), "growing pauses"
    # Sealing and other jobs go on meanwhile.
    run(sealed, events.record, "account.created", ANN, detail={"username": "another"})
    assert write_seals.run(sealed) is not None and jobs.drain(sealed) == 0
    # An administrator presses "retry": it goes at once; with it everything is well again.
    box.answer = "250 taken"
    run(sealed, incidents.retry, found[0].key, Actor("admin"))
    assert outbox.run_due(sealed) == 1 and [record.detail["number"] for record in sent(sealed)] == [2]
    assert PASSWORD not in caplog.text


def test_the_first_success_ends_the_incident(sealed: Database, box: Mailbox) -> None:
    box.answer = "451 come again later"
    assert [day(sealed) for _ in range(outbox.TOLD_AT)] == [1] * outbox.TOLD_AT
    box.answer = "250 taken"
    assert day(sealed) == 1
    with sealed.reading() as session:
        assert session.scalars(select(Incident.state)).all() == ["RESOLVED"]
        assert session.scalars(select(JobRow)).all() == []


def test_a_start_tries_at_once_what_failed_before(sealed: Database, box: Mailbox, tmp_path: Path) -> None:
    box.answer = "451 come again later"
    assert day(sealed) == 1 and outbox.run_due(sealed) == 0, "after a pause only"
    box.answer = "250 taken"
    mail_seals.install_from(settings(sealed, box, tmp_path))
    mail_seals.keep_up(sealed)
    assert outbox.run_due(sealed) == 1 and len(sent(sealed)) == 1


def test_a_crash_between_sending_and_noting_sends_it_again_under_the_same_id(
    sealed: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as crash:
        crash.setattr(mail_seals, "_note", die)
        with pytest.raises(SystemExit):
            day(sealed)
    assert len(box.messages) == 1 and sent(sealed) == []
    assert outbox.run_due(sealed) == 0, "its lease is not over yet"
    jobs.release_leases(sealed)  # a start after the crash, or a minute later
    assert outbox.run_due(sealed) == 1 and len(sent(sealed)) == 1
    assert len({message["Message-ID"] for message in box.messages}) == 1 and len(box.messages) == 2


def test_whom_the_server_refuses_alone_gets_another_try(sealed: Database, box: Mailbox) -> None:
    box.refuses = {"b@example.org"}
    assert day(sealed) == 1 and box.recipients == [["a@example.org"]]
    assert outbox.run_due(sealed) == 1, "tried at once"
    assert outbox.run_due(sealed) == 0 and len(box.messages) == 1, "and then after a pause"
    box.refuses = set()
    assert outbox.run_due(sealed, ignore_backoff=True) == 1
    assert box.recipients[-1] == ["b@example.org"] and [record.detail["note"] for record in sent(sealed)] == [
        "a@example.org",
        "b@example.org",
    ]


def test_workers_send_in_a_thread_of_their_own(sealed: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_thread", outbox._Thread())
    housekeeping.run(sealed)
    running = outbox._thread.running
    assert running is not None
    running.join(20)
    assert len(box.messages) == 1 and len(sent(sealed)) == 1


def test_a_campaigns_end_is_sealed_and_sent_at_once(sealed: Database, box: Mailbox, at: Callable[[str], Any]) -> None:
    assert day(sealed) == 1
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
    d.deploy(sealed, d.diagram("p", d.start(), d.call("c", "child", items="for i in 1..2 return i"), d.end(), flows="s>c>e"), child)
    first = run(sealed, runtime.start, "p", {}, ANN, campaign_id=7)
    other = run(sealed, runtime.start, "child", {}, ANN, campaign_id=7)
    jobs.drain(sealed)
    run(sealed, runtime.cancel, other.key, ANN, reason="another one of the campaign's")
    for task in d.tasks(sealed):
        assert outbox.run_due(sealed) == 0
        run(sealed, runtime.complete, task.key, {}, ANN)
        jobs.drain(sealed)
    before = clock.real_now()
    assert outbox.run_due(sealed) == 1, "sealed"
    with sealed.reading() as session:
        last = write_seals.newest(session)
        ended = session.scalars(select(Event.key).where(Event.kind == "instance.completed", Event.instance_key == first.key)).one()
    assert last is not None and last.number == 2 and last.at >= before
    assert sealed_place(sealed, ended)
    assert outbox.run_due(sealed) == 1, "sent"
    assert box.messages[-1]["Subject"] == "[倒排] 第 2 号封印，活动 7 结束 (Daopai seal 2, campaign 7 has ended)"
    assert outbox.run_due(sealed) == 0


def sealed_place(db: Database, key: int) -> bool:
    """Whether the newest seal holds this record."""
    with verify_records.snapshot(db.engine) as connection:
        return inclusion.proof(connection, key) is not None


def test_a_cancelled_campaign_is_sealed_when_the_last_of_its_instances_is_over(sealed: Database, box: Mailbox) -> None:
    assert day(sealed) == 1
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
    d.deploy(sealed, d.diagram("p", d.start(), d.call("c", "child", items="for i in 1..30 return i"), d.end(), flows="s>c>e"), child)
    first = run(sealed, runtime.start, "p", {}, ANN, campaign_id=7)
    jobs.drain(sealed)
    run(sealed, runtime.cancel, first.key, ANN, reason="取消")
    assert outbox.run_due(sealed) == 1, "too early: put off"
    with sealed.reading() as session:
        assert write_seals.newest(session).number == 1  # type: ignore[union-attr]
    jobs.drain(sealed)
    assert outbox.run_due(sealed, ignore_backoff=True) == 1
    with sealed.reading() as session:
        last = write_seals.newest(session)
        assert last is not None and last.number == 2
        records = session.scalars(select(Event.key).where(Event.kind == "instance.terminated")).all()
    assert len(records) == 31 and all(sealed_place(sealed, key) for key in records)


def test_the_page_says_what_is_missing_what_was_sent_and_what_failed(sealed: Database, box: Mailbox, tmp_path: Path) -> None:
    bare = web.application(sealed, tmp_path, seal_key=played.SEED)
    for who in ("auditor", "security_admin"):
        web.person(sealed, who, who)
    page = web.signed_in_as(bare, "auditor").get("/audit/proof").text
    assert all(name in page for name in ("DAOPAI_SMTP", "DAOPAI_MAIL_FROM", "DAOPAI_ANCHOR_TO")) and "/audit/seals/mail" not in page
    assert web.signed_in_as(bare, "auditor").post("/audit/seals/mail").location == "/audit/proof"
    assert outbox.run_due(sealed) == 0
    mail_seals.install_from(settings(sealed, box, tmp_path))
    auditor = web.signed_in_as(bare, "auditor")
    assert "还没有寄过" in auditor.get("/audit/proof").text
    assert "/audit/seals/mail" not in web.signed_in_as(bare, "security_admin").get("/audit/proof").text
    assert web.signed_in_as(bare, "security_admin").post("/audit/seals/mail").status_code == 403
    box.answer = "451 come again later"
    assert auditor.post("/audit/seals/mail").status_code == 303
    assert "正在寄出" in auditor.get("/audit/proof").text
    assert outbox.run_due(sealed) == 1
    page = auditor.get("/audit/proof").text
    assert "已试 1 次" in page and "451 come again later" in page
    box.answer = "250 taken"
    assert auditor.post("/audit/seals/mail").status_code == 303, "what waits goes at once"
    assert outbox.run_due(sealed) == 1 and len(box.messages) == 1 and "审计员要求" in box.messages[0]["Subject"]
    page = auditor.get("/audit/proof").text
    assert "已试" not in page and "第 1 号" in page and "a@example.org, b@example.org" in page
    kinds = [entry.kind for entry in d.history(sealed)]
    assert kinds.count("seal.mail_requested") == 2 and kinds.count("seal.sent") == 1
    found = auditor.get("/audit/?kind=seal").text
    assert "把第 1 号封印寄给 a@example.org, b@example.org" in found and "要求把第 1 号封印用邮件寄出" in found


def test_without_mail_nothing_is_asked_for(sealed: Database, tmp_path: Path) -> None:
    mail_seals.install_from(Config(tmp_path, sealed.url, "", ""))
    mail_seals.keep_up(sealed)
    assert outbox.run_due(sealed) == 0
    run(sealed, mail_seals.ask, mail_seals.ASKED)  # the setting is taken away while a mail waits: it says so, and is kept
    assert outbox.run_due(sealed) == 1
    with sealed.reading() as session:
        assert "DAOPAI_SMTP" in session.scalars(select(JobRow.error)).one()
    change = update(JobRow).values(retry_at=None)
    sealed.in_transaction(lambda session: session.execute(change))
    with pytest.raises(mail.MailError):
        mail_seals.deliver(sealed, _leased(sealed))


def _leased(db: Database) -> Any:
    return db.in_transaction(lambda session: leases.take(session, list(session.scalars(select(JobRow.key)))))[0]
