"""One damaged row takes no list down, whoever opens it and on either database: it says so, goes on, and nothing is built on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, Connection, Table, select, text

from app import personal, unreadable
from app.audit.search import filling
from app.auth.guard import public
from app.auth.roles import ROLES
from app.campaign.models import Village
from app.db import Base, Database, Day, Json, UtcDateTime
from app.engine.proof import adopt_rows, verify_records, write_seals
from tests import web
from tests.audit.history import History
from tests.browser.test_village_form import Place
from tests.campaign import world

WORDS = "无法读取"
#: What every page stands on, and no list shows: who is signed in, the campaign and its settings; and the proof's own files.
GROUND = {"account", "login_session", "session", "role_assignment", "campaign", "campaign_setting", "setting", "campaign_counter"}
_LISTS = re.compile(r"^(?!/static|/language|/logout|/sign-out|/sw|/files)")


@pytest.fixture
def app(db: Database, at: Callable[[str], datetime], tmp_path: Path) -> Flask:
    app = web.application(db, tmp_path, seal_key="5e" * 32)
    at("2020-05-21T08:00:00+08:00")
    db.in_transaction(adopt_rows.begin)
    with app.test_request_context():
        History(Place(db), at).play()
    web.everybody(db)
    for code in ("V05-901", "V05-902"):
        world.write(db, world.new(code, phone="13900001234", bank="6222020000001234567"))
    write_seals.run(db, everything=True)
    filling.fill_all(db)
    return app


def columns(wanted: Callable[[Column[Any]], bool]) -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        if table.name not in GROUND:
            yield from ((table, column) for column in table.columns if wanted(column) and not column.primary_key)


def rubbish(column: Column[Any], sqlite: bool) -> str:
    """What nobody can read in *column*, as SQL. PostgreSQL keeps no JSON that is none, and no day that is none but infinity."""
    if isinstance(column.type, Json):
        return "'{'" if sqlite else {dict: "'[]'", list: "'{}'"}.get(column.type.shape, "'7'")  # type: ignore[arg-type]
    if isinstance(column.type, UtcDateTime | Day):
        return "'2020-13-45 25:00:00'" if sqlite else "'infinity'"
    return "'v1.00000000.' || 'A'"


def damage(connection: Connection, table: Table, column: Column[Any], *, sqlite: bool) -> int:
    """One row of *table*, the newest; 0 when it has none."""
    key = list(table.primary_key)[0].name
    where = (
        f'"{key}" = (SELECT max("{key}") FROM "{table.name}" WHERE "{column.name}" IS NOT NULL AND CAST("{column.name}" AS TEXT) <> \'\')'
    )
    return connection.execute(text(f'UPDATE "{table.name}" SET "{column.name}" = {rubbish(column, sqlite)} WHERE {where}')).rowcount  # noqa: S608


def spoilt(db: Database, wanted: Callable[[Column[Any]], bool]) -> set[str]:
    done = set()
    with db.engine.begin() as connection:
        for table, column in columns(wanted):
            if damage(connection, table, column, sqlite=db.is_sqlite):
                done.add(f"{table.name}.{column.name}")
    return done


#: kind of damage → columns
KINDS: dict[str, Callable[[Column[Any]], bool]] = {
    "ciphertext": lambda column: column.name.endswith("_cipher"),
    "JSON": lambda column: isinstance(column.type, Json),
    "moments": lambda column: isinstance(column.type, UtcDateTime | Day),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_every_list_goes_on(app: Flask, kind: str) -> None:
    db: Database = app.extensions["daopai.db"]
    done = spoilt(db, KINDS[kind])
    assert len(done) >= (2 if kind == "ciphertext" else 10), done
    paths = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    failed, opened, said = {}, 0, set()
    for who in ROLES:
        browser = web.signed_in_as(app, who)
        for path in filter(_LISTS.match, paths):
            with browser.get(path) as answer:
                opened += answer.status_code == 200
                if WORDS in answer.get_data(as_text=True) and answer.status_code == 200:
                    said.add(path)
                if answer.status_code >= 500 or answer.status_code in (400, 409, 422):
                    failed[who, path] = answer.status_code
    assert failed == {}
    assert opened > 50 and (said or kind == "ciphertext")


def test_what_is_built_on_it_is_refused_and_the_household_is_shown(app: Flask) -> None:
    """A page of one household marks the value; whoever would write over it gets a sentence, and nothing has changed."""
    db: Database = app.extensions["daopai.db"]
    done = spoilt(db, lambda column: column.name == "phone_cipher" and column.table.name == "household")
    assert done == {"household.phone_cipher"}
    with db.reading() as session:
        key, code, cipher = session.execute(
            text("SELECT \"key\", code, phone_cipher FROM household WHERE phone_cipher LIKE 'v1.0000%'")
        ).one()
        assert personal.decrypt("household", key, "phone_cipher", cipher) == unreadable.WORDS
    office = web.signed_in_as(app, "office")
    page = office.get(f"/households/{code}")
    assert page.status_code == 200 and WORDS in page.text
    shown = office.post("/personal/unmask", {"what": "household.phone", "key": str(key), "reason": "核对"})
    assert shown.status_code == 422 and WORDS in shown.text
    with pytest.raises(personal.PersonalDataError):
        db.in_transaction(lambda session: personal.decrypt("household", key, "phone_cipher", cipher))


def test_nothing_is_written_over_what_cannot_be_read(db: Database) -> None:
    web.place(db)
    done = spoilt(db, lambda column: column.table.name == "village" and column.name == "facts")
    assert done
    with db.reading() as session:
        rows = session.scalars(select(Village).order_by(Village.key)).all()
        assert len(rows) > 1 and [isinstance(row.facts, unreadable.Dict) for row in rows].count(True) == 1

    def write(session: Any) -> None:
        for row in session.scalars(select(Village)):
            row.facts = {**row.facts, "road": 1}

    with pytest.raises(unreadable.UnreadableData) as refused:
        db.in_transaction(write)
    assert refused.value.place == "village.facts"


def test_the_sentence_says_what_is_kept_and_what_to_do(sqlite_db: Database, tmp_path: Path) -> None:
    app = web.application(sqlite_db, tmp_path)

    @app.get("/nowhere")
    def nowhere() -> str:
        raise unreadable.UnreadableData("village.facts")

    public(nowhere)
    answer = web.browser(app).get("/nowhere")
    assert answer.status_code == 422
    assert all(word in answer.text for word in (WORDS, "没有改动任何数据", "仍在", "管理员", "核验"))
    assert "village.facts" not in answer.text


def test_a_verification_still_names_the_row(app: Flask) -> None:
    db: Database = app.extensions["daopai.db"]
    with db.engine.begin() as connection:
        key = connection.execute(text('SELECT max("key") FROM household')).scalar_one()
    assert spoilt(db, lambda column: column.table.name == "household" and column.name in ("phone_cipher", "facts"))
    found = verify_records.verify(db).findings
    assert any(str(key) in str(each.as_json()) for each in found), found
