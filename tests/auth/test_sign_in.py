"""Signing in: passwords, lock, fixation, where one lands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.auth import attempts
from app.auth.guard import local_path
from app.auth.models import Account, LoginFailure, LoginSession
from app.db import Database
from app.engine.models import Event
from tests import web


def test_the_right_password_opens_a_session_and_the_history_says_so(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.browser(app)
    answer = browser.sign_in("ran")
    assert answer.status_code == 303
    assert browser.get("/account").status_code == 200
    with db.reading() as session:
        assert session.scalars(select(LoginSession.how)).all() == ["password"]
        assert session.scalar(select(Event.kind).where(Event.actor == "ran")) == "account.signed_in"


@pytest.mark.parametrize("username", ["ran", "nobody"])
def test_a_wrong_password_and_an_unknown_name_read_the_same(app: Flask, db: Database, username: str) -> None:
    web.person(db, "ran", "office")
    answer = web.browser(app).sign_in(username, "wrong password")
    assert answer.status_code == 422
    assert "用户名或密码不对" in answer.text


def test_a_closed_account_is_refused_like_a_wrong_password(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    db.in_transaction(lambda s: setattr(s.scalars(select(Account)).one(), "active", False))
    assert "用户名或密码不对" in web.browser(app).sign_in("ran").text


@pytest.mark.parametrize("username", ["ran", "nobody"])
def test_five_failures_lock_the_name_for_a_quarter_of_an_hour(
    app: Flask, db: Database, later: Callable[[timedelta], None], username: str
) -> None:
    web.person(db, "ran", "office")
    browser = web.browser(app)
    for _attempt in range(4):
        assert "已锁定到" not in browser.sign_in(username, "wrong password").text
    assert "已锁定到" in browser.sign_in(username, "wrong password").text
    refused = browser.sign_in(username)
    assert refused.status_code == 422
    assert "已锁定到" in refused.text, "even the right password is refused while the lock lasts"
    with db.reading() as session:
        locks = session.scalars(select(Event).where(Event.kind == "account.locked")).all()
        assert [lock.detail["username"] for lock in locks] == [username]
    later(timedelta(minutes=15, seconds=1))
    assert browser.sign_in("ran").status_code == 303


def test_a_lock_that_ran_out_begins_a_new_series(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    browser = web.browser(app)
    for _attempt in range(5):
        browser.sign_in("ran", "wrong password")
    later(timedelta(minutes=16))
    assert "已锁定到" not in browser.sign_in("ran", "wrong password").text
    assert browser.sign_in("ran").status_code == 303


def test_success_ends_the_series(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    for _round in range(3):
        browser = web.browser(app)
        for _attempt in range(3):
            browser.sign_in("ran", "wrong password")
        assert browser.sign_in("ran").status_code == 303
    with db.reading() as session:
        assert session.scalars(select(LoginFailure)).all() == []


def test_attempts_that_run_at_the_same_moment_cannot_pass_the_limit(db: Database) -> None:
    """All are counted before any password is looked at: of ten begun together, five get through."""
    begun = [db.in_transaction(lambda s: attempts.begin(s, "ran", "10.0.0.1")) for _each in range(10)]
    assert [until is None for until in begun] == [True] * 5 + [False] * 5


def test_the_security_administrator_unlocks(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "guard", "security_admin")
    browser = web.browser(app)
    for _attempt in range(5):
        browser.sign_in("ran", "wrong password")
    guard = web.signed_in_as(app, "guard")
    assert "解锁" in guard.get("/accounts/ran").text
    assert guard.post("/accounts/ran/unlock").status_code == 303
    assert browser.sign_in("ran").status_code == 303
    with db.reading() as session:
        assert session.scalar(select(Event.actor).where(Event.kind == "account.unlocked")) == "guard"


def test_signing_in_gives_a_new_session_and_forgets_the_old_one(app: Flask, db: Database) -> None:
    """A cookie planted before the login (fixation) is worth nothing after it."""
    web.person(db, "ran", "office")
    browser = web.browser(app)
    browser.get("/login")
    with browser.client.session_transaction() as cookie:
        cookie["planted"] = "x"
        before = cookie["csrf_token"]
    browser.sign_in("ran")
    with browser.client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != before


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/a\nb", "evil", "", None]
)
def test_nobody_is_sent_to_another_site(target: str | None) -> None:
    assert local_path(target) == ""


def test_a_local_address_is_kept_through_the_login(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.browser(app)
    asked = browser.get("/account?x=1")
    assert asked.status_code == 303
    assert asked.location == "/login?next=/account?x%3D1"
    answer = browser.post("/login", {"username": "ran", "password": web.PASSWORD, "next": "/account?x=1"})
    assert answer.location == "/account?x=1"
    away = web.browser(app).post("/login", {"username": "ran", "password": web.PASSWORD, "next": "//evil.example"})
    assert away.location == "/"


def test_too_many_requests_from_one_address_are_held_back(sqlite_db: Database, tmp_path: Path) -> None:
    app = web.application(sqlite_db, tmp_path, testing=False)
    browser = web.browser(app)
    token = browser.token()
    answers = [browser.client.post("/login", data={"username": "x"}, headers={"X-CSRFToken": token}).status_code for _each in range(61)]
    assert 429 in answers[-1:]
    assert 429 not in answers[:60]
    app.extensions["limiter"].pop().reset()


def test_a_demonstration_account_does_not_exist_in_production(db: Database, tmp_path: Path) -> None:
    web.person(db, "ran", "office", demonstration=True)
    app = web.application(db, tmp_path, production=True)
    browser = web.browser(app)
    https = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/login"}}
    page = browser.get("/login", **https).text
    assert "演示" not in page
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    data = {"username": "ran", "password": web.PASSWORD, "csrf_token": token}
    assert browser.client.post("/login", data=data, **https).status_code == 422
    assert browser.client.post("/demo/switch", data=data, **https).status_code == 404
