"""Submitted forms in the database: encrypted, masked, chained, compared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text

from app.config import ROOT
from app.db import Database
from app.engine.actor import Actor
from app.engine.errors import NotFound
from app.engine.models import Definition, Deployment
from app.forms import submissions
from app.forms.models import Submission
from app.personal import PersonalDataError
from tests.forms import samples
from tests.forms.conftest import form

ACTOR = Actor("li", on_behalf_of="wang", origin="10.0.0.1")


@pytest.fixture
def form_key(db: Database) -> int:
    def work(session: Any) -> int:
        now = datetime.now(UTC)
        deployment = Deployment(created_at=now, actor="admin")
        session.add(deployment)
        session.flush()
        content = (ROOT / "forms" / "household_registered.form").read_bytes()
        definition = Definition(
            deployment_key=deployment.key,
            kind="form",
            id="household_registered",
            version=3,
            resource="household_registered.form",
            checksum="0" * 64,
            content=content,
            created_at=now,
        )
        session.add(definition)
        session.flush()
        return int(definition.key)

    return db.in_transaction(work)


def save(db: Database, form_key: int, outcome: Any, subject: str = "household:V01-001", scope: str = "V01") -> int:
    def work(session: Any) -> int:
        place = {"campaign_id": 1, "subject": subject, "scope": scope, "form_key": form_key, "version": 3}
        return int(submissions.save(session, form("household_registered"), outcome, ACTOR, **place).key)

    return db.in_transaction(work)


def test_personal_values_never_lie_open_in_the_database(db: Database, form_key: int, check: Any) -> None:
    key = save(db, form_key, check("household_registered", samples.registered(phone="13812345678")))
    with db.reading() as session:
        raw = orjson.dumps(session.get(Submission, key).data).decode()  # type: ignore[union-attr]
        stored = str(session.execute(text("select data from submission")).scalar_one())
    for secret in ("13812345678", samples.member()["id_number"], "healthy"):
        assert secret not in raw and secret not in stored


def test_reading_masks_unless_it_is_asked_otherwise(db: Database, form_key: int, check: Any) -> None:
    outcome = check("household_registered", samples.registered(phone="13812345678"))
    key = save(db, form_key, outcome)
    with db.reading() as session:
        masked = submissions.read(session, key)
        assert (masked["phone"], masked["members"][0]["id_number"][6:14], masked["members"][0]["health"]) == (
            "138****5678",
            "*" * 8,
            "******",
        )
        assert submissions.read(session, key, unmask=True) == outcome.data
        with pytest.raises(NotFound):
            submissions.read(session, 1)


def test_a_cipher_moved_to_another_row_does_not_open(db: Database, form_key: int, check: Any) -> None:
    outcome = check("household_registered", samples.registered(phone="13812345678"))
    first, second = save(db, form_key, outcome), save(db, form_key, outcome)

    def swap(session: Any) -> None:
        one, other = session.get(Submission, first), session.get(Submission, second)
        other.data = {**other.data, "phone": one.data["phone"]}

    db.in_transaction(swap)
    with db.reading() as session, pytest.raises(PersonalDataError):
        submissions.read(session, second, unmask=True)


def test_a_later_submission_is_the_next_revision_and_the_latest(db: Database, form_key: int, check: Any) -> None:
    first = save(db, form_key, check("household_registered", samples.registered()))
    second = save(db, form_key, check("household_registered", samples.registered(head="李四")))
    other = save(db, form_key, check("household_registered", samples.registered()), subject="household:V01-002")
    with db.reading() as session:
        latest = submissions.latest(session, 1, "household_registered", "household:V01-001")
        assert latest is not None and (latest.key, latest.revision, latest.actor, latest.on_behalf_of) == (second, 2, "li", "wang")
        assert submissions.latest(session, 2, "household_registered", "household:V01-001") is None
        either = submissions.latest(session, 1, ["household_key_general", "household_registered"], "household:V01-001")
        assert either is not None and either.key == second
        assert [found.key for found in submissions.history(session, 1, "household_registered", "household:V01-001")] == [first, second]
        assert [found.key for found in submissions.latest_of_scope(session, 1, "household_registered", "V01")] == [second, other]
        assert submissions.latest_of_scope(session, 1, "household_registered", "V02") == []


def test_two_at_the_same_moment_become_two_revisions(db: Database, form_key: int, check: Any) -> None:
    """Both saw revision 1; the second transaction is run again."""
    outcome = check("household_registered", samples.registered())
    save(db, form_key, outcome)
    runs = []

    def work(session: Any) -> int:
        runs.append(1)
        place = {"campaign_id": 1, "subject": "household:V01-001", "scope": "V01", "form_key": form_key, "version": 3}
        if len(runs) == 1:
            session.scalar(select(Submission.revision))
            session.rollback()
            real = session.scalar
            session.scalar = lambda *_query: 0  # as if the other's row were not there yet
            try:
                return int(submissions.save(session, form("household_registered"), outcome, ACTOR, **place).revision)
            finally:
                session.scalar = real
        return int(submissions.save(session, form("household_registered"), outcome, ACTOR, **place).revision)

    assert db.in_transaction(work) == 2 and len(runs) == 2


def test_reasons_and_problems_are_kept_with_the_form(db: Database, form_key: int, check: Any) -> None:
    data = samples.registered(**{"satisfaction.score": 1, "living.bedding": "no"})
    outcome = check("household_registered", {**data, "_reasons": {"low_satisfaction": "嫌补助少"}})
    key = save(db, form_key, outcome)
    with db.reading() as session:
        kept = session.get(Submission, key)
        assert kept is not None
        assert [(warning["code"], warning["reason"]) for warning in kept.warnings] == [("low_satisfaction", "嫌补助少")]
        assert [(problem["code"], problem["params"]["kind"]) for problem in kept.problems] == [("bedding_shortage", "shortfall")]
        assert "_reasons" not in kept.data


def test_changes_name_every_field_that_differs() -> None:
    """R09."""
    old = {"head": "张三", "phone": "", "income": {"wage": 1}, "members": [{"name": "甲"}, {"name": "乙"}], "tags": ["a"]}
    new = {"head": "李四", "phone": None, "income": {"wage": 1}, "members": [{"name": "甲", "age": 3}], "tags": ["a", "b"]}
    assert submissions.changes(old, new) == [
        ("head", "张三", "李四"),
        ("members[0].age", None, 3),
        ("tags", ["a"], ["a", "b"]),
        ("members[1].name", "乙", None),
    ]


def test_saving_costs_five_statements(db: Database, form_key: int, check: Any, statements: Any) -> None:
    """The newest revision, the new one, the record, and the head of its chain twice. In a completion the step writes both."""
    outcome = check("household_registered", samples.registered())
    with statements(db) as seen:
        save(db, form_key, outcome)
    assert len(seen) == 5, seen
