"""Every address that takes something, asked over what was planted: no answer, and no line of the log, tells it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import BuildError

from app.auth.roles import ROLES, SEPARATED
from app.db import Database
from tests import web
from tests.api.test_masking import told
from tests.api.test_masking_pages import CODE, planted, text_of, works_with
from tests.test_routes import CELLS
from tests.test_routes import rules as declared_rules

__all__ = ["planted"]

#: Whose answers are looked at: the three, who work with no household, and two who do.
WHO = (*sorted(SEPARATED), "office", "investigator")
#: Addresses that end the session that asks.
ENDS = {"auth.logout"}


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    return web.application(db, tmp_path, seal_key="5e" * 32)


def addresses(app: Flask, db: Database, planted: dict[str, Any], role: str) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """(endpoint, address, data, JSON) of what *role* may send: by what was planted wherever that fits, else by an object of its own."""
    made = {cell.endpoint: cell for cell in CELLS if cell.method == "POST"}
    ours = [{"key": planted["key"]}, {"key": planted["task"]}, {"code": CODE}, {"campaign": web.CAMPAIGN, "code": CODE}]
    for rule, access in declared_rules(app):
        if "POST" not in (rule.methods or set()) or rule.rule.startswith("/v2") or rule.endpoint in ENDS:
            continue
        if access.roles and role not in access.roles:
            continue
        cell = made.get(rule.endpoint)
        values = [each for each in ours if set(each) == rule.arguments] if rule.arguments else [{}]
        with app.test_request_context():
            values += [cell.make(db)] if cell is not None else []
        for each in values:
            with app.test_request_context():
                try:
                    address = url_for(rule.endpoint, **each)
                except BuildError:
                    continue
            yield rule.endpoint, address, {}, False
            if cell is not None and cell.data:
                yield rule.endpoint, address, cell.data, cell.json


@pytest.fixture(params=WHO)
def role(request: pytest.FixtureRequest, database_url: str) -> str:
    """Whose answers are looked at."""
    who: str = request.param
    if database_url.startswith("postgresql") and who != "office":
        pytest.skip("what an answer tells is the same on every database: one role is enough here")
    return who


def test_no_answer_tells_one(app: Flask, db: Database, planted: dict[str, Any], role: str, caplog: pytest.LogCaptureFixture) -> None:
    """As a page and for a script; what is wrong with what was sent is said without it; the server's log neither."""
    caplog.set_level(logging.DEBUG)
    username = role if ROLES[role].scope == "system" else f"{role}.here"
    seen, leaks = 0, []
    for endpoint, address, data, as_json in addresses(app, db, planted, role):
        for accept in ("text/html", "application/json"):
            browser = web.signed_in_as(app, username)  # an answer may have ended the session
            sent: dict[str, Any] = {"json": data} if as_json else {"data": data}
            headers = {"X-CSRFToken": browser.token(), "Accept": accept}
            with browser.client.post(address, headers=headers, **sent) as answer:
                assert answer.status_code < 500, f"{address}: {answer.text}"
                seen += answer.status_code in (200, 400, 409, 422)
                found = set(told(text_of(answer))) - ({"name"} if works_with(endpoint, role) else set())
                leaks += [(address, data, answer.status_code, sorted(found))] if found else []
    assert leaks == []
    assert seen > 5
    assert [line for line in caplog.messages if told(line)] == []
