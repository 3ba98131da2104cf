"""The replay in real Chromium: the slider moved, the token seen elsewhere, the form as it was then; by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db import Database
from app.engine.models import Activity, ProcessInstance, Task
from tests import web
from tests.browser.serving import DESK, PHONE, Visit, aside, chromium, serving
from tests.browser.test_village_form import Place

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def played(sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path) -> Iterator[tuple[int, Flask]]:
    """A registered household that was verified on one day and lies with the instructor's form on the next."""
    app = web.application(sqlite_db, tmp_path)
    at("2020-05-21T08:00:00+08:00")
    web.person(sqlite_db, "auditor", "auditor", campaign_id=0)

    def make() -> int:
        with app.test_request_context():
            place = Place(sqlite_db)
            at("2020-05-21T14:00:00+08:00")
            place.begin()
            home = next(home for home in place.homes if home.kind == "registered")
            place.drive(home, "verification")
            at("2020-05-22T09:30:00+08:00")
            place.drive(home, "nine_documents")
            at("2020-05-22T15:20:00+08:00")
            place.drive(home, "household_registered")
            at("2020-05-23T16:45:00+08:00")
            place.drive(home, "review")
            with sqlite_db.reading() as session:
                query = select(ProcessInstance.key).where(ProcessInstance.subject == f"household:{home.code}")
                return session.scalars(query.where(ProcessInstance.process_id == "household")).one()

    yield aside(make), app


def test_a_household_is_replayed_on_its_own_diagram(played: tuple[int, Flask]) -> None:
    key, app = played
    db: Database = app.extensions["daopai.db"]
    with db.reading() as session:
        waiting = set(session.scalars(select(Activity.element_id).where(Activity.instance_key == key, Activity.how == "")))
        verified = session.scalars(select(Task).where(Task.instance_key == key, Task.form_id == "verification")).one()
    cookie = web.signed_in_as(app, "auditor").client.get_cookie("daopai")
    assert cookie is not None
    with serving(app) as base, chromium() as browser:
        for size in (DESK, PHONE):
            visit = Visit(browser, base, cookie=cookie.value, size=size)
            page = visit.open(f"/audit/instances/{key}")
            expect(page.locator("[data-replay][data-ready]")).to_be_visible()
            assert tokens(page) <= waiting
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            goes_back_to_the_verification(page, verified.element_id)
            moves_by_keyboard(page)
            assert visit.complaints == []
            visit.close()


def tokens(page: Page) -> set[str]:
    """Where tokens are seen now."""
    expect(page.locator(".replay-token:not([data-token-at])")).to_have_count(0)
    return set(page.locator("[data-token-at]").evaluate_all("dots => dots.map(dot => dot.dataset.tokenAt)"))


def move(page: Page, to: int) -> None:
    page.locator("[data-replay-slider]").evaluate("(slider, to) => { slider.value = to; slider.dispatchEvent(new Event('input')); }", to)
    expect(page.locator(f'[data-replay][data-frame="{to}"]')).to_have_count(1)


def goes_back_to_the_verification(page: Page, element: str) -> None:
    """At the beginning the token waits at the verification and there is no form yet; at the end the form of the visit is there."""
    last = int(page.locator("[data-replay-slider]").get_attribute("max") or 0)
    at_the_end = tokens(page)
    assert element not in at_the_end
    expect(page.locator("[data-replay-forms] button").first).to_be_visible()
    newest = page.locator("[data-replay-form]").get_attribute("data-submission")
    for frame in range(last + 1):
        move(page, frame)
        if element in tokens(page):
            break
    else:
        raise AssertionError("the token was never seen at the verification")
    assert "2020-05-21" in page.locator("[data-replay-time]").inner_text()
    expect(page.locator("[data-replay-forms] button")).to_have_count(0)
    expect(page.locator(f'[data-element-id="{element}"]').first).to_have_attribute("data-state", "here")
    while not page.locator("[data-replay-forms] button").count():
        frame += 1
        move(page, frame)
    expect(page.locator('[data-replay-form] [data-path^="introduction"]').first).to_be_visible()
    assert "2020-05-22" in page.locator("[data-replay-time]").inner_text()
    expect(page.locator(f'[data-element-id="{element}"]').first).to_have_attribute("data-state", "done")
    move(page, last)
    expect(page.locator("[data-replay-form]")).to_have_attribute("data-submission", newest or "")
    assert tokens(page) == at_the_end


def moves_by_keyboard(page: Page) -> None:
    frame = lambda: page.locator("[data-replay]").get_attribute("data-frame")  # noqa: E731
    page.locator("h1").click()
    page.keyboard.press("Home")
    assert frame() == "0"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert frame() == "1"
    # So slow that it is stopped on the way, however busy the machine is: one frame each time it is started.
    page.locator("[data-replay-speed] option").first.evaluate("option => { option.value = '3600000'; option.selected = true; }")
    page.keyboard.press("Space")
    expect(page.locator("[data-replay-play]")).to_have_text("暂停")
    expect(page.locator("[data-replay]")).to_have_attribute("data-frame", "2")
    page.keyboard.press("Space")
    expect(page.locator("[data-replay-play]")).to_have_text("播放")
    assert frame() == "2", "it stands where it was stopped"
    page.locator("[data-replay-speed]").select_option("350")
    page.locator("h1").click()
    page.keyboard.press("Space")
    last = int(page.locator("[data-replay-slider]").get_attribute("max") or 0)
    assert last == 3, "looked at, documents, form, review: the rest goes on by itself"
    expect(page.locator("[data-replay]")).to_have_attribute("data-frame", str(last))
    expect(page.locator("[data-replay-play]")).to_have_text("播放")
    page.keyboard.press("Home")
    page.keyboard.press("End")
    assert frame() == page.locator("[data-replay-slider]").get_attribute("max")
