"""The demonstration's strip: any account with one click, the clock forward, never in production."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.auth import demonstration
from app.db import Database
from app.engine import virtual_clock
from app.engine.models import Event
from tests import web


@pytest.fixture
def demo(app: Flask, db: Database) -> Flask:
    web.person(db, "ran", "investigator:G03", name="冉小军", demonstration=True)
    web.person(db, "zhou", "office", name="周明", demonstration=True)
    web.person(db, "real", "office", name="真人")
    return app


def test_the_login_page_lists_the_accounts_by_role_and_one_click_enters(demo: Flask) -> None:
    browser = web.browser(demo)
    page = browser.get("/login").text
    assert page.index("镇扶贫办") < page.index("调查员")
    assert "冉小军" in page
    assert "真人" not in page, "real accounts are never listed"
    assert browser.post("/demo/switch", {"username": "ran"}).status_code == 303
    assert "冉小军" in browser.get("/account").text
    assert browser.post("/demo/switch", {"username": "zhou"}).status_code == 303
    assert "周明" in browser.get("/account").text


def test_real_accounts_cannot_be_taken(demo: Flask) -> None:
    browser = web.browser(demo)
    assert browser.post("/demo/switch", {"username": "real"}).status_code == 404
    assert browser.get("/account").status_code == 303


def test_a_real_account_sees_no_strip_and_moves_no_clock(demo: Flask) -> None:
    browser = web.signed_in_as(demo, "real")
    assert "演示控制" not in browser.get("/account").text
    assert browser.post("/demo/clock", {"to": "evening"}).status_code == 404


def test_without_the_demonstration_its_routes_do_not_exist(app: Flask, db: Database) -> None:
    web.person(db, "real", "office")
    browser = web.signed_in_as(app, "real")
    assert browser.get("/demo/roles").status_code == 404
    assert browser.post("/demo/switch", {"username": "real"}).status_code == 404


@pytest.mark.parametrize(
    ("now", "evening", "morning"),
    [
        ("2020-05-21T08:00:00+08:00", "2020-05-21T20:00:00+08:00", "2020-05-22T08:00:00+08:00"),
        ("2020-05-21T20:00:00+08:00", "2020-05-22T20:00:00+08:00", "2020-05-22T08:00:00+08:00"),
        ("2020-05-21T02:00:00+08:00", "2020-05-21T20:00:00+08:00", "2020-05-21T08:00:00+08:00"),
    ],
)
def test_where_the_buttons_lead(now: str, evening: str, morning: str) -> None:
    moment = datetime.fromisoformat(now)
    assert demonstration.this_evening(moment) == datetime.fromisoformat(evening)
    assert demonstration.tomorrow_morning(moment) == datetime.fromisoformat(morning)


def test_the_clock_moves_in_the_background_one_at_a_time(demo: Flask, monkeypatch: pytest.MonkeyPatch, at: Any) -> None:
    """While it moves, a second order is refused and the page says how far it is; afterwards the buttons are back."""
    go_on, moved = threading.Event(), []

    def advance(_db: Database, to: datetime) -> int:
        assert go_on.wait(10)
        moved.append(to)
        return 0

    monkeypatch.setattr(virtual_clock, "advance", advance)
    browser = web.signed_in_as(demo, "ran")
    assert browser.post("/demo/clock", {"to": "evening"}).status_code == 303
    page = browser.get("/account").text
    assert "正在走到 05-21 20:00" in page
    assert 'hx-trigger="every 1s"' in page
    browser.post("/demo/clock", {"to": "morning"})
    assert "时钟正在走" in browser.get("/account").text
    go_on.set()
    advance_ = demonstration.running_advance(demo)
    assert advance_ is not None
    assert advance_.done.wait(10)
    assert moved == [datetime.fromisoformat("2020-05-21T20:00:00+08:00")]
    assert "到今晚 20:00" in browser.get("/demo/clock").text
    assert "hx-trigger" not in browser.get("/demo/clock").text.split("<form")[0]
    db: Database = demo.extensions["daopai.db"]
    with db.reading() as session:
        (told,) = session.scalars(select(Event).where(Event.kind == "clock.advanced"))
    assert (told.actor, told.detail) == ("ran", {"from": "2020-05-21T00:00:00+00:00", "until": "2020-05-21T12:00:00+00:00"})


def test_the_clock_never_goes_back(demo: Flask, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_clock, "advance", lambda *_args: pytest.fail("must not be called"))
    browser = web.signed_in_as(demo, "ran")
    for wanted in ("2020-05-20T08:00", "2020-05-21T08:00", "nonsense", ""):
        browser.post("/demo/clock", {"to": wanted})
        assert "时钟只能往前走" in browser.get("/account").text


def test_what_goes_wrong_on_the_way_is_shown(demo: Flask, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_db: Database, _to: datetime) -> int:
        raise RuntimeError("a diagram is broken")

    monkeypatch.setattr(virtual_clock, "advance", broken)
    browser = web.signed_in_as(demo, "ran")
    browser.post("/demo/clock", {"to": "evening"})
    advance = demonstration.running_advance(demo)
    assert advance is not None
    assert advance.done.wait(10)
    assert "时钟停下了：a diagram is broken" in browser.get("/demo/clock").text


def test_the_real_clock_row_moves_and_everybody_sees_it(sqlite_db: Database, tmp_path: Path) -> None:
    """Through the engine's own verb, without a substitute for it."""
    start = datetime.fromisoformat("2020-05-21T08:00:00+08:00")
    sqlite_db.in_transaction(lambda s: virtual_clock.set_to(s, start))
    app = web.application(sqlite_db, tmp_path)
    web.person(sqlite_db, "ran", "investigator:G03", demonstration=True)
    virtual_clock.install(sqlite_db)
    try:
        browser = web.signed_in_as(app, "ran")
        browser.post("/demo/clock", {"to": "2020-05-21T09:30"})
        advance = demonstration.running_advance(app)
        assert advance is not None
        assert advance.done.wait(30)
        assert advance.error == ""
        assert "2020-05-21 09:30" in browser.get("/demo/clock").text
    finally:
        clock.reset()
