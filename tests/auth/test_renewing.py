"""Signing in again over a page that stays: what the login answers a script."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.auth import accounts, sessions
from app.db import Database
from tests import web

JSON = {"Accept": "application/json"}


def ended(db: Database, username: str) -> None:
    def work(session: Any) -> None:
        sessions.revoke_all(session, username, web.CLI)

    db.in_transaction(work)


def entered(browser: web.Browser, username: str, password: str = web.PASSWORD) -> Any:
    return browser.post("/login", {"username": username, "password": password}, headers=JSON)


def test_who_is_signed_in_is_told_with_the_sessions_token(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    nobody = web.browser(app).get("/login", headers=JSON).get_json()
    assert (nobody["state"], nobody["user"]) == ("out", "")
    browser = web.signed_in_as(app, "ran")
    told = browser.get("/login", headers=JSON).get_json()
    assert (told["state"], told["user"]) == ("in", "ran")
    done = browser.client.post("/language", data={"locale": "zh"}, headers={"X-CSRFToken": told["token"]})
    assert done.status_code == 303, "the token is good for this session"


def test_a_session_that_ended_is_renewed_by_the_password(app: Flask, db: Database) -> None:
    """A wrong one says so; the token changes with the session; what was chosen before is chosen again, by the same person only."""
    web.person(db, "ran", "office")
    web.person(db, "other", "office")
    for username, acting in (("ran", "wang"), ("other", None)):
        browser = web.signed_in_as(app, "ran")
        with browser.client.session_transaction() as cookie:
            cookie["acting_for"] = "wang"
        ended(db, "ran")
        assert browser.get("/account", headers=JSON).status_code == 401
        wrong = entered(browser, username, "wrong")
        assert (wrong.status_code, wrong.get_json()["state"], wrong.get_json()["error"]) == (422, "refused", "用户名或密码不对。")
        before = browser.get("/login", headers=JSON).get_json()["token"]
        answer = entered(browser, username)
        assert (answer.status_code, answer.get_json()["state"], answer.get_json()["user"]) == (200, "in", username)
        assert answer.get_json()["token"] != before
        with browser.client.session_transaction() as cookie:
            assert cookie.get("acting_for") == acting


def test_attempts_are_counted_as_on_the_page(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.browser(app)
    answers = [entered(browser, "ran", "wrong").get_json()["error"] for _each in range(6)]
    assert "锁定" in answers[-1]
    assert entered(browser, "ran").get_json()["state"] == "refused"


def test_a_script_is_told_what_goes_before_anything_else(app: Flask, db: Database) -> None:
    """A page is led there; a script gets the address, and the login says so until it is done."""
    web.person(db, "ran", "office")

    def first(session: Any) -> None:
        accounts.find(session, "ran").must_change_password = True

    db.in_transaction(first)
    browser = web.browser(app)
    assert entered(browser, "ran").get_json()["first"] == "/account/password"
    refused = browser.get("/tasks", headers=JSON)
    assert (refused.status_code, refused.get_json()["title"], refused.get_json()["type"]) == (403, "account", "/account/password")
    assert refused.get_json()["detail"] == "请先修改密码。"
    assert browser.get("/tasks").location == "/account/password"
    changed = browser.post("/account/password", {"current": web.PASSWORD, "new": "another horse battery", "again": "another horse battery"})
    assert changed.status_code == 303
    assert browser.get("/login", headers=JSON).get_json()["first"] == ""
