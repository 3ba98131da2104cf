"""发起 in real Chromium: errors at the fields, what was typed stays, where it goes follows the choice, the first task is one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from app.auth import sessions
from app.db import Database
from app.engine import definitions
from app.engine.models import ProcessInstance
from tests import web
from tests.browser.serving import PHONE, Visit, chromium, serving

pytestmark = pytest.mark.browser
FILES = {path.name: path.read_bytes() for path in (Path(__file__).parent.parent / "inbox" / "starting").iterdir()}


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    made = web.application(sqlite_db, tmp_path)
    web.place(sqlite_db)
    web.person(sqlite_db, "li", "investigator:G03", name="李调查")
    web.person(sqlite_db, "wang", "instructor:G03", name="王指导")
    sqlite_db.in_transaction(lambda s: definitions.deploy(s, FILES, web.CLI, now=datetime.fromisoformat("2020-05-21T08:00:00+08:00")))
    return made


@pytest.fixture
def visit(app: Flask, sqlite_db: Database) -> Iterator[Visit]:
    with chromium() as browser, serving(app) as base:
        token = sqlite_db.in_transaction(lambda session: sessions.open_session(session, "li", how="password", ip="", agent=""))
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        opened = Visit(browser, base, cookie=serializer.dumps({"_user_id": token}), size=PHONE)
        yield opened
        opened.close()
        assert [text for text in opened.complaints if not re.search(r"status of (409|422)", text)] == []


def test_somebody_starts_a_process_and_works_on_its_first_task(visit: Visit, sqlite_db: Database) -> None:
    page = visit.page
    page.goto(f"{visit.base}/start")
    page.get_by_role("link", name=re.compile("情况反映")).click()
    page.locator("[data-submit]").click()
    expect(page.locator("[data-wrong]")).to_contain_text("处要改正")
    page.get_by_label("工作组").fill("G04")
    page.get_by_label("什么情况").fill("大雨冲断道路")
    expect(page.locator("[data-next]")).to_contain_text("研究答复")
    page.keyboard.press("Tab")  # leaving the field takes its error away, and what is below moves up
    page.keyboard.press("Space")
    expect(page.get_by_label("紧急")).to_be_checked()
    expect(page.locator("[data-next]")).to_have_text("写明现场情况")
    page.locator("[data-submit]").click()
    expect(page.locator("[data-problem]")).to_contain_text("不由您发起")
    page.reload()
    expect(page.get_by_label("什么情况")).to_have_value("大雨冲断道路")
    page.get_by_label("工作组").fill("G03")
    page.locator("[data-submit]").click()
    page.wait_for_url(re.compile(r"/tasks/\d+"))
    expect(page.locator("#messages")).to_contain_text("“情况反映 大雨冲断道路”已发起，现在到：写明现场情况。")
    with sqlite_db.reading() as session:
        (made,) = session.scalars(select(ProcessInstance)).all()
    assert (made.started_by, made.campaign_id) == ("li", web.CAMPAIGN)
    page.goto(f"{visit.base}/start/report")
    expect(page.get_by_label("什么情况")).to_have_value("")
