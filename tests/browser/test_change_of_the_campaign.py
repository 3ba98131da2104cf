"""The whole way of a change in real Chromium: drawn in the household's diagram, tried, released by somebody else, brought to fifty running
households, worked on from the inbox, and found again by the auditor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaign import campaigns
from app.campaign.models import Village, WorkGroup
from app.db import Database
from app.deploying import shipped_files
from app.engine import definitions, jobs, runtime
from app.engine.actor import Actor
from app.engine.models import ProcessInstance, Task
from tests import web
from tests.browser.serving import aside, chromium, serving
from tests.modeler import drawing
from tests.modeler.drawing import checked, draft_of, open_draft, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]

expect.set_options(timeout=15_000)

DEADLINE = datetime.fromisoformat("2020-06-01T00:00:00+08:00")
MANY = 50

#: the new task dropped on the flow behind the verification, as the mouse drops it
DROP_TASK = """() => {
  const registry = daopaiModeler.get('elementRegistry'), modeling = daopaiModeler.get('modeling');
  const flow = registry.get('verify__begin'), [ from, to ] = flow.waypoints;
  const task = modeling.createShape({ type: 'bpmn:UserTask' }, { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }, flow);
  modeling.updateProperties(task, { id: 'call_back', name: '电话回访' });
}"""
FORM = """{"type": "default", "id": "call_back", "schemaVersion": 19, "properties": {"title": "电话回访"},
 "components": [{"type": "textfield", "key": "heard", "id": "heard", "label": "回访结果", "validate": {"required": true},
 "properties": {"labelEn": "What was heard"}}]}""".encode()


@pytest.fixture
def app(sqlite_db: Database, at: Any, tmp_path: Path) -> Iterator[Flask]:
    """A running campaign with fifty households that wait for their verification; two administrators, an investigator, an auditor."""
    at("2020-05-21T14:00:00+08:00")
    made = web.application(sqlite_db, tmp_path)
    aside(lambda: sqlite_db.in_transaction(_start))
    for username, role, name in (("zhang", "admin", "张三"), ("li", "admin", "李四"), ("shen", "auditor", "沈审计")):
        web.person(sqlite_db, username, role, name=name)
    with sqlite_db.reading() as session:
        campaign = session.scalars(select(ProcessInstance.campaign_id)).first()
    web.person(sqlite_db, "he", "investigator:G01", campaign_id=campaign or 0, name="何调查")
    yield made


def _start(session: Session) -> None:
    definitions.deploy(session, shipped_files(), web.CLI, now=DEADLINE)
    campaign = campaigns.create(session, name="自查评估", deadline=DEADLINE, actor=web.CLI)
    campaign.state = "running"
    session.add_all([Village(campaign_id=campaign.id, code="V01", name="柏树村")])
    session.add(WorkGroup(campaign_id=campaign.id, code="G01", name="第1自查组", village="V01"))
    session.flush()
    given = campaigns.variables(session, campaign)
    for number in range(1, MANY + 1):
        about = {"code": f"V01-{number:03}", "village": "V01", "group": "G01", "group_no": 1, "kind": "registered", "investigator": "he"}
        household = {**about, "label": f"柏树村 1组 第{number}户", "trained": True}
        variables = {"campaign": given["campaign"], "settings": given["settings"], "household": household}
        runtime.start(session, "household", variables, web.CLI, campaign_id=campaign.id)


def test_a_change_goes_all_the_way(app: Flask, sqlite_db: Database) -> None:
    with serving(app) as base, chromium() as browser:
        key = draft_of(sqlite_db, "household.bpmn", drawing.shipped("household.bpmn"))
        with visiting(app, browser, base, "zhang") as visit:
            draw(open_draft(visit, key), sqlite_db)
            try_out(visit.open(f"/modeler/drafts/{key}/trial"))
            release = ask(visit.open(f"/modeler/drafts/{key}/release"))
            expect(visit.page.locator("main")).to_contain_text("须由另一位管理员发布")
            assert visit.complaints == []
        with visiting(app, browser, base, "li") as visit:
            decide(visit.open(release))
            migrate(visit.page, sqlite_db)
            assert visit.complaints == []
        instance = work(app, browser, base, sqlite_db)
        with visiting(app, browser, base, "shen") as visit:
            page = visit.open(f"/audit/instances/{instance}")
            page.get_by_role("button", name="末尾").click()
            expect(page.locator("main")).to_contain_text("电话回访")
            page.get_by_role("link", name="全部记录").click()
            for told in ("电话回访", "何调查", "李四", "全部按新版本"):
                expect(page.locator("main")).to_contain_text(told)
            assert visit.complaints == []


def draw(page: Page, db: Database) -> None:
    """Another role and deadline for the review; a new task, whose form there is not: marked, drawn, no longer marked."""
    drawing.select(page, "review", "assignmentDefinition")
    page.locator('[data-entry-id="daopai-role"] select').select_option("office")
    due = page.locator('[data-entry-id="taskScheduleDueDate"] [contenteditable="true"]')
    due.click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text('now() + duration("PT3H")')
    page.keyboard.press("Tab")
    page.evaluate(DROP_TASK)
    drawing.select(page, "call_back", "assignmentDefinition")
    page.locator('[data-entry-id="daopai-role"] select').select_option('=["investigator:" + household.group]')
    drawing.select(page, "call_back", "form")
    page.locator('[data-entry-id="daopai-form"] select').select_option("review")
    page.locator('[data-entry-id="formId"] input').fill("call_back")
    page.keyboard.press("Tab")
    line = page.locator('[data-findings-list] [data-element="call_back"][data-code="form_unknown"]')
    expect(line).to_contain_text("call_back")
    expect(page.locator('.djs-overlays[data-container-id="call_back"] .finding-sign-error')).to_be_visible()
    draft_of(db, "call_back.form", FORM)
    page.locator("[data-save]").click()
    expect(page.locator("[data-state]")).to_contain_text("（第 2 版）")
    page.reload()
    page.wait_for_selector("html[data-desk=ready]")
    checked(page)
    expect(line).to_have_count(0)


def try_out(page: Page) -> None:
    """In the sandbox the new task comes after the verification."""
    page.get_by_role("checkbox", name="电话回访").check()
    page.get_by_role("button", name="换数据").click()
    page.get_by_role("button", name="开始", exact=True).click()
    waits = page.locator("[data-wait]")
    expect(waits.filter(has_text="入户核查")).to_have_count(1)
    page.get_by_text("不填表单，直接给变量").click()
    waits.get_by_role("textbox", name="变量（JSON）").fill('{"verified": true, "problems": []}')
    waits.get_by_role("button", name="办结").click()
    expect(waits.filter(has_text="电话回访")).to_have_count(1)


def ask(page: Page) -> str:
    page.get_by_role("checkbox", name="电话回访").check()
    page.get_by_label("修改内容及理由").fill("核查后电话回访")
    page.get_by_role("button", name="提交发布").click()
    page.wait_for_url("**/modeler/releases/*")
    return "/modeler/releases/" + page.url.rpartition("/")[2]


def decide(page: Page) -> None:
    """The other administrator sees what is new, what fails, who is affected, and releases."""
    expect(page.locator("main")).to_contain_text("电话回访")
    expect(page.locator("main")).to_contain_text(f"{MANY} 个运行中的实例留在旧版本上")
    despite = page.get_by_role("checkbox", name="有场景没有通过")
    if despite.count():
        despite.check()
    page.get_by_role("button", name="发布", exact=True).click()
    page.locator("dialog[open]").get_by_role("button").last.click()
    expect(page.locator("main")).to_contain_text("第 2 次部署")


def migrate(page: Page, db: Database) -> None:
    page.get_by_role("link", name="迁移它们").click()
    expect(page.get_by_role("link", name=f"可迁移 {MANY}")).to_be_visible()
    page.get_by_label("理由（迁移时必填）").fill("全部按新版本")
    page.get_by_role("button", name="开始迁移").click()
    expect(page.get_by_text("可以离开这一页").first).to_be_visible()  # the form has been sent
    aside(lambda: jobs.drain(db))
    expect(page.get_by_text(f"成功 {MANY} · 失败 0 · 等待 0").first).to_be_visible()
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(ProcessInstance.version == 2, ProcessInstance.process_id == "household")) == MANY


def work(app: Flask, browser: Browser, base: str, db: Database) -> int:
    """A household is verified; the investigator does the new task in the inbox. Returns the instance."""

    def verified(session: Session) -> int:
        task = session.scalars(select(Task).where(Task.element_id == "verify").order_by(Task.key)).first()
        assert task is not None
        runtime.complete(session, task.key, {"verified": True, "problems": []}, Actor("he"))
        return task.instance_key

    instance = aside(lambda: db.in_transaction(verified))
    with visiting(app, browser, base, "he") as visit:
        page = visit.open("/tasks?list=group")
        page.locator(".row-link").filter(has_text="电话回访").click()
        page.get_by_role("button", name="签收并办理").click()
        page.locator("[data-submit]").click()
        expect(page.locator("[data-wrong]")).to_contain_text("要改正")
        page.locator('[data-form] [data-path="heard"] input').fill("家里一切都好")
        page.locator("[data-submit]").click()
        expect(page.locator("#messages")).to_contain_text("已办结")
        assert [text for text in visit.complaints if "422" not in text] == []
    with db.reading() as session:
        done = session.scalars(select(Task).where(Task.instance_key == instance, Task.element_id == "call_back")).one()
        assert (done.state, done.completed_by) == ("COMPLETED", "he")
    return instance
