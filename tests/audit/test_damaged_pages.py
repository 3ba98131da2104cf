"""Auditors' pages over a played campaign in which any column of any row is rubbish: never a traceback, and what cannot be read is said."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.audit.conformance import rules
from app.audit.search import filling
from app.db import Database
from app.engine.models import Event, ProcessInstance
from app.engine.proof import write_seals
from app.forms.models import Submission
from tests import web
from tests.audit.history import History
from tests.audit.test_verdict import lax, spoil
from tests.browser.test_village_form import Place

ROUNDS = 8
#: what auditors' pages are made of
ABOUT = frozenset(
    (
        *("event", "activity", "submission", "user_task", "process_instance", "household", "problem", "village", "campaign", "account"),
        *("definition", "deployment", "seal", "sealed_head", "record_index", "record_span", "erasure", "retention", "role_assignment"),
    )
)


def addresses(made: History) -> list[str]:
    """Every page and every answer to a script that an auditor reads."""
    number, code = made.campaign, made.home.code
    with made.place.db.reading() as session:
        events = list(session.scalars(select(Event.key).order_by(Event.key)))
        instances = list(session.scalars(select(ProcessInstance.key).where(ProcessInstance.subject == made.subject)))
        form = session.scalars(select(Submission.key)).first()
        village = made.home.village
        definition = session.scalars(select(ProcessInstance.definition_key).where(ProcessInstance.key == instances[0])).one()
    at = made.snapshots[-1][0].strftime("%Y-%m-%dT%H:%M")
    return [
        *(
            "/audit/",
            "/audit/?q=销号",
            "/audit/?kind=task.completed",
            "/audit/proof",
            "/audit/seals/1",
            "/audit/retention",
            "/audit/exports",
        ),
        *(f"/audit/records/{key}" for key in (events[0], events[len(events) // 2], events[-1])),
        *(f"/audit/households/{number}/{code}", f"/audit/households/{number}/{code}/known?at={at}", f"/audit/villages/{number}/{village}"),
        *(f"/audit/instances/{key}{rest}" for key in instances[:2] for rest in ("", "/replay")),
        *("/audit/people/he", "/audit/people/zu", f"/audit/submissions/{form}", "/audit/pictures", "/audit/conformance"),
        *(f"/audit/conformance/{number}/{name}{rest}" for name in list(rules.RULES)[:3] for rest in ("", "/count")),
        f"/audit/pictures/{number}/{definition}",
    ]


@pytest.mark.parametrize("seed", range(2))
def test_no_damage_breaks_a_page(sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path, seed: int) -> None:
    made, app = played_for(sqlite_db, at, tmp_path)
    paths = addresses(made)
    browser = web.signed_in_as(app, "auditor")
    assert all(browser.get(path).status_code == 200 for path in paths), [path for path in paths if browser.get(path).status_code != 200]
    file = Path(sqlite_db.engine.url.database or "")
    lax(sqlite_db)
    sound = Path(shutil.copy(file, tmp_path / "sound.db"))
    chance, said = random.Random(seed), 0
    for _number in range(ROUNDS):
        sqlite_db.dispose()
        for old in file.parent.glob(f"{file.name}-*"):
            old.unlink()
        shutil.copy(sound, file)
        with sqlite_db.engine.begin() as connection:
            done = [spoil(connection, chance, ABOUT) for _ in range(4)]
        for path in paths:
            said += looked_at(browser.get(path), f"{path} {done}")
    assert said, "some of it was unreadable, and was said to be"


def test_a_page_that_cannot_be_read_says_so_and_where_to_look(sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path) -> None:
    """In words and with a number, as a page and for a script; the pages beside it are still there."""
    app = web.application(sqlite_db, tmp_path, seal_key="5e" * 32)
    web.person(sqlite_db, "auditor", "auditor", campaign_id=0, name="审计员甲")
    browser = web.signed_in_as(app, "auditor")
    with sqlite_db.engine.begin() as connection:
        key = connection.execute(text('SELECT max("key") FROM event')).scalar()
        connection.execute(text("UPDATE event SET detail = '{' WHERE \"key\" = :key"), {"key": key})
    page = browser.get(f"/audit/records/{key}")
    assert page.status_code == 422 and "读不出来" in page.text and "核验" in page.text and "<code>" in page.text
    answer = browser.get(f"/audit/records/{key}", headers={"Accept": "application/json"})
    assert answer.status_code == 422 and answer.json is not None and answer.json["instance"]
    assert browser.get("/audit/proof").status_code == 200 and browser.get("/audit/records/1").status_code == 404


def played_for(db: Database, at: Callable[[str], datetime], home: Path) -> tuple[History, Flask]:
    app = web.application(db, home, seal_key="5e" * 32)
    at("2020-05-21T08:00:00+08:00")
    web.person(db, "auditor", "auditor", campaign_id=0, name="审计员甲")
    with app.test_request_context():
        made = History(Place(db), at)
        made.play()
    write_seals.run(db, everything=True)
    filling.fill_all(db)
    return made, app


def looked_at(answer: Any, where: str) -> int:
    """1 when the page says that something cannot be read. Pages that are not there, or lead elsewhere, are answers, too."""
    assert answer.status_code in (200, 302, 303, 403, 404, 422), f"{answer.status}: {where}"
    shown = answer.get_data(as_text=True)
    assert "Traceback" not in shown, where
    if answer.status_code != 422:
        return 0
    assert "读不出来" in shown or "读不出来" in str(answer.json), where
    return 1
