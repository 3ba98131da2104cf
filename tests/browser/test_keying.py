"""R10 in real Chromium: values are copied one by one in the order of the App's screens; a wrong second look names its field and loses
nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.campaign.models import AppEntry, Household
from app.db import Database
from app.engine.models import Event
from app.forms import submissions
from tests import web
from tests.browser.serving import DESK, PHONE, aside, chromium, serving
from tests.browser.test_village_form import ENTERED, Person, Place

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("DAOPAI_PICTURES")


@pytest.fixture
def place(
    sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Place, Flask, Household]]:
    """A registered household's form is approved and its entry lies with its investigator."""
    app = web.application(sqlite_db, tmp_path)
    monkeypatch.setitem(ENTERED, "entry_assignment", {"entry_by": "investigator"})

    def make() -> tuple[Place, Household]:
        at("2020-05-21T14:00:00+08:00")
        with app.test_request_context():
            made = Place(sqlite_db)
            home = next(each for each in made.homes if each.kind == "registered")
            made.begin()
            made.drive(home)
            at(made.variables["campaign"]["joint_review_from"])
            made.drive(home, until="entry_assignment")
            at(made.variables["campaign"]["entry_from"])
            made.drive(home, until="app_entry")
            return made, home

    made, home = aside(make)
    yield made, app, home


def copied(page: Page) -> str:
    return str(page.evaluate("window.copied.at(-1)"))


#: what the clipboard got; ``""``: a page without https, whose browser has no clipboard API
API = "window.copied = []; Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.copied.push(text) }}});"
NONE = """window.copied = []; Object.defineProperty(navigator, 'clipboard', {value: undefined});
document.execCommand = () => { window.copied.push(document.activeElement.value); return true; };"""


@pytest.mark.parametrize(("size", "clipboard"), [(DESK, API), (PHONE, NONE)], ids=["desk", "phone-without-https"])
def test_an_approved_form_is_keyed_in(place: tuple[Place, Flask, Household], size: dict[str, int], clipboard: str) -> None:
    made, app, home = place
    with serving(app) as base, chromium() as browser:
        keyer = Person(browser, base, app, "he", size)
        keyer.context.add_init_script(clipboard)
        keyer.take("渝扶贫APP")
        page = keyer.page
        heads = page.locator(".keying-head h4").all_inner_texts()
        assert heads[:2] == ["基本信息", "家庭成员（1）"]
        head = page.locator('[data-value-of="head"]')
        head.locator("[data-copy]").click()
        expect(page.locator("[data-keying-said]")).to_have_text("已复制：户主姓名")
        assert copied(page) == home.head
        number = page.locator('[data-value-of="members[0].id_number"]')
        expect(number.locator("[data-copy]")).to_be_disabled()
        number.locator("[data-unmask]").click()
        page.locator("#unmask textarea, #unmask input[name=reason]").first.fill("录入渝扶贫APP")
        page.locator("#unmask [type=submit]").click()
        expect(number.locator("[data-copy]")).to_be_enabled()
        number.locator("[data-copy]").click()
        expect(page.locator("[data-keying-said]")).to_have_text("已复制：身份证号码")
        whole = copied(page)
        assert re.fullmatch(r"\d{17}[\dX]", whole)
        page.locator('[data-screen="1"] [data-screen-done]').check()
        expect(page.locator("[data-keying-count]")).to_have_text(f"1 / {len(heads)}")
        shot(page, f"keying-{size['width']}")
        page.reload()
        expect(page.locator("[data-keying-count]")).to_have_text(f"1 / {len(heads)}")
        assert whole not in page.evaluate("JSON.stringify(localStorage)") + page.content(), "ticks are kept, values are not"
        approved = approved_data(made, home)
        field = keyer.field
        field("receipt").locator("input").fill("YFP-2020-0001")
        field("second.members_count").locator("input").fill(str(len(approved["members"]) + 1))
        field("second.income_per_capita").locator("input").fill(str(round(approved["income"]["per_capita"], 2)))
        field("second.head_id_tail").locator("input").fill(whole[-4:].lower())
        page.get_by_label(re.compile("已与录入单核对一致")).check()
        keyer.submit()
        expect(field("second.members_count")).to_contain_text("家庭人数与已审核的表不一致")
        expect(field("receipt").locator("input")).to_have_value("YFP-2020-0001")
        shot(page, f"keying-differs-{size['width']}")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        field("second.members_count").locator("input").fill(str(len(approved["members"])))
        keyer.submit()
        page.wait_for_url(re.compile("/tasks(?!/)|/tasks/"))
        expect(page.locator("body")).not_to_contain_text("不一致")
        assert "daopai:keying" not in page.evaluate("JSON.stringify(localStorage)")
        assert [text for text in keyer.complaints if "422" not in text] == []
    with made.db.reading() as session:
        assert session.scalars(select(AppEntry)).one().receipt == "YFP-2020-0001"
        unmasked = session.scalars(select(Event).where(Event.kind == "personal.unmasked")).all()
        assert [event.detail["reason"] for event in unmasked] == ["录入渝扶贫APP"]


def approved_data(made: Place, home: Household) -> Any:
    with made.db.reading() as session:
        last = submissions.latest(session, made.campaign_id, "household_registered", f"household:{home.code}")
        assert last is not None
        return submissions.data_of(session, last, unmask=True)


def shot(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
