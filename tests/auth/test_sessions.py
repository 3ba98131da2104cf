"""Sessions live in the database: they can be seen, revoked, and run out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.auth import accounts, sessions
from app.auth.models import LoginSession
from app.db import Database
from tests import web


def _keys(db: Database, username: str) -> list[int]:
    with db.reading() as session:
        return [entry.key for entry in sessions.live(session, username=username)]


def test_signing_out_ends_the_session_on_the_server(app: Flask, db: Database) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    with browser.client.session_transaction() as cookie:
        copy = dict(cookie)
    assert browser.post("/logout").status_code == 303
    thief = web.browser(app)
    with thief.client.session_transaction() as cookie:
        cookie.update(copy)
    assert thief.get("/account").status_code == 303


def test_a_session_from_before_an_account_was_closed_does_not_come_back(app: Flask, db: Database) -> None:
    """Closed and opened again: whoever was signed in signs in anew."""
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    with app.test_request_context():
        for active in (False, True):
            db.in_transaction(lambda session, on=active: accounts.set_active(session, accounts.find(session, "ran"), on, web.CLI))
    assert _keys(db, "ran") == []
    assert browser.get("/account").status_code == 303


def test_the_database_holds_no_usable_token(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    with browser.client.session_transaction() as cookie:
        token = cookie["_user_id"]
    with db.reading() as session:
        stored = session.scalars(select(LoginSession)).one()
        assert token not in (stored.token_hash, str(stored.key))
    thief = web.browser(app)
    with thief.client.session_transaction() as cookie:
        cookie["_user_id"] = stored.token_hash
    assert thief.get("/account").status_code == 303


def test_a_user_ends_his_other_session_but_nobody_elses(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "tan", "office")
    here, there, other = (web.signed_in_as(app, name) for name in ("ran", "ran", "tan"))
    first, second = _keys(db, "ran")
    assert here.post(f"/account/sessions/{first}/revocation").status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert here.post(f"/account/sessions/{_keys(db, 'tan')[0]}/revocation").status_code == 404
    assert other.get("/account").status_code == 200
    assert _keys(db, "ran") == [second]


def test_the_security_administrator_ends_any_session(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "guard", "security_admin")
    browser, guard = web.signed_in_as(app, "ran"), web.signed_in_as(app, "guard")
    key = _keys(db, "ran")[0]
    assert guard.post(f"/accounts/guard/sessions/{key}/revocation").status_code == 404, "the address must name its owner"
    assert guard.post(f"/accounts/ran/sessions/{key}/revocation").status_code == 303
    assert browser.get("/account").status_code == 303


def test_an_idle_session_ends_after_twelve_hours_and_use_prolongs_it(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    for _each in range(2):
        later(timedelta(hours=11))
        assert browser.get("/account").status_code == 200
    later(timedelta(hours=12, seconds=1))
    assert browser.get("/account").status_code == 303


def test_no_session_outlives_a_week(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    for _each in range(16):
        later(timedelta(hours=10))
        assert browser.get("/account").status_code == 200
    later(timedelta(hours=10))
    assert browser.get("/account").status_code == 303


def test_closing_an_account_signs_it_out_at_once(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "guard", "security_admin")
    browser, guard = web.signed_in_as(app, "ran"), web.signed_in_as(app, "guard")
    assert guard.post("/accounts/ran/state", {"active": "0"}).status_code == 303
    assert browser.get("/account").status_code == 303
    assert guard.post("/accounts/guard/state", {"active": "0"}).status_code == 422, "nobody closes his own account"


def test_a_new_password_ends_the_other_sessions(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    here, there = web.signed_in_as(app, "ran"), web.signed_in_as(app, "ran")
    new = "another good sentence"
    wrong = here.post("/account/password", {"current": "wrong", "new": new, "again": new})
    assert wrong.status_code == 422
    short = here.post("/account/password", {"current": web.PASSWORD, "new": "short", "again": "short"})
    assert "至少 10 个字符" in short.text
    assert here.post("/account/password", {"current": web.PASSWORD, "new": new, "again": new}).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert web.browser(app).sign_in("ran").status_code == 422
    assert web.browser(app).sign_in("ran", new).status_code == 303


def test_identity_costs_at_most_three_statements(app: Flask, db: Database, statements: Callable[[Database], Any]) -> None:
    """However many roles and substitutions there are."""
    web.person(db, "ran", *[f"investigator:G{number:02}" for number in range(30)])
    browser = web.signed_in_as(app, "ran")
    with statements(db) as seen:
        assert browser.get("/", follow_redirects=False).status_code == 303
    assert len([each for each in seen if each.startswith("SELECT")]) <= 3
