"""文书 in the browser: what is offered, the download and its record, changing a Word template."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.campaign.documents import word
from app.campaign.models import DocumentTemplate, Report
from app.db import Database
from app.engine import kept_files
from app.engine.models import Event
from tests import web
from tests.campaign.documents import rows
from tests.campaign.documents.reading import word as opened
from tests.campaign.documents.reading import word_text
from tests.web import CAMPAIGN, Browser

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def app(db: Database, tmp_path: Path, at: Callable[[str], datetime]) -> Flask:
    made = web.application(db, tmp_path)
    web.place(db)
    rows.deploy_forms(db)
    rows.filled_household(db)
    db.in_transaction(rows.papers)
    at("2020-05-24T12:00:00+08:00")
    web.person(db, "office", "office")
    web.person(db, "cadre", "village_cadre:V05")
    web.person(db, "checker", "spot_checker")
    web.person(db, "admin", "admin")
    return made


def events(db: Database, kind: str) -> list[Event]:
    with db.reading() as session:
        found = list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.key)))
        session.expunge_all()
        return found


def upload(browser: Browser, kind: str, content: bytes, name: str = "改过的.docx") -> str:
    answer = browser.post(f"/documents/templates/{kind}", {"file": (io.BytesIO(content), name)}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def changed(text: str) -> bytes:
    made = opened(word.original("notice"))
    made.add_paragraph(text)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_a_document_is_a_download_under_its_name_and_its_making_is_recorded(app: Flask, db: Database) -> None:
    answer = web.signed_in_as(app, "cadre").post("/documents/notice.docx", {"about": rows.NOTICE})
    assert answer.status_code == 200
    assert answer.content_type == DOCX
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert f"filename*=UTF-8''{quote('督办通知_沙扶办督〔2020〕3号.docx')}" in disposition
    (event,) = events(db, "document.made")
    assert (event.actor, event.subject, event.campaign_id) == ("cadre", "problem:V05-001", CAMPAIGN)
    assert event.detail["sha256"] == hashlib.sha256(answer.data).hexdigest()
    assert (event.detail["kind"], event.detail["format"]) == ("notice", "docx")
    uploads = app.config["DAOPAI"].uploads
    assert kept_files.path(uploads, event.detail["stored"]).read_bytes() == answer.data, "what has a number is kept as it was handed out"


def test_of_lists_no_copy_is_kept(app: Flask, db: Database) -> None:
    assert web.signed_in_as(app, "office").post("/documents/household_form.pdf", {"about": rows.HOME}).status_code == 200
    assert all("stored" not in event.detail for event in events(db, "document.made"))


def test_whether_it_was_in_the_clear_is_recorded(app: Flask, db: Database) -> None:
    for username in ("office", "cadre"):
        assert web.signed_in_as(app, username).post("/documents/household_form.pdf", {"about": rows.HOME}).status_code == 200
    assert [(event.actor, event.detail["masked"]) for event in events(db, "document.made")] == [("office", False), ("cadre", True)]


def test_looking_makes_no_document(app: Flask, db: Database) -> None:
    """A link cannot make one, nor a form of another site; what does not exist leaves no record."""
    browser = web.signed_in_as(app, "office")
    assert browser.get("/documents/ledger.xlsx").status_code == 405
    assert browser.client.post("/documents/ledger.xlsx").status_code == 400
    for path in ("/documents/ledger.docx", "/documents/nothing.pdf", "/documents/notice.exe"):
        assert browser.post(path).status_code == 404
    assert browser.post("/documents/notice.pdf", {"about": "no such notice"}).status_code == 404
    assert events(db, "document.made") == []


def test_a_document_of_the_whole_town_that_has_no_content_yet_says_so(app: Flask, db: Database) -> None:
    """Its button stands there from the first day; "not found" would be the wrong answer to who may make it."""
    db.in_transaction(lambda session: session.execute(delete(Report).where(Report.kind == "spot_check_report")))
    answer = web.signed_in_as(app, "office").post("/documents/spot_check_report.docx")
    assert answer.status_code == 404 and "还没有内容可以生成" in answer.text
    assert web.signed_in_as(app, "cadre").post("/documents/spot_check_report.docx").status_code == 404
    assert events(db, "document.made") == []


def test_the_page_offers_what_the_role_makes(app: Flask) -> None:
    office, checker = (web.signed_in_as(app, username).get("/documents").text for username in ("office", "checker"))
    assert "/documents/staff.xlsx" in office
    assert f'value="{rows.NOTICE}"' in office
    assert 'value="2020-05-22"' in office
    assert "/documents/templates" in office
    assert "/documents/spot_check_report.docx" in checker
    assert "/documents/household_form.pdf" not in checker
    assert "/documents/templates" not in checker


def test_an_office_changes_a_template_and_goes_back(app: Flask, db: Database) -> None:
    browser = web.signed_in_as(app, "office")
    downloaded = browser.get("/documents/templates/notice")
    assert downloaded.data == word.original("notice")
    assert "本单位模板 第 1 版" in upload(browser, "notice", changed("联系人：办公室，{{ 发文字号 }}"))
    made = browser.post("/documents/notice.docx", {"about": rows.NOTICE})
    assert "联系人：办公室，沙扶办督〔2020〕3号" in word_text(made.data)
    assert "联系人" not in word_text(browser.post("/documents/village_report.docx", {"about": "V05"}).data)
    upload(browser, "notice", changed("第二版"))
    assert "第二版" in word_text(browser.post("/documents/notice.docx", {"about": rows.NOTICE}).data)
    browser.post("/documents/templates/notice/withdrawal")
    assert "第二版" not in word_text(browser.post("/documents/notice.docx", {"about": rows.NOTICE}).data)
    assert [event.detail["revision"] for event in events(db, "template.changed")] == [1, 2]
    assert [event.detail["withdrawn"] for event in events(db, "template.withdrawn")] == [2]
    with db.reading() as session:
        assert session.scalar(select(DocumentTemplate.revision).order_by(DocumentTemplate.revision.desc())) == 2  # kept


def test_a_bad_template_is_refused_with_a_sentence_and_nothing_changes(app: Flask, db: Database) -> None:
    browser = web.signed_in_as(app, "office")
    assert "模板中用了没有的名称" in upload(browser, "notice", changed("{{ 没有 }}"))
    assert "只能写本页列出的名称" in upload(browser, "notice", changed("{{ ''.__class__ }}"))
    assert "文件无法打开" in upload(browser, "notice", b"nothing")
    assert events(db, "template.changed") == []
    assert browser.post("/documents/templates/ledger", {}).status_code == 404


def test_templates_are_a_campaign_s_own(app: Flask, db: Database) -> None:
    upload(web.signed_in_as(app, "office"), "notice", changed("本镇"))
    web.person(db, "neighbour", "office", campaign_id=9)
    assert web.signed_in_as(app, "neighbour").get("/documents/templates/notice").data == word.original("notice")


def test_a_hostile_file_name_of_a_template_is_only_text(app: Flask) -> None:
    name = "<img src=x onerror=alert(1)>.docx"
    page = upload(web.signed_in_as(app, "office"), "notice", changed("x"), name)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
