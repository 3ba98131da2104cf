"""The player in real Chromium: a draft is tried with its real form, a service answer and the clock, and kept as a scenario; both widths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from app.db import Database
from app.deploying import shipped_files
from app.engine import definitions
from app.modeler.drafts import store as drafts
from app.modeler.trial import shipped
from tests import web
from tests.browser.serving import DESK, PHONE, Visit, aside, chromium, serving
from tests.modeler.trying import ADMIN, BEGIN

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def visit(sqlite_db: Database, tmp_path: Path, browser: Browser) -> Iterator[Visit]:
    """An administrator; everything that is shipped is deployed, and the question's process is a draft."""

    def prepare() -> None:
        sqlite_db.in_transaction(lambda session: definitions.deploy(session, shipped_files(), ADMIN, now=BEGIN))
        sqlite_db.in_transaction(lambda session: shipped.load(session, shipped.files(), ADMIN))
        content = shipped_files()["question.bpmn"]
        made = {"kind": "process", "resource": "question.bpmn", "content": content}
        sqlite_db.in_transaction(lambda session: drafts.create(session, ADMIN, **made))
        web.person(sqlite_db, "zhang", "admin", name="张管理")

    aside(prepare)
    app = web.application(sqlite_db, tmp_path)
    with serving(app) as base:
        cookie = web.signed_in_as(app, "zhang").client.get_cookie("daopai")
        assert cookie is not None
        found = Visit(browser, base, cookie=cookie.value, size=DESK)
        yield found
        found.close()


def draft_key(db: Database) -> int:
    with db.reading() as session:
        return drafts.open_drafts(session)[0].key


def narrow(page: Any) -> None:
    """Nothing is wider than a phone."""
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.set_viewport_size(DESK)


def test_a_draft_is_tried_and_kept(visit: Visit, sqlite_db: Database) -> None:
    page = visit.open(f"/modeler/drafts/{draft_key(sqlite_db)}/trial")
    narrow(page)
    page.get_by_role("button", name="开始", exact=True).click()
    expect(page.locator("[data-state=here][data-element-id=leader_answer]")).to_be_attached()
    expect(page.locator("[data-now]")).to_have_text("2020-05-21 08:00")
    narrow(page)
    page.get_by_role("button", name="填入样例数据").click()
    expect(page.locator(".fjs-form")).to_be_visible()
    page.get_by_role("button", name="提交表单").click()
    expect(page.get_by_role("heading", name="等待中")).to_be_visible()
    expect(page.locator("[data-state=here][data-element-id=deliver_answer]")).to_be_attached()
    page.get_by_role("button", name="退回上一步").click()
    page.get_by_role("button", name="走到下一个定时器").click()
    expect(page.locator("[data-now]")).to_have_text("2020-05-21 20:00")
    expect(page.locator("[data-state=here][data-element-id=office_answer]")).to_be_attached()
    page.get_by_text("不填表单，直接给变量").click()
    page.get_by_role("button", name="办结").click()
    page.get_by_role("button", name="回答", exact=True).click()
    expect(page.get_by_text("流程已结束")).to_be_visible()
    page.get_by_role("button", name="保存为场景").click()
    page.get_by_role("dialog").get_by_label("名称").fill("超时转镇扶贫办")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="超时转镇扶贫办", level=1)).to_be_visible()
    page.get_by_role("button", name="再跑一遍").click()
    expect(page.locator(".notice-title", has_text="符合预期")).to_be_visible()
    narrow(page)
    assert visit.complaints == []


def test_the_first_difference_is_on_the_diagram(visit: Visit, sqlite_db: Database) -> None:
    changed = shipped_files()["question.bpmn"].replace(b'answer_decision = "escalate"', b'answer_decision = "answer"')
    changed = changed.replace(b'"PT" + string(settings.answer_hours) + "H")</bpmn:timeDuration>', b'"PT1H")</bpmn:timeDuration>')
    aside(lambda: sqlite_db.in_transaction(lambda session: definitions.deploy(session, {"question.bpmn": changed}, ADMIN, now=BEGIN)))
    page = visit.open("/modeler/scenarios")
    narrow(page)
    page.get_by_role("button", name="全部再跑一遍").click()
    page.get_by_role("link", name="疑问：组长超时未答").click()
    expect(page.locator(".notice-error")).to_contain_text("第 2 步与预期不同")
    expect(page.locator("[data-state=missing]")).to_have_count(1)
    assert visit.complaints == []
