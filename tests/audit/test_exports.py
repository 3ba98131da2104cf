"""What auditors take away: exactly the filtered view, inert and masked; recorded; and much of it only with a second person."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.exporting import tables
from app.audit.exporting.choice import Choice, records
from app.audit.exporting.formats import FORMATS
from app.audit.queries import Filter
from app.db import Database
from app.engine import events
from app.engine.actor import Actor
from app.engine.models import Event
from tests import web
from tests.audit.played import run

PHONE = "13812345678"
FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    for name in ("ann", "bob"):
        web.person(db, name, "auditor", campaign_id=0)
    for number in range(6):
        detail = {"note": f"{FORMULA} {PHONE} 第{number}条"}
        run(db, events.record, "comment.added", Actor("=li"), campaign_id=7, subject="household:V05-001", detail=detail)
    run(db, events.record, "comment.added", Actor("he"), campaign_id=8, subject="household:V05-001")
    return web.application(db, tmp_path, export_rows=15)


def told(db: Database, kind: str) -> list[Event]:
    with db.reading() as session:
        return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.key)))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "＝1", "  =1"])
def test_what_a_spreadsheet_would_run_is_inert(text: str) -> None:
    assert tables.inert(text) == f"'{text}"
    assert tables.inert("1=1") == "1=1"


def rows_of(content: bytes, ending: str) -> list[list[Any]]:
    if ending == "csv":
        assert content.startswith("\ufeff".encode())
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}, "a cell of a formula"
    return [[cell.value or "" for cell in row] for row in book.active.iter_rows()]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_table_is_exactly_the_filtered_view(app: Flask, db: Database, ending: str) -> None:
    answer = web.signed_in_as(app, "ann").post("/audit/exports", {"format": ending, "campaign": "7", "kind": "comment"})
    assert answer.status_code == 200
    heading, *rows = rows_of(answer.data, ending)
    assert heading == tables.heading("zh")
    expected = [str(each.key) for each in told(db, "comment.added") if each.campaign_id == 7]
    assert [row[0] for row in rows] == expected[::-1]
    whole = "\n".join(str(cell) for row in rows for cell in row)
    assert PHONE not in whole
    assert "138****5678" in whole
    assert {row[7] for row in rows} == {"'=li"}
    (made,) = told(db, "export.made")
    assert (made.actor, made.detail["rows"], made.detail["format"]) == ("ann", 6, ending)
    assert made.detail["filter"] == {"campaign": "7", "kind": "comment"}
    assert f"{made.key}.{ending}" in answer.headers["Content-Disposition"]


def test_rows_of_a_whole_campaign_are_counted_without_reading_them(app: Flask, db: Database, statements: Any) -> None:
    newest = told(db, "comment.added")[2].key
    for wanted in (Filter(campaign=7), Filter(campaign=7, kind="comment")):
        choice = Choice("csv", wanted, newest)
        with db.reading() as session:
            with statements(db) as seen:
                rows = FORMATS["csv"].rows(session, choice)
            assert rows == sum(1 for _each in records(session, choice)) > 0
    assert len(seen) > 1, "what a filter leaves has to be looked through"
    with db.reading() as session, statements(db) as seen:
        FORMATS["csv"].rows(session, replace(choice, wanted=Filter(campaign=7)))
    assert len(seen) == 1


def test_taking_bit_by_bit_needs_a_second_person_too(app: Flask, db: Database) -> None:
    asked = {"format": "csv", "campaign": "7", "kind": "comment"}
    browser = web.signed_in_as(app, "ann")
    assert [browser.post("/audit/exports", asked).status_code for _each in range(3)] == [200, 200, 303]
    assert len(told(db, "export.made")) == 2
    assert not told(db, "export.requested"), "without a reason nothing is asked for"
    assert web.signed_in_as(app, "bob").post("/audit/exports", asked).status_code == 200


@pytest.fixture
def request_key(app: Flask, db: Database) -> Iterator[int]:
    """Ann asked for everything there is."""
    app.config["DAOPAI"] = replace(app.config["DAOPAI"], export_rows=3)
    answer = web.signed_in_as(app, "ann").post("/audit/exports", {"format": "csv", "kind": "comment", "q": "第3条", "reason": "核查"})
    assert answer.status_code == 200, "one row needs nobody"
    answer = web.signed_in_as(app, "ann").post("/audit/exports", {"format": "csv", "kind": "comment", "reason": "核查"})
    assert answer.status_code == 303
    (event,) = told(db, "export.requested")
    yield event.key


def test_many_rows_need_a_second_person(app: Flask, db: Database, request_key: int) -> None:
    ann, bob = web.signed_in_as(app, "ann"), web.signed_in_as(app, "bob")
    file, decision = f"/audit/exports/{request_key}/file", f"/audit/exports/{request_key}/decision"
    assert ann.post(file).status_code == 303, "not confirmed"
    ann.post(decision, {"decision": "confirm"})
    assert not told(db, "export.confirmed"), "not by who asked"
    page = bob.get("/audit/exports").get_data(as_text=True)
    assert "待批准" in page
    assert "核查" in page
    bob.post(decision, {"decision": "confirm"})
    bob.post(decision, {"decision": "reject"})
    assert [each.actor for each in told(db, "export.confirmed")] == ["bob"]
    assert not told(db, "export.rejected"), "decided once"
    assert bob.post(file).status_code == 404, "who confirms does not take"
    run(db, events.record, "comment.added", Actor("li"), campaign_id=7)
    answer = ann.post(file)
    assert len(rows_of(answer.data, "csv")) == 8, "what came later is not in it"
    made = told(db, "export.made")[-1]
    assert (made.detail["request"], made.detail["rows"]) == (str(request_key), 7)
    assert re.search("已下载 1 次", ann.get("/audit/exports").get_data(as_text=True))


def test_what_was_rejected_is_not_given(app: Flask, db: Database, request_key: int) -> None:
    web.signed_in_as(app, "bob").post(f"/audit/exports/{request_key}/decision", {"decision": "reject"})
    answer = web.signed_in_as(app, "ann").post(f"/audit/exports/{request_key}/file")
    assert answer.status_code == 303
    assert "已驳回" in web.signed_in_as(app, "ann").get("/audit/exports").get_data(as_text=True)
    assert len(told(db, "export.made")) == 1


def test_get_takes_nothing_and_a_format_that_is_none_is_refused(app: Flask, db: Database) -> None:
    browser = web.signed_in_as(app, "ann")
    assert browser.get("/audit/exports?format=csv&kind=comment").status_code == 200
    assert browser.post("/audit/exports", {"format": "exe"}).status_code == 422
    assert browser.client.post("/audit/exports", data={"format": "csv"}).status_code == 400, "without a token"
    assert not told(db, "export.made")
