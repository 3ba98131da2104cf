"""Personal contents go after their time, by two persons, and every chain stays whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app import personal_contents
from app.acts import uploads
from app.acts.models import Attachment
from app.campaign.models import Household
from app.db import Database
from app.engine import erasing, jobs
from app.engine.actor import Actor
from app.engine.chain_models import Erasure
from app.engine.change_journal import restart
from app.engine.erased_contents import BLANK
from app.engine.errors import Conflict
from app.engine.models import Event, ProcessInstance
from app.engine.proof import anchors, verify_records, write_seals
from app.forms.models import Submission
from tests.audit import played
from tests.audit.played import run
from tests.engine import drawing as d

SEC, AUD = Actor("security", origin="10.0.0.8"), Actor("auditor", origin="10.0.0.9")
At = Callable[[str], datetime]
assert personal_contents


@pytest.fixture
def played_out(db: Database, at: At, tmp_path: Path) -> Database:
    """Everything has happened, and every instance has ended."""
    played.play(db, tmp_path)
    for instance in d.instances(db, state="ACTIVE", parent_key=None):
        run(db, played.runtime.cancel, instance.key, played.BOB)
    jobs.drain(db)
    write_seals.run(db, everything=True)
    erasing.install(tmp_path / "uploads")
    return db


def refused(code: str, db: Database, verb: Callable[..., object], *args: object, **named: object) -> None:
    with pytest.raises(Conflict) as error:
        run(db, verb, *args, **named)
    assert error.value.code == code and error.value.text("zh") != error.value.text("en")


def verified(db: Database) -> list[str]:
    return [finding.text("en") for finding in verify_records.verify(db, anchors.read(write_seals.anchor_file())).findings]


def test_what_is_erased_is_gone_and_the_records_still_verify(played_out: Database, at: At, tmp_path: Path) -> None:
    db = played_out
    at("2022-06-01T08:00:00+08:00")
    jobs.drain(db)  # what expires by then
    asked = run(db, erasing.ask, 7, list(erasing.KINDS), "期满", SEC)
    run(db, erasing.decide, asked.key, AUD, confirm=True)
    jobs.drain(db)
    with db.reading() as session:
        assert session.get_one(Erasure, asked.key).state == "DONE"
        assert all("enc" not in str(row.data) and "gone" in str(row.data) for row in session.scalars(select(Submission)))
        assert {row.name for row in session.scalars(select(Attachment))} == {BLANK}
        assert not uploads.path(tmp_path / "uploads", played.STORED).exists()
        records = session.scalars(select(Event).where(Event.campaign_id == 7)).all()
        assert "去县里" not in str([row.detail for row in records])
        assert {row.salt for row in records if row.kind != restart.KIND} == {""}, "but what is told of rows as they are now"
        assert "张三" not in str([row.head for row in session.scalars(select(Household))])
        old = [row.detail["states"] for row in records if "states" in row.detail and row.kind != restart.KIND]
        assert old and all(states.keys() == {"gone"} for states in old), "names cannot be guessed from digests of rows"
        assert {row.label for row in session.scalars(select(ProcessInstance))} == {BLANK}
    assert verified(db) == []
    write_seals.run(db, everything=True)
    assert verified(db) == []

    # What was not personal is still proved.
    with db.reading() as session:
        key, data = session.execute(select(Submission.key, Submission.data).limit(1)).one()
    run(db, lambda session: session.execute(update(Submission).where(Submission.key == key).values(data={**data, "income": 1})))
    assert len(verified(db)) == 1 and "submission" in verified(db)[0]
    with db.engine.begin() as connection:
        connection.execute(update(Household.__table__).where(Household.code == "V01-001").values(kind="key_general"))
    assert ["household" in finding for finding in verified(db)].count(True) == 1


def test_nobody_erases_alone_too_early_or_while_the_campaign_runs(sqlite_db: Database, at: At, tmp_path: Path) -> None:
    db = sqlite_db
    played.play(db, tmp_path)
    run(db, played.runtime.start, "p", {}, played.ANN, campaign_id=7)
    assert set(run(db, erasing.due, 7).values()) == {None}
    refused("erasure_running_campaign", db, erasing.ask, 7, ["texts"], "", SEC)
    for instance in d.instances(db, state="ACTIVE", parent_key=None):
        run(db, played.runtime.cancel, instance.key, played.BOB)
    jobs.drain(db)
    at("2020-12-01T08:00:00+08:00")
    refused("erasure_too_early", db, erasing.ask, 7, ["texts"], "", SEC)
    run(db, erasing.keep_for, "texts", erasing.LEAST, SEC)
    asked = run(db, erasing.ask, 7, ["texts"], "", SEC)
    refused("erasure_same_person", db, erasing.decide, asked.key, SEC, confirm=True)
    run(db, erasing.decide, asked.key, AUD, confirm=False)
    refused("erasure_decided", db, erasing.decide, asked.key, AUD, confirm=True)


def test_less_than_six_months_is_refused(sqlite_db: Database) -> None:
    db = sqlite_db
    refused("retention_too_short", db, erasing.keep_for, "texts", erasing.LEAST - 1, SEC)
    assert set(run(db, erasing.days).values()) == {erasing.DEFAULT}
