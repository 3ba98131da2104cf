"""The second factor: set up, asked for, used once, required of administrators when the setting says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from passlib.totp import TOTP
from sqlalchemy import select

from app import clock
from app.auth.models import Account
from app.db import Database
from tests import web


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes follow the same machine's clock as the rest."""
    monkeypatch.setattr(TOTP, "now", staticmethod(lambda: clock.real_now().timestamp()))


def _code(secret: str) -> str:
    return str(TOTP(key=secret).generate(clock.real_now()).token)


def _set_up(browser: web.Browser) -> str:
    page = browser.get("/account/two-factor").text
    assert "data:image/svg+xml" in page
    found = re.search(r'<code class="secret">([^<]+)</code>', page)
    assert found
    secret = found[1].replace("-", "")
    assert browser.post("/account/two-factor", {"code": _code(secret)}).status_code == 303
    return secret


def test_set_up_needs_a_right_code_and_the_secret_is_kept_encrypted(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    browser.get("/account/two-factor")
    assert browser.post("/account/two-factor", {"code": "000000"}).status_code == 422
    with db.reading() as session:
        assert session.scalars(select(Account.totp_secret)).one() is None
    secret = _set_up(browser)
    with db.reading() as session:
        stored = session.scalars(select(Account.totp_secret)).one()
    assert stored is not None
    assert secret not in stored


def test_after_the_password_a_code_is_asked_and_works_once(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    secret = _set_up(web.signed_in_as(app, "ran"))
    later(timedelta(seconds=60))
    browser = web.browser(app)
    assert browser.sign_in("ran").location == "/login/code"
    assert browser.get("/account").status_code == 303, "the password alone opens nothing"
    code = _code(secret)
    assert browser.client.post("/login/code", data={"code": "000000", "csrf_token": _token(browser)}).status_code == 422
    assert browser.client.post("/login/code", data={"code": code, "csrf_token": _token(browser)}).status_code == 303
    assert browser.get("/account").status_code == 200
    second = web.browser(app)
    second.sign_in("ran")
    assert second.client.post("/login/code", data={"code": code, "csrf_token": _token(second)}).status_code == 422


def _token(browser: web.Browser) -> str:
    page = browser.get("/login/code").text
    return page.split('name="csrf-token" content="')[1].split('"')[0]


def test_wrong_codes_lock_like_wrong_passwords(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    _set_up(web.signed_in_as(app, "ran"))
    browser = web.browser(app)
    browser.sign_in("ran")
    token = _token(browser)
    texts = [browser.client.post("/login/code", data={"code": "000000", "csrf_token": token}).text for _each in range(5)]
    assert "已锁定到" in texts[-1]
    assert "已锁定到" in browser.sign_in("ran").text


def test_the_step_between_password_and_code_runs_out(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    _set_up(web.signed_in_as(app, "ran"))
    browser = web.browser(app)
    browser.sign_in("ran")
    later(timedelta(minutes=6))
    assert browser.get("/login/code").location == "/login"


def test_giving_it_up_needs_the_password(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    _set_up(browser)
    browser.post("/account/two-factor/removal", {"password": "wrong"})
    assert web.browser(app).sign_in("ran").location == "/login/code"
    browser.post("/account/two-factor/removal", {"password": web.PASSWORD})
    assert web.browser(app).sign_in("ran").location == "/"


def test_administrators_must_set_it_up_where_the_setting_says_so(db: Database, tmp_path: Path) -> None:
    app = web.application(db, tmp_path, totp_for_admins=True)
    for username, role in (("boss", "admin"), ("guard", "security_admin"), ("eye", "auditor"), ("ran", "office")):
        web.person(db, username, role)
    for username in ("boss", "guard", "eye"):
        assert web.signed_in_as(app, username).get("/account").location == "/account/two-factor"
    assert web.signed_in_as(app, "ran").get("/account").status_code == 200
    guard = web.signed_in_as(app, "guard")
    _set_up(guard)
    assert guard.get("/accounts").status_code == 200
