"""The second factor: set up, asked for, used once, required of administrators when the setting says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from passlib.totp import TOTP
from sqlalchemy import delete, select

from app import clock
from app.auth.models import Account, LoginFailure, RecoveryCode
from app.db import Database
from app.engine.models import Event
from tests import web

JSON = {"Accept": "application/json"}


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
    page = browser.post("/account/two-factor", {"code": _code(secret)})
    assert page.status_code == 200
    assert "恢复码" in page.text
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


def test_a_script_that_renews_a_session_is_asked_for_the_code_too(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    secret = _set_up(web.signed_in_as(app, "ran"))
    later(timedelta(seconds=60))
    browser = web.browser(app)
    assert browser.post("/login", {"username": "ran", "password": web.PASSWORD}, headers=JSON).get_json()["state"] == "code"
    assert browser.get("/login", headers=JSON).get_json()["state"] == "out", "the password alone opens nothing"
    code = _code(secret)
    refused = browser.post("/login/code", {"code": "000000"}, headers=JSON)
    assert (refused.status_code, refused.get_json()["state"]) == (422, "refused")
    answer = browser.post("/login/code", {"code": code}, headers=JSON).get_json()
    assert (answer["state"], answer["user"], answer["error"]) == ("in", "ran", "")
    late = web.browser(app).post("/login/code", {"code": code}, headers=JSON)
    assert late.get_json()["state"] == "out", "no password was given before"


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


def _recovery_codes(page: str) -> list[str]:
    return re.findall(r'<code class="secret">([a-z0-9-]{19})</code>', page)


#: what is asked before a second factor that is there may be touched, and how
TOUCHES = ("/account/two-factor", "/account/two-factor/removal", "/account/two-factor/codes")


def _touch(browser: web.Browser, path: str, **secrets: str) -> int:
    """With a right code of the new secret, where there is one."""
    page = browser.get(path).text
    found = re.search(r'<code class="secret">([^<]+)</code>', page)
    new = {"code": _code(found[1].replace("-", ""))} if found else {}
    return browser.post(path, {**secrets, **new}).status_code


def _kept(db: Database) -> tuple[str | None, list[str]]:
    with db.reading() as session:
        codes = session.scalars(select(RecoveryCode.code_hash).order_by(RecoveryCode.code_hash)).all()
        return session.scalars(select(Account.totp_secret)).one(), list(codes)


@pytest.mark.parametrize("path", TOUCHES)
def test_a_factor_that_is_there_is_touched_with_password_and_code_only(
    app: Flask, db: Database, later: Callable[[timedelta], None], path: str
) -> None:
    """Changing, giving up, new recovery codes: a stolen session does none of it."""
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    secret = _set_up(browser)
    later(timedelta(seconds=60))
    before = _kept(db)
    for wrong in (
        {},
        {"password": web.PASSWORD},
        {"old_code": _code(secret)},
        {"password": "wrong password", "old_code": _code(secret)},
        {"password": web.PASSWORD, "old_code": "000000"},
        {"password": web.PASSWORD, "old_code": "abcd-efgh-jkmn-pqrs"},
    ):
        assert _touch(browser, path, **wrong) == 422, wrong
        db.in_transaction(lambda session: session.execute(delete(LoginFailure)) and None)
    assert _kept(db) == before
    assert _touch(browser, path, password=web.PASSWORD, old_code=_code(secret)) in (200, 303)
    assert _kept(db) != before


def test_without_its_second_factor_an_account_has_no_recovery_codes(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    secret = _set_up(browser)
    later(timedelta(seconds=60))
    assert _touch(browser, "/account/two-factor/removal", password=web.PASSWORD, old_code=_code(secret)) == 303
    assert web.browser(app).sign_in("ran").location == "/"
    assert _kept(db) == (None, [])
    assert browser.get("/account/two-factor/removal").status_code == 404


def test_a_recovery_code_takes_the_place_of_the_phone_once(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    owner = web.signed_in_as(app, "ran")
    secret = _set_up(owner)
    later(timedelta(seconds=60))
    page = owner.post("/account/two-factor/codes", {"password": web.PASSWORD, "old_code": _code(secret)}).text
    codes = _recovery_codes(page)
    assert len(set(codes)) == 10
    assert not set(codes) & set(_kept(db)[1])
    for expected in (303, 422):
        browser = web.browser(app)
        assert browser.sign_in("ran").location == "/login/code"
        answer = browser.client.post("/login/code", data={"code": codes[0].upper(), "csrf_token": _token(browser)})
        assert answer.status_code == expected
    assert "还有 9 个恢复码" in owner.get("/account").text
    assert _touch(owner, "/account/two-factor/removal", password=web.PASSWORD, old_code=codes[1]) == 303
    with db.reading() as session:
        told = session.scalars(select(Event.detail).where(Event.kind == "account.recovery_code_used").order_by(Event.key)).all()
    assert [entry["left"] for entry in told] == [9, 8]


def test_a_recovery_code_of_somebody_else_opens_nothing(app: Flask, db: Database) -> None:
    pages = {}
    for name in ("ran", "tan"):
        web.person(db, name, "office")
        browser = web.signed_in_as(app, name)
        page = browser.get("/account/two-factor").text
        secret = re.findall(r'<code class="secret">([^<]+)</code>', page)[0].replace("-", "")
        pages[name] = browser.post("/account/two-factor", {"code": _code(secret)}).text
    browser = web.browser(app)
    browser.sign_in("ran")
    wrong, right = _recovery_codes(pages["tan"])[0], _recovery_codes(pages["ran"])[0]
    assert browser.client.post("/login/code", data={"code": wrong, "csrf_token": _token(browser)}).status_code == 422
    assert browser.client.post("/login/code", data={"code": right, "csrf_token": _token(browser)}).status_code == 303


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
