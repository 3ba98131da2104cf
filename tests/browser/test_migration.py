"""Fifty running instances brought to a new version in real Chromium: picked on both diagrams, tried, migrated; claims and drafts stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from app.acts import drafts
from app.acts.models import Draft
from app.db import Database
from app.engine import jobs, runtime
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import schema
from tests import web
from tests.browser.serving import DESK, PHONE, Visit, aside, chromium, serving
from tests.engine import drawing as d
from tests.modeler import running

pytestmark = [pytest.mark.browser]

FORM = b"""{"type": "default", "id": "visit", "schemaVersion": 19,
 "components": [{"type": "textfield", "key": "answer", "id": "answer", "label": "answer"}]}"""
ONE = running.visit(d.user("a", "office", form="visit"), d.user("b", "office"), flows="s>a>b>e")
TWO = running.visit(d.user("call", "office", form="visit"), d.user("extra", "office"), d.user("b", "office"), flows="s>call>extra>b>e")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def site(sqlite_db: Database, tmp_path: Path, browser: Browser) -> Iterator[tuple[Visit, Flask]]:
    """Fifty households on version 1, every task claimed by the office and with a draft; version 2 calls the task otherwise."""

    def prepare() -> None:
        web.place(sqlite_db)
        web.person(sqlite_db, "yuan", "admin", name="袁系统")
        web.person(sqlite_db, "wen", "office", name="文主任")
        d.deploy(sqlite_db, FORM, ONE)
        running.many(sqlite_db, 50)
        sqlite_db.in_transaction(_claim_and_type)
        d.deploy(sqlite_db, TWO)

    app = web.application(sqlite_db, tmp_path)
    aside(prepare)
    with serving(app) as base:
        cookie = web.signed_in_as(app, "yuan").client.get_cookie("daopai")
        assert cookie is not None
        found = Visit(browser, base, cookie=cookie.value, size=DESK)
        yield found, app
        found.close()


def _claim_and_type(session: Any) -> None:
    form = schema.load(FORM)
    for task in session.scalars(select(Task).where(Task.state == "OPEN")).all():
        runtime.claim(session, task.key, Actor("wen"))
        drafts.save(session, task, form, "wen", {"answer": f"draft {task.subject}"}, seen=0)


def pick(page: Page, diagram: str, element: str) -> None:
    page.locator(f"#{diagram} [data-element-id={element}].djs-shape").click()


def work(db: Database) -> None:
    aside(lambda: jobs.drain(db))


def test_fifty_instances_are_migrated_by_picking(site: tuple[Visit, Flask], sqlite_db: Database) -> None:
    visit, app = site
    keys = [task.key for task in d.tasks(sqlite_db)]
    page = visit.open("/operations")
    page.get_by_role("link", name="50", exact=True).last.click()
    page.get_by_role("link", name="版本 1 → 版本 2").click()
    expect(page.get_by_role("link", name="需指定对应 50")).to_be_visible()
    expect(page.locator("#new [data-element-id=call].djs-shape")).to_be_visible()
    pick(page, "old", "a")
    expect(page.locator("[data-pick-said]")).to_contain_text("“a”")
    pick(page, "new", "call")
    expect(page.locator("[data-map=a]")).to_have_value("call")
    page.get_by_role("button", name="按这个对应重新判断").click()
    expect(page.get_by_role("link", name="可迁移 50")).to_be_visible()

    page.get_by_role("button", name="先试迁移").click()
    expect(page.get_by_text("可以离开这一页").first).to_be_visible()  # the form has been sent
    work(sqlite_db)
    expect(page.get_by_text("成功 50 · 失败 0 · 等待 0").first).to_be_visible()
    assert {row.version for row in d.instances(sqlite_db)} == {1}
    page.reload()
    page.get_by_role("link", name="回去迁移").click()
    page.get_by_label("理由（迁移时必填）").fill("表改了名")
    page.get_by_role("button", name="开始迁移").click()
    expect(page.get_by_text("可以离开这一页").first).to_be_visible()  # the form has been sent
    work(sqlite_db)
    expect(page.get_by_text("成功 50 · 失败 0 · 等待 0").first).to_be_visible()

    assert {row.version for row in d.instances(sqlite_db)} == {2}
    tasks = d.tasks(sqlite_db)
    assert [task.key for task in tasks] == keys
    assert {(task.element_id, task.assignee, task.name) for task in tasks} == {("call", "wen", "call")}
    assert d.read(sqlite_db, lambda s: s.scalar(select(func.count()).select_from(Draft))) == 50
    _what_was_typed_is_still_there(app, sqlite_db, keys[0])

    # Done in the new version, and the way is in the history.
    page = visit.open(f"/operations/instances/{tasks[0].instance_key}")
    expect(page.locator("#history")).to_contain_text("v1 → v2")
    expect(page.locator("#history")).to_contain_text("表改了名")
    for element, state in (("call", "done"), ("extra", "here")):
        expect(page.locator(f".diagram-canvas [data-element-id={element}].djs-shape")).to_have_attribute("data-state", state)
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert visit.complaints == []


def _what_was_typed_is_still_there(app: Flask, db: Database, task_key: int) -> None:
    page = aside(lambda: web.signed_in_as(app, "wen").get(f"/tasks/{task_key}").text)
    assert "draft household:V05-001" in page
    aside(lambda: running.act(db, runtime.complete, task_key, {}, Actor("wen")))
    assert [task.element_id for task in d.tasks(db) if task.instance_key == d.tasks(db, "COMPLETED")[0].instance_key] == ["extra"]


def test_a_token_is_moved_with_before_and_after_on_the_diagram(site: tuple[Visit, Flask], sqlite_db: Database) -> None:
    visit, _app = site
    instance = d.instances(sqlite_db)[0]
    page = visit.open(f"/operations/instances/{instance.key}")
    page.locator("#tokens").get_by_role("button", name="移动").click()
    page.get_by_label("放到").select_option("b")
    page.get_by_role("textbox", name="理由").locator("visible=true").fill("已在村里办过")
    page.get_by_role("button", name="下一步：看前后对比").click()
    expect(page.locator("#before [data-element-id=a].djs-shape")).to_have_attribute("data-state", "here")
    expect(page.locator("#after [data-element-id=b].djs-shape")).to_have_attribute("data-state", "here")
    page.get_by_role("button", name="确认移动").click()
    expect(page.get_by_text("令牌已移动")).to_be_visible()
    assert [task.element_id for task in d.tasks(sqlite_db, instance_key=instance.key)] == ["b"]
    page.get_by_role("group", name="household.stage").get_by_role("button", name="更正").click()
    expect(page.get_by_role("textbox", name="变量名")).to_have_value("household.stage")
    page.get_by_label("新值（JSON）").fill('"done"')
    page.get_by_role("textbox", name="理由").locator("visible=true").fill("补记")
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator(".old-new")).to_contain_text("visiting")
    page.get_by_role("button", name="确认更正").click()
    expect(page.locator("#history")).to_contain_text("household.stage: visiting → done")
    assert visit.complaints == []
