"""A session that ended while somebody typed on a plain page, in real Chromium: it is renewed over the page, and what was typed or chosen is
sent as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.auth import accounts, sessions
from app.campaign.models import Village
from app.db import Database
from app.modeler.drafts.models import ModelDraft
from tests import web
from tests.browser.serving import DESK, PHONE, Visit, chromium, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

expect.set_options(timeout=15_000)
FORM = Path(__file__).parents[1] / "inbox" / "files" / "note.form"
NEW = "another horse battery"


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    made = web.application(sqlite_db, tmp_path)
    web.place(sqlite_db)
    web.person(sqlite_db, "wang", "office")
    web.person(sqlite_db, "zhang", "admin")
    return made


@pytest.fixture
def open_as(app: Flask) -> Iterator[Callable[..., Visit]]:
    """``open_as("wang", PHONE)``: a window in which wang is signed in."""
    visits: list[Visit] = []
    with serving(app) as base, chromium() as browser:

        def window(username: str, size: dict[str, int] = DESK) -> Visit:
            visits.append(Visit(browser, base, cookie=cookie(app, username), size=size))
            return visits[-1]

        yield window
        for visit in visits:
            visit.close()


def cookie(app: Flask, username: str) -> str:
    found = web.signed_in_as(app, username).client.get_cookie("daopai")
    assert found is not None
    return found.value


def ended(db: Database, username: str, *, must_change: bool = False) -> None:
    def work(session: Any) -> None:
        sessions.revoke_all(session, username, web.CLI)
        accounts.find(session, username).must_change_password = must_change

    db.in_transaction(work)


def sign_in(page: Page) -> None:
    box = page.locator("dialog[data-sign-in]")
    expect(box).to_contain_text("登录已过期")
    box.get_by_label("密码").fill(web.PASSWORD)
    box.get_by_role("button", name="登录", exact=True).click()


def village(page: Page, code: str, name: str) -> None:
    form = page.locator("form", has=page.locator("#village-code"))
    form.get_by_label("编码").fill(code)
    form.get_by_label("名称").fill(name)
    form.get_by_role("button").click()


def villages(db: Database) -> dict[str, str]:
    with db.reading() as session:
        return dict(session.execute(select(Village.code, Village.name)).all())


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_plain_form_is_sent_with_what_was_typed(sqlite_db: Database, open_as: Callable[..., Visit], size: dict[str, int]) -> None:
    """Left without signing in, the page keeps it; then it goes once. The next form of the page goes without a question."""
    page = open_as("wang", size).open(f"/campaigns/{web.CAMPAIGN}/places")
    ended(sqlite_db, "wang")
    village(page, "V10", "新村")
    page.locator("[data-cancel]").click()
    expect(page.locator("#village-name")).to_have_value("新村")
    assert "V10" not in villages(sqlite_db)
    village(page, "V10", "新村")
    sign_in(page)
    expect(page.locator("main")).to_contain_text("新村")
    assert villages(sqlite_db)["V10"] == "新村"
    village(page, "V11", "远村")
    expect(page.locator("main")).to_contain_text("远村")


def test_a_chosen_file_is_sent(sqlite_db: Database, open_as: Callable[..., Visit]) -> None:
    page = open_as("zhang").open("/modeler/drafts")
    page.locator("[data-open]", has_text="导入").first.click()
    page.locator('input[type="file"]').set_input_files(FORM)
    ended(sqlite_db, "zhang")
    page.locator("form", has=page.locator('input[type="file"]')).get_by_role("button", name="导入").click()
    sign_in(page)
    page.wait_for_url("**/modeler/drafts/*")
    with sqlite_db.reading() as session:
        assert len(session.scalars(select(ModelDraft)).all()) == 1


def test_a_password_that_must_be_changed_first_is_changed_beside_the_page(sqlite_db: Database, open_as: Callable[..., Visit]) -> None:
    page = open_as("wang").open(f"/campaigns/{web.CAMPAIGN}/places")
    ended(sqlite_db, "wang", must_change=True)
    village(page, "V10", "新村")
    sign_in(page)
    box = page.locator("dialog[data-sign-in]")
    expect(box).to_contain_text("须先修改密码")
    with page.expect_popup() as opened:
        box.get_by_role("link").click()
    beside = opened.value
    beside.locator('[name="current"]').fill(web.PASSWORD)
    beside.locator('[name="new"]').fill(NEW)
    beside.locator('[name="again"]').fill(NEW)
    beside.get_by_role("button", name="更改密码").click()
    expect(beside.locator("#messages")).to_contain_text("密码")
    beside.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("main")).to_contain_text("新村")
    assert villages(sqlite_db)["V10"] == "新村"


def test_a_form_is_kept_when_the_server_is_away(sqlite_db: Database, open_as: Callable[..., Visit]) -> None:
    visit = open_as("wang")
    page = visit.open(f"/campaigns/{web.CAMPAIGN}/places")
    visit.context.set_offline(True)
    village(page, "V10", "新村")
    expect(page.locator("#messages")).to_contain_text("连不上服务器")
    visit.context.set_offline(False)
    village(page, "V10", "新村")
    expect(page.locator("main")).to_contain_text("新村")
    assert villages(sqlite_db)["V10"] == "新村"
