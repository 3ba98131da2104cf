"""The frame around every page: where one is in the campaign, what is late, who acts; languages; lists keep their address."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from flask_babel import lazy_gettext

from app.auth import navigation, presenting
from app.auth.shell import CampaignDay, Late
from app.db import Database
from tests import web


def _with_day(app: Flask, day: CampaignDay) -> None:
    app.extensions["daopai.campaign_day"] = lambda _session, _campaign: day
    app.extensions["daopai.late"] = lambda _session, _who: Late(3, "/tasks?due=late")


@pytest.mark.parametrize(
    ("day", "left", "words"),
    [(4, 7, ("第 4 天 / 11", "距 6月1日 7 天")), (-1, 13, ("还有 2 天开始", "距 6月1日 13 天")), (14, -2, ("已结束 2 天",))],
)
def test_the_campaigns_day_is_always_visible(app: Flask, db: Database, day: int, left: int, words: tuple[str, ...]) -> None:
    web.person(db, "ran", "office")
    _with_day(app, CampaignDay("自查", day, 11, date(2020, 6, 1), left))
    page = web.signed_in_as(app, "ran").get("/account").text
    assert all(word in page for word in words)
    assert 'href="/tasks?due=late"' in page


def test_the_phone_bar_has_at_most_five_entries_and_the_rest_is_under_mine(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    for number in range(9):
        navigation.register(app, lazy_gettext(f"项{number}"), "account.me", roles=("office",), order=number)
    page = web.signed_in_as(app, "ran").get("/account").text
    bar = page.split('class="bottom"')[1].split("</nav>")[0]
    assert bar.count("<a ") == 5
    assert "项8" not in bar
    assert "项8" in page.split("更多")[1]


def test_language_is_the_browsers_then_the_choice_then_the_accounts(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    assert 'lang="en"' in app.test_client().get("/login", headers={"Accept-Language": "en-GB,en"}).text
    assert 'lang="zh-CN"' in app.test_client().get("/login", headers={"Accept-Language": "fr"}).text
    browser = web.signed_in_as(app, "ran")
    assert browser.post("/language", {"locale": "en", "next": "/account"}).location == "/account"
    assert '<html lang="en">' in browser.get("/account").text
    assert '<html lang="en">' in web.signed_in_as(app, "ran").get("/account").text, "kept with the account"
    browser.post("/language", {"locale": "xx"})
    assert '<html lang="en">' in browser.get("/account").text


@pytest.mark.parametrize(
    ("moment", "text", "late"),
    [
        ("2020-05-21T20:00:00+08:00", "今天 20:00", False),
        ("2020-05-22T08:05:00+08:00", "明天 08:05", False),
        ("2020-05-26T20:00:00+08:00", "5月26日 20:00", False),
        ("2020-06-01T00:00:00+08:00", "5月31日 24:00", False),
        ("2020-05-21T07:59:30+08:00", "逾期 1 分钟", True),
        ("2020-05-21T05:00:00+08:00", "逾期 3 小时", True),
        ("2020-05-19T05:00:00+08:00", "逾期 2 天", True),
    ],
)
def test_due_moments_in_words(app: Flask, at: Any, moment: str, text: str, late: bool) -> None:
    with app.test_request_context():
        due = presenting.due_words(datetime.fromisoformat(moment))
    assert (due.text, due.late) == (text, late)


def test_a_chip_changes_its_filter_keeps_the_others_and_starts_paging_again(app: Flask) -> None:
    with app.test_request_context("/tasks?state=late&kind=a&kind=b&after=77"):
        assert presenting.address(state="open") == "/tasks?kind=a&kind=b&state=open"
        assert presenting.address(state=None) == "/tasks?kind=a&kind=b"
        assert presenting.address(after=99) == "/tasks?state=late&kind=a&kind=b&after=99"


def test_devices_in_two_words() -> None:
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
    assert presenting.device(windows) == "Chrome · Windows"
    assert presenting.device(windows + " Edg/120.0") == "Edge · Windows"
    assert presenting.device("Mozilla/5.0 (Linux; Android 10) Chrome/86 MicroMessenger/8.0") == "微信 · Android"
    assert presenting.device("") == "未知设备"
