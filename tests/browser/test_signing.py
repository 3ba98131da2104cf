"""R52 in real Chromium: who signs reads figures that are so; a page with older ones comes back with the new ones and what was typed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from app import clock
from app.campaign.models import Paper, Problem, Signature
from app.db import Database
from app.engine import jobs
from tests import web
from tests.browser.serving import DESK, PHONE, aside, chromium, serving
from tests.browser.test_village_form import VILLAGE, Person, Place

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def place(sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path) -> Iterator[tuple[Place, Flask]]:
    """The village has finished its report; it lies with the resident leader."""
    app = web.application(sqlite_db, tmp_path)

    def make() -> Place:
        at("2020-05-29T14:00:00+08:00")
        with app.test_request_context():
            made = Place(sqlite_db)
            made.start("village_report", village={"code": VILLAGE, "name": "柏树村"})
            jobs.drain(sqlite_db)
            key = made.task("village_report").key
            sqlite_db.in_transaction(lambda session: made._complete(key, session))
            return made

    yield aside(make), app


def find_a_problem(db: Database, number: str) -> None:
    now = clock.now()
    values = {"village": VILLAGE, "text": "住房鉴定为C级。", "raised_at": now, "raised_on": now.date(), "campaign_id": 1}
    aside(lambda: db.in_transaction(lambda session: session.add(Problem(number=number, **values))))


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_page_with_older_figures_comes_back_with_the_new_ones(place: tuple[Place, Flask], size: dict[str, int]) -> None:
    made, app = place
    with serving(app) as base, chromium() as browser:
        leader = Person(browser, base, app, "jia", size)
        leader.take("驻村领导签字确认")
        key = made.task("signature").key
        expect(leader.page.locator("main")).to_contain_text("还有 2 户未通过全覆盖复审、0 个问题未销号")
        reviewed = leader.page.locator('[data-reviewed] [data-path="counted.main_problems"]')
        expect(reviewed).to_contain_text("共发现问题 0 个")
        leader.page.get_by_label(re.compile("确认无误")).check()
        leader.field("manner").get_by_label("盖章").check()
        leader.field("remark").locator("textarea").fill("已阅，同意报出")
        find_a_problem(made.db, "V01-001")
        leader.submit()
        expect(leader.page.locator("[data-problem]")).to_contain_text("现已换成最新数据。您填写的内容都在")
        expect(reviewed).to_contain_text("共发现问题 1 个")
        expect(leader.field("remark").locator("textarea")).to_have_value("已阅，同意报出")
        expect(leader.field("changes")).to_contain_text("发现问题")
        if folder := os.environ.get("DAOPAI_PICTURES"):
            leader.page.screenshot(path=f"{folder}/sign-{size['width']}.png", full_page=True)
        assert leader.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        leader.submit()
        leader.done(key)
        assert [text for text in leader.complaints if "422" not in text] == []
    with made.db.reading() as session:
        (signature,) = session.scalars(select(Signature)).all()
        (paper,) = session.scalars(select(Paper)).all()
        assert (signature.manner, signature.content_hash) == ("seal", paper.content_hash)
        assert "共发现问题 1 个" in str(paper.content)
