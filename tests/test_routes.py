"""Every route says who may call it; every role meets exactly that; every address with an object in it is in the matrix."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import IntegerConverter, Rule

from app.auth import guard, navigation
from app.auth.roles import ROLES
from app.db import Database
from tests import idor, web
from tests.idor import Cell

HERE = Path(__file__).parent

#: Addresses whose values name no object of a person, village or campaign, with the reason.
NO_OBJECT: dict[str, str] = {
    "static": "files of the product",
}

#: All cells of all features.
CELLS: list[Cell] = [
    cell for path in sorted(HERE.glob("*/idor.py")) for cell in importlib.import_module(f"tests.{path.parent.name}.idor").CELLS
]


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    return web.application(sqlite_db, tmp_path)


@pytest.fixture(scope="module")
def peopled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A database with the people of ``tests.idor``, to copy, and the token of each."""
    path = tmp_path_factory.mktemp("peopled") / "peopled.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    tokens = idor.signed_in(database)
    database.dispose()
    return path, tokens


def rules(app: Flask) -> Iterator[tuple[Rule, guard.Access]]:
    for rule in app.url_map.iter_rules():
        declared = guard.declared(app.view_functions[rule.endpoint])
        assert declared is not None, f"{rule} ({rule.endpoint}) does not say who may call it: @access, @signed_in or @public"
        yield rule, declared


def address(rule: Rule) -> str:
    """An address of the rule with values of which nothing exists."""
    values = {name: 1 if isinstance(rule._converters[name], IntegerConverter) else "nothing" for name in rule.arguments}
    return str(rule.build(values)[1])  # type: ignore[index]


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    assert len(list(rules(app))) > 20


def test_a_route_that_says_nothing_is_refused(app: Flask) -> None:
    app.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")
    assert app.test_client().get("/forgotten").status_code == 403


def test_only_what_everybody_needs_is_public(app: Flask) -> None:
    """A new public route is a decision that is made here, too."""
    public = {rule.endpoint for rule, declared in rules(app) if declared.kind == "public"}
    sign_in = {"auth.login", "auth.enter", "auth.code", "auth.language", "demo.roles", "demo.switch"}
    about_the_server = {"static", "api.status", "api.topology", "api.document"}
    assert public <= sign_in | about_the_server


def test_anonymous_callers_reach_nothing_else(app: Flask) -> None:
    browser = web.browser(app)
    token = browser.token()
    for rule, declared in rules(app):
        if declared.kind == "public":
            continue
        for method in methods(rule):
            answer = browser.client.open(address(rule), method=method, headers={"X-CSRFToken": token})
            assert answer.status_code in (303, 401), f"{method} {rule}: {answer.status}"
            assert answer.status_code == 401 or answer.location.startswith("/login")


def refusals(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """(rule, method, role): every address for one role that it does not name, in turns, and for every such role one address of each set of
    roles that is named anywhere."""
    turn, seen = count(), set()
    for rule, declared in rules(app):
        strangers = [role for role in ROLES if role not in declared.roles] if declared.kind == "roles" else []
        for method in methods(rule) if strangers else ():
            mine = {strangers[next(turn) % len(strangers)]}
            if declared.roles not in seen:
                mine.update(strangers)
                seen.add(declared.roles)
            yield from ((rule, method, role) for role in strangers if role in mine)


def test_each_role_is_refused_where_it_is_not_named(app: Flask, sqlite_db: Database) -> None:
    browsers = {role: web.signed_in_as(app, username) for role, username in web.everybody(sqlite_db).items()}
    tokens = {role: browser.token() for role, browser in browsers.items()}
    asked = list(refusals(app))
    restricted = {(rule.rule, method) for rule, declared in rules(app) if declared.kind == "roles" for method in methods(rule)}
    assert {(rule.rule, method) for rule, method, _role in asked} == restricted
    assert {role for _rule, _method, role in asked} == set(ROLES)
    for rule, method, role in asked:
        # JSON: the refusal without the cost of a page
        headers = {"X-CSRFToken": tokens[role], "Accept": "application/json"}
        answer = browsers[role].client.open(address(rule), method=method, headers=headers)
        assert answer.status_code == 403, f"{role}: {method} {rule}: {answer.status}"


def test_each_role_reaches_the_pages_where_it_is_named(app: Flask, sqlite_db: Database) -> None:
    for role, username in web.everybody(sqlite_db).items():
        browser = web.signed_in_as(app, username)
        for rule, declared in rules(app):
            if "GET" in methods(rule) and not rule.arguments and (declared.kind == "signed_in" or role in declared.roles):
                with browser.get(address(rule)) as answer:
                    assert answer.status_code not in (401, 403), f"{role}: GET {rule}: {answer.status}"


def test_what_the_shell_offers_can_be_opened_by_whom_it_is_offered_to(app: Flask, sqlite_db: Database) -> None:
    web.place(sqlite_db)
    everybody = web.everybody(sqlite_db)
    entries = navigation.navigation(app)
    assert set(entries.homes) <= set(ROLES)
    for endpoint in [item.endpoint for item in entries.items] + list(entries.homes.values()):
        assert endpoint in app.view_functions, endpoint
    for role, username in everybody.items():
        browser = web.signed_in_as(app, username)
        assert browser.get("/").status_code == 303
        first = browser.get("/", follow_redirects=True)
        assert first.status_code == 200, f"{role}: first page {first.request.path}: {first.status}"
        with app.test_request_context():
            offered = [item.url for item in entries.items if not item.roles or role in item.roles]
        for url in offered:
            assert browser.get(url, follow_redirects=True).status_code == 200, f"{role}: {url}"


def test_reading_changes_nothing(app: Flask, sqlite_db: Database) -> None:
    """No GET page runs a statement that writes (last use of a session is noted at most every five minutes)."""
    from sqlalchemy import event

    browsers = {role: web.signed_in_as(app, username) for role, username in web.everybody(sqlite_db).items()}
    written: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "WITH")):
            written.append(statement)

    event.listen(sqlite_db.engine, "before_cursor_execute", note)
    for rule, declared in rules(app):
        if "GET" in methods(rule):
            browsers[min(declared.roles, default="office")].get(address(rule)).close()
    assert written == []


def test_every_address_with_an_object_in_it_is_in_the_matrix(app: Flask) -> None:
    wanted = {(rule.endpoint, method) for rule, _declared in rules(app) if rule.arguments for method in methods(rule)}
    wanted = {(endpoint, method) for endpoint, method in wanted if endpoint not in NO_OBJECT}
    declared = {(cell.endpoint, cell.method) for cell in CELLS}
    assert sorted(wanted - declared) == [], "declare who may in tests/<feature>/idor.py"
    assert sorted(declared - wanted) == [], "no such route any more"


@pytest.mark.parametrize("cell", CELLS, ids=[f"{cell.method} {cell.endpoint}" for cell in CELLS])
def test_an_object_is_open_to_exactly_these(peopled: tuple[Path, dict[str, str]], tmp_path: Path, cell: Cell) -> None:
    """Refusals first, all for the same object, then a fresh one for each who may: no refusal is for want of the object."""
    path, tokens = peopled
    db = Database(f"sqlite:///{shutil.copy(path, tmp_path / 'one.db')}")
    app = web.application(db, tmp_path)
    allowed = {name.replace("@", ".") for name in cell.open_to}
    assert allowed <= set(tokens)
    url = _url(app, db, cell)
    for username in sorted(set(tokens) - allowed):
        status = _asks(web.with_token(app, tokens[username]), cell, url)
        assert status in (403, 404), f"{username}: {cell.method} {url}: {status}"
    for username in sorted(allowed):
        status = _asks(web.with_token(app, tokens[username]), cell, url)
        assert status not in (403, 404), f"{username}: {cell.method} {url}: {status}"
        url = _url(app, db, cell) if cell.method != "GET" else url
    db.dispose()


def _url(app: Flask, db: Database, cell: Cell) -> str:
    """The address of a fresh object."""
    with app.test_request_context():
        return url_for(cell.endpoint, **cell.make(db))


def _asks(browser: web.Browser, cell: Cell, url: str) -> int:
    """The status of the answer, as JSON where there is a choice: a refusal without the cost of a page."""
    content: dict[str, Any] = {"json": cell.data} if cell.json else {"data": cell.data}
    headers = {"X-CSRFToken": browser.token(), "Accept": "application/json"}
    with browser.client.open(url, method=cell.method, headers=headers, **content) as answer:
        return answer.status_code
