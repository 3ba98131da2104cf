"""The shell in real Chromium: one click into the demonstration, dialogs, menus, the policy holds, both widths, both themes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app import personal
from app.db import Database
from tests import web

pytestmark = pytest.mark.browser

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield browser
        browser.close()


@dataclass
class Site:
    """The application on a port of its own, and what the browser complained about."""

    address: str
    chromium: Browser
    complaints: list[str] = field(default_factory=list)

    def page(self, **options: Any) -> Page:
        page = self.chromium.new_context(locale="zh-CN", **options).new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.address + "/login")
        return page


@pytest.fixture
def site(sqlite_db: Database, tmp_path: Path, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    web.place(sqlite_db)
    web.person(sqlite_db, "ran", "investigator:G03", name="冉小军", demonstration=True)
    web.person(sqlite_db, "guard", "security_admin", name="安全员乙", demonstration=True)
    app = web.application(sqlite_db, tmp_path)
    monkeypatch.setattr(
        personal, "_resolvers", {"test.phone": lambda _session, _key, _who: personal.Unmasked("13800001234", "household:H1")}
    )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", chromium)
    server.shutdown()
    thread.join()
    server.server_close()


SIZES = [(390, 844), (1440, 900)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_one_click_enters_and_no_page_is_wider_than_the_screen(site: Site, width: int, height: int, scheme: Any) -> None:
    page = site.page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.get_by_role("button", name="冉小军").click()
    page.wait_for_url(lambda url: "/login" not in url)
    for path in ("/account", "/account/password", "/account/two-factor", "/demo/roles"):
        page.goto(site.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 25, 28)"
        assert dark == (scheme == "dark")
    assert site.complaints == [], "the content security policy or a script complained"


def test_targets_are_large_enough_for_a_thumb(site: Site) -> None:
    page = site.page(viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="冉小军").click()
    page.goto(site.address + "/account")
    small = page.evaluate(
        """() => [...document.querySelectorAll('main a, main button, main input, main summary, .bottom a, .top a, .top summary')]
            .filter(each => each.offsetParent && each.type !== 'hidden' && each.getBoundingClientRect().height < 43.5)
            .map(each => each.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_a_question_is_asked_before_an_account_is_closed(site: Site) -> None:
    page = site.page()
    page.get_by_role("button", name="安全员乙").click()
    page.goto(site.address + "/accounts/ran")
    page.get_by_role("button", name="停用账号").click()
    dialog = page.get_by_role("dialog")
    assert "停用 冉小军 的账号" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert page.get_by_text("账号已停用").count() == 0
    page.get_by_role("button", name="停用账号").click()
    dialog.get_by_role("button", name="确定").click()
    page.get_by_text("账号已停用").wait_for()


def test_a_masked_value_is_shown_after_a_reason(site: Site) -> None:
    page = site.page()
    page.get_by_role("button", name="冉小军").click()
    page.goto(site.address + "/account")
    page.evaluate(
        """() => document.querySelector('main').insertAdjacentHTML('beforeend',
            '<span data-personal="test.phone" data-key="H1"><span data-personal-value>138****1234</span>'
            + '<button data-unmask>显示</button></span>')"""
    )
    page.locator("[data-unmask]").click()
    page.get_by_label("查看事由").fill("电话核实")
    page.get_by_role("dialog").get_by_role("button", name="显示").click()
    page.get_by_text("13800001234").wait_for()
    assert site.complaints == []


def test_the_menu_is_used_by_keyboard(site: Site) -> None:
    page = site.page()
    page.get_by_role("button", name="冉小军").click()
    page.goto(site.address + "/account")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    summary = page.locator("details.who > summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.who").get_attribute("open") is not None
    page.keyboard.press("Escape")
    assert page.locator("details.who").get_attribute("open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    summary.press("Enter")
    page.locator(".who-menu").get_by_role("button", name="English").click()
    page.get_by_role("heading", name="My roles").wait_for()


def test_a_lost_connection_is_said_and_the_page_stays(site: Site) -> None:
    page = site.page()
    page.get_by_role("button", name="冉小军").click()
    page.goto(site.address + "/account")
    page.context.set_offline(True)
    page.get_by_role("button", name="到今晚 20:00").click()
    page.get_by_text("连不上服务器").wait_for()
    assert page.get_by_role("heading", name="冉小军").count() == 1
