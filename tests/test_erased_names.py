"""After an erasure no name, ID number or telephone of the register is anywhere: every table, every column, every file, decrypted or not."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import MetaData, select

from app import clock, personal, personal_contents
from app.acts.models import Attachment, Draft, FieldComment
from app.audit.search import filling
from app.campaign import models as campaign
from app.db import Database
from app.engine import contents, erasing, events, jobs, kept_files, runtime
from app.engine.actor import Actor
from app.engine.erased_contents import BLANK, plain
from app.engine.models import Incident, ProcessInstance, Task
from app.engine.proof import erasure_orders, verify_records, write_seals
from tests import web
from tests.audit.history import History
from tests.browser.test_village_form import Place
from tests.engine import drawing as d

SEC, AUD = Actor("security"), Actor("auditor")
assert personal_contents


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Ciphertext → what is behind it, of all that is encrypted: nobody need know its place to look behind it."""
    known: dict[str, str] = {}
    encrypt = personal.encrypt

    def noted(table: str, row: object, column: str, text: str) -> str:
        sealed = encrypt(table, row, column, text)
        if sealed:
            assert personal.decrypt(table, row, column, sealed) == text
            known[sealed] = text
        return sealed

    monkeypatch.setattr(personal, "encrypt", noted)
    return known


def test_no_name_of_the_register_is_left(db: Database, at: Callable[[str], datetime], tmp_path: Path, opened: dict[str, str]) -> None:
    web.application(db, tmp_path)
    write_seals.install("5e" * 32, tmp_path / "anchors")
    erasing.install(tmp_path / "uploads")
    at("2020-05-21T08:00:00+08:00")
    history = History(Place(db), at)
    history.play()
    wanted = register(db)
    assert len(wanted) > 8
    db.in_transaction(lambda session: hide_everywhere(session, history.campaign, tmp_path / "uploads", wanted))
    end(db)
    before = list(left(db, tmp_path, wanted, opened))
    assert len(before) > len(list(left(db, tmp_path, wanted, {}))), "ciphertexts are looked behind"
    places = {place.partition(" ")[0] for place, _name in before}
    assert {"household", "member", "extract", "submission", "user_task", "process_instance", "event", "notification", "meeting"} <= places
    assert {"field_comment", "attachment", "ledger_entry", "report", "guide", "question", "incident", "message", "uploads"} <= places

    erase(db, history.campaign)
    assert [place for place, _name in left(db, tmp_path, wanted, opened)] == []
    assert verify_records.verify(db).findings == []
    with db.reading() as session:
        assert session.scalars(select(Draft.task_key)).all() == []


def test_what_nobody_ordered_is_found_even_where_the_chain_is_whole(
    sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path
) -> None:
    db = sqlite_db
    web.application(db, tmp_path)
    at("2020-05-21T08:00:00+08:00")
    history = History(Place(db), at)
    history.play()
    end(db)
    erasing.install(tmp_path / "uploads")
    with clock.frozen(datetime(2023, 1, 1, tzinfo=UTC)):
        key = db.in_transaction(lambda s: erasing.ask(s, history.campaign, list(erasing.KINDS), "期满", SEC)).key
        db.in_transaction(lambda s: erasing.decide(s, key, AUD, confirm=True))
        jobs.drain(db)
    forge(db, history.campaign)
    codes = {finding.code for finding in verify_records.verify(db).findings}
    assert "erasure_forged" in codes


def forge(db: Database, number: int) -> None:
    """Somebody with the product's own code says that he erased, alone."""
    detail = {"erasure": "1", "kinds": ["texts"]}
    for kind in (erasure_orders.ASKED, erasure_orders.ORDERED, erasure_orders.DONE):
        db.in_transaction(lambda s, kind=kind: events.record(s, kind, SEC, subject=f"campaign:{number}", detail=detail))  # type: ignore[misc]


def register(db: Database) -> set[str]:
    """Names, ID numbers and telephones of everybody in the register."""
    found: set[str] = set()
    with db.reading() as session:
        for home in session.scalars(select(campaign.Household)):
            found |= {home.head, personal.decrypt("household", home.key, "phone", home.phone_cipher) if home.phone_cipher else ""}
        for member in session.scalars(select(campaign.Member)):
            number = member.id_number_cipher
            found |= {member.name, personal.decrypt("member", member.key, "id_number", number) if number else ""}
    return {each for each in found if len(each) > 1}


def hide_everywhere(session: Any, number: int, uploads: Path, wanted: set[str]) -> None:
    """Put names where people, or programs, may put them."""
    name, now = sorted(wanted, key=len)[-1], clock.now()
    who = max((each for each in wanted if not each[:3].isdigit()), key=len)
    said = f"{who}（{name}）家的屋顶漏水"
    instance = session.scalars(select(ProcessInstance).where(ProcessInstance.campaign_id == number)).first()
    task = session.scalars(select(Task).where(Task.campaign_id == number)).first()
    for row in (
        campaign.Meeting(
            campaign_id=number, kind="evening", held_at=now, minutes=said, agenda=[{"title": said}], attendance=[{"name": who}]
        ),
        campaign.Notification(campaign_id=number, username="he", message_id="m", kind="notice", title=said, text=said, sent_at=now),
        campaign.Report(campaign_id=number, kind="daily", day=now.date(), content={"text": said, "open": 3}, made_at=now),
        campaign.Guide(campaign_id=number, village="V01", name=who, nominated_by="cun", nominated_at=now),
        campaign.LedgerEntry(campaign_id=number, day=now.date(), line=9, problem="P9", village="V01", snapshot={"head": who, "rung": 2}),
        campaign.Question(
            campaign_id=number,
            number="Q9",
            household="V01-001",
            work_group="G01",
            village="V01",
            field="head",
            field_label="户主",
            text=said,
            asked_by="he",
            asked_at=now,
            due_at=now,
            answer=said,
        ),
        FieldComment(
            campaign_id=number,
            subject="household:1",
            form_id="f",
            submission_key=1,
            task_key=1,
            path="head",
            text=said,
            author="he",
            at=now,
        ),
        Incident(campaign_id=number, instance_key=instance.key, kind="x", message=said, created_at=now),
        Draft(
            task_key=task.key, username="he", campaign_id=number, content=personal.encrypt("draft", task.key, "content", said), saved_at=now
        ),
    ):
        session.add(row)
    instance.business_key = task.business_key = who
    events.record(session, "instance.started", Actor("he"), campaign_id=number, instance_key=instance.key, detail={"business_key": who})
    runtime.publish_message(session, "nobody_waits", who, {"said": said}, Actor("he"), campaign_id=number, message_id=name)
    photo = Attachment(
        campaign_id=number,
        task_key=task.key,
        name=f"{who}.txt",
        media_type="text/plain",
        size=9,
        sha256="0" * 64,
        stored=kept_files.write(uploads, said.encode()),
        uploaded_by="he",
        at=now,
    )
    session.add(photo)
    session.flush()
    changes = [{"path": "head", "old": "", "new": who}]
    detail = {
        "digests": contents.digests(photo),
        "name": who,
        "reason": said,
        "changes": changes,
        "variables": {"head": {"old": "", "new": who}},
    }
    events.record(session, "attachment.added", Actor("he"), campaign_id=number, instance_key=instance.key, detail=detail)


def end(db: Database) -> None:
    for instance in d.instances(db, state="ACTIVE", parent_key=None):
        db.in_transaction(lambda s, key=instance.key: runtime.cancel(s, key, Actor("x")))  # type: ignore[misc]
    jobs.drain(db)
    filling.fill_all(db)


def erase(db: Database, number: int) -> None:
    with clock.frozen(datetime(2023, 1, 1, tzinfo=UTC)):
        key = db.in_transaction(lambda s: erasing.ask(s, number, list(erasing.KINDS), "期满", SEC)).key
        db.in_transaction(lambda s: erasing.decide(s, key, AUD, confirm=True))
        jobs.drain(db)
    filling.fill_all(db)


#: how ciphertexts look wherever they stand
CIPHER = re.compile(r"v1\.[0-9a-f]{8}\.[A-Za-z0-9_=-]+")


def left(db: Database, home: Path, wanted: set[str], opened: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(place, what stands there) of everything wanted in the database, ciphertexts opened, and in the files."""
    looks_for = re.compile("|".join(map(re.escape, sorted(wanted, key=len, reverse=True))))
    known = MetaData()
    with db.engine.connect() as connection:
        known.reflect(connection, only=lambda name, _: not name.startswith("record_words"))
        for table in known.tables.values():
            if table.name == "definition":
                continue
            for row in connection.execute(select(table)).mappings():
                for column, value in row.items():
                    for text in readings(value, opened):
                        if (seen := looks_for.search(text)) is not None:
                            yield f"{table.name} {column}", seen.group()
    for file in home.rglob("*"):
        if file.is_file() and file.suffix not in (".db", ".db-wal", ".db-shm"):
            for text in readings(file.read_bytes(), opened):
                if (seen := looks_for.search(text)) is not None:
                    yield f"{file.relative_to(home).parts[0]} {file.name}", seen.group()


def readings(value: Any, opened: dict[str, str]) -> Iterator[str]:
    """A value as text, in every way in which it could be read; what is behind its ciphertexts, too."""
    for text in written(value):
        yield text
        yield from (opened[each] for each in CIPHER.findall(text) if each in opened)


def written(value: Any) -> Iterator[str]:
    """A value as text."""
    if isinstance(value, bytes):
        for unpack in (bytes, zlib.decompress, gzip.decompress):
            try:
                yield unpack(value).decode("utf-8", "replace")
            except (ValueError, zlib.error, OSError, EOFError):
                continue
    elif isinstance(value, dict | list):
        yield orjson.dumps(value).decode()
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("value", ["张三", "Zhang San", "500235197001011234", 13812345678, ["李四"], {"name": "王五"}])
def test_only_codes_and_amounts_are_left_of_contents(value: Any) -> None:
    assert str(value) not in str(plain(value)) or value == BLANK
    kept = {
        "mode": "on_site",
        "subject": "household:V02-001",
        "area": 80.5,
        "on": "2020-05-21",
        "yes": True,
        "code": "V02-001",
        "none": None,
    }
    assert plain(kept) == kept
