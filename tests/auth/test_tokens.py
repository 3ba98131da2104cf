"""API tokens: made with the password, for some scopes and some days; seen and ended; gone with password and account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import cli
from app.api.scopes import PUBLIC, SCOPE_OF
from app.auth import accounts, scopes
from app.auth.accounts import AccountError
from app.auth.models import ApiToken
from app.db import Database
from app.engine.models import Event
from tests import web
from tests.web import CLI

FORM = {"label": "报表程序", "scope": ["read"], "days": "30", "password": web.PASSWORD}


def make(db: Database, username: str = "ran", **more: Any) -> str:
    return db.in_transaction(lambda session: accounts.make_token(session, username, CLI, **more))


def call(app: Flask, token: str, path: str = "/v2/topology", method: str = "GET") -> int:
    return app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {token}"}, json={}).status_code


def key_of(db: Database) -> int:
    with db.reading() as session:
        return session.scalars(select(ApiToken.key)).one()


def operations(app: Flask) -> list[tuple[str, str, str]]:
    """(operation, method, an address of it) of /v2."""
    found = []
    for rule in app.url_map.iter_rules():
        blueprint, _dot, name = rule.endpoint.partition(".")
        if blueprint == "api":
            address = str(rule.build(dict.fromkeys(rule.arguments, "1"))[1])  # type: ignore[index]
            found += [(name, method, address) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def test_every_operation_says_which_scope_it_needs(app: Flask) -> None:
    names = {name for name, _method, _address in operations(app)}
    assert names - PUBLIC == set(SCOPE_OF), "say in app/api/scopes.py which scope a token needs"
    assert set(SCOPE_OF.values()) == set(scopes.SCOPES)


def test_the_table_of_operations_and_scopes(app: Flask, sqlite_db: Database) -> None:
    """Each operation with each scope alone: what the scope does not cover is refused before anything else happens."""
    app = web.application(sqlite_db, app.config["DAOPAI"].home)
    web.person(sqlite_db, "ran", "admin")
    tokens = {code: make(sqlite_db, allowed=[code]) for code in scopes.SCOPES}
    for name, method, address in operations(app):
        for code, token in tokens.items():
            answer = app.test_client().open(address, method=method, headers={"Authorization": f"Bearer {token}"}, json={"timestamp": 1})
            lacking = answer.status_code == 403 and "lacks the scope" in answer.json["detail"]
            assert lacking == (name not in PUBLIC and SCOPE_OF[name] != code), f"{code}: {method} {address}: {answer.status}"


def test_an_operation_that_names_no_scope_is_refused_to_tokens(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    web.person(db, "ran", "admin")
    token = make(db)
    assert call(app, token) == 200
    monkeypatch.delitem(SCOPE_OF, "topology")
    assert call(app, token) == 403


def test_a_token_is_made_with_the_password_only(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    for wrong in ({"password": ""}, {"password": "wrong password"}, {"scope": []}, {"scope": ["root"]}, {"days": "9999"}, {"label": ""}):
        answer = browser.post("/account/tokens", {**FORM, **wrong})
        assert answer.status_code == 422, wrong
    assert browser.post("/account/tokens", {**FORM, "scope": ["deploy"]}).status_code == 422, "deploying needs a second person"
    with db.reading() as session:
        assert session.scalars(select(ApiToken)).all() == []
    page = browser.post("/account/tokens", {**FORM, "scope": ["read", "work"]})
    assert page.status_code == 200
    with db.reading() as session:
        entry = session.scalars(select(ApiToken)).one()
        told = session.scalars(select(Event.detail).where(Event.kind == "account.token_made")).one()
    assert entry.scopes == told["scopes"] == "read work"
    assert timedelta(days=29) < entry.expires_at - entry.created_at <= timedelta(days=30)
    shown = browser.get("/account").text
    assert "查询、办理任务和流程" in shown
    assert "有效至" in shown


def test_guessing_the_password_on_the_page_of_tokens_is_bounded(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    pages = [browser.post("/account/tokens", {**FORM, "password": "wrong password"}).text for _each in range(6)]
    assert "连续输错次数太多" in pages[-1]
    assert browser.post("/account/tokens", FORM).status_code == 422


@pytest.mark.parametrize("lasts", [timedelta(days=366), timedelta(), timedelta(days=-1)])
def test_no_token_lasts_longer_than_a_year(db: Database, lasts: timedelta) -> None:
    web.person(db, "ran", "office")
    with pytest.raises(AccountError):
        make(db, lasts=lasts)


def test_a_token_ends_by_itself(app: Flask, db: Database, later: Callable[[timedelta], None]) -> None:
    web.person(db, "ran", "office")
    token = make(db, lasts=timedelta(days=7))
    later(timedelta(days=6, hours=23))
    assert call(app, token) == 200
    later(timedelta(hours=2))
    assert call(app, token) == 401
    assert "没有有效的接口密钥" in web.signed_in_as(app, "ran").get("/account").text


def _own_password(app: Flask, _guard: web.Browser) -> int:
    new = "another good sentence"
    return web.signed_in_as(app, "ran").post("/account/password", {"current": web.PASSWORD, "new": new, "again": new}).status_code


def _reset(_app: Flask, guard: web.Browser) -> int:
    return guard.post("/accounts/ran/password").status_code


def _close(_app: Flask, guard: web.Browser) -> int:
    guard.post("/accounts/ran/state", {"active": "0"})
    return guard.post("/accounts/ran/state", {"active": "1"}).status_code


@pytest.mark.parametrize("act", [_own_password, _reset, _close])
def test_password_and_account_take_the_tokens_along(app: Flask, db: Database, act: Callable[[Flask, web.Browser], int]) -> None:
    """For good: an account that is opened again has none."""
    web.person(db, "ran", "office")
    web.person(db, "guard", "security_admin")
    token = make(db)
    assert call(app, token) == 200
    assert act(app, web.signed_in_as(app, "guard")) in (200, 303)
    assert call(app, token) == 401
    with db.reading() as session:
        assert session.scalars(select(ApiToken.revoked_at)).one() is not None
        assert session.scalars(select(Event.kind).where(Event.kind == "account.token_revoked")).all() == ["account.token_revoked"]


def test_the_security_administrator_sees_and_ends_tokens(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "guard", "security_admin")
    token, guard = make(db, label="报表程序", allowed=["read"]), web.signed_in_as(app, "guard")
    assert "报表程序" in guard.get("/accounts/ran").text
    assert guard.post(f"/accounts/guard/tokens/{key_of(db)}/revocation").status_code == 404, "the address must name its owner"
    assert guard.post(f"/accounts/ran/tokens/{key_of(db)}/revocation").status_code == 303
    assert call(app, token) == 401
    with db.reading() as session:
        assert session.scalars(select(Event.actor).where(Event.kind == "account.token_revoked")).one() == "guard"


def test_the_three_do_no_work_of_the_campaign_by_token_either(app: Flask, db: Database) -> None:
    from app.auth.models import RoleAssignment
    from app.clock import real_now

    web.person(db, "ran", "admin")
    row = RoleAssignment(username="ran", role="office", campaign_id=web.CAMPAIGN, created_at=real_now())
    db.in_transaction(lambda session: session.add(row))
    headers = {"Authorization": f"Bearer {make(db)}"}
    assert app.test_client().get("/v2/authentication/me", headers=headers).json["roles"] == ["admin"]


def test_the_console_gives_scopes_and_an_end(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, sqlite_db: Database, capsys: Any) -> None:
    web.person(sqlite_db, "ran", "admin")
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", sqlite_db.url)
    monkeypatch.setenv("DAOPAI_ENV", "production")
    for name in ("DAOPAI_SECRET_KEY", "DAOPAI_DATA_KEY"):
        monkeypatch.setenv(name, "5a" * 32)
    assert cli.main(["token", "ran", "--scope", "read", "--scope", "deploy", "--days", "10", "--label", "安装"]) == 0
    assert cli.main(["token", "ran", "--days", "400"]) == 1
    with sqlite_db.reading() as session:
        entry = session.scalars(select(ApiToken)).one()
    assert (entry.scopes, entry.label) == ("read deploy", "安装")
    assert entry.expires_at - entry.created_at <= timedelta(days=10)
