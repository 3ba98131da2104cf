"""The HTTP border: whatever is sent to whichever address, the answer is never a crash, on both databases.

Generated: every address with its real object (``tests/*/idor.py``), every field that its code reads, every value of the lists below.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.test import TestResponse

from app.db import Database
from tests import idor, web
from tests.idor import Cell
from tests.test_routes import CELLS, NO_OBJECT, address, methods, rules

#: What stands in a query, a form or an address, and what a database may take or refuse: sent on both.
STORED_TEXTS = (
    "\x00",
    "a\x00b",
    "99999999999999999999",
    "9" * 5000,
    "nan",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "\\",
    "\u202e\U0001f600",
    "x" * 20_000,
    '{"a": 1e999}',
)
#: With what only our own code has to do: sent on one database.
TEXTS = (
    *STORED_TEXTS,
    "-1",
    "1.5",
    "１２",
    "1_0",
    "2020-02-31",
    "2020-W21-4",
    "25:61",
    "%",
    '"',
    "[" * 3000,
    "={",
)
#: What stands in JSON, in the same way.
STORED_VALUES: tuple[Any, ...] = (
    2**63,
    2**64 - 1,
    1e308,
    "\x00",
    "\ud800",
    "x" * 20_000,
    "9" * 30,
    "9999-12-31T23:59:59-12:00",
    ["\x00"],
    {"\x00": 1},
    {"$in": [None, {}, 2**63]},
    {"$like": "\\"},
)
VALUES: tuple[Any, ...] = (
    *STORED_VALUES,
    None,
    True,
    -1,
    0,
    1.5,
    "",
    "2020-02-31",
    [],
    {},
    [[]],
    [None],
    {"$eq": None},
    {"$nonsense": 1},
)
#: What stands for a condition of a search: a selection, since each is tried with each column.
CONDITIONS: tuple[Any, ...] = (
    None,
    True,
    2**63,
    "9" * 30,
    "9999-12-31T23:59:59-12:00",
    [],
    {},
    {"$in": [None, {}, 2**63]},
    {"$like": "\\"},
)
#: Bodies that are no JSON object of a sensible size.
BODIES = (
    b"",
    b"{",
    b"[]",
    b"5",
    b'"x"',
    b"null",
    b"\xff\xfe",
    b'{"a": NaN}',
    b'{"a": 1e999}',
    b'{"a": ' + b"9" * 400 + b"}",
    b'{"a": ' + b"9" * 10_000 + b"}",
    b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"a": ' * 500 + b"1" + b"}" * 500,
    b'{"\\u0000": 1, "\\ud800": "\\udfff"}',
)
#: Addresses that are not called, with the reason.
LEFT_OUT = {
    "static": "files of the product",
    "auth.logout": "ends the session",
    "demo.clock": "moves the time for everything that follows",
}
#: How the code names what it reads.
_READ = re.compile(r"""(?:\.get|\.getlist)\(\s*["'](\w+)["']|\w+\[["'](\w+)["']\]""")
#: What an address that is not for reading reads from its query all the same.
QUESTION = re.compile(r"""args(?:\.get|\.getlist)?[(\[]\s*["'](\w+)["']""")
FEATURES = sorted({cell.endpoint.partition(".")[0] for cell in CELLS} | {"auth", "account"})


class Prober:
    """Calls addresses and keeps what went wrong."""

    def __init__(self, app: Flask, db: Database) -> None:
        self.app, self.db = app, db
        self.browsers: dict[str, web.Browser] = {}
        self.wrong: list[str] = []
        self.calls = 0
        everything = db.url.startswith("sqlite")
        self.texts, self.values = (TEXTS, VALUES) if everything else (STORED_TEXTS, STORED_VALUES)

    def call(self, who: str, url: str, method: str, what: str, **content: Any) -> None:
        if who not in self.browsers:
            self.browsers[who] = web.signed_in_as(self.app, who)
        browser = self.browsers[who]
        headers = {"X-CSRFToken": browser.token(), "Accept": "application/json"}
        self.calls += 1
        try:
            with browser.client.open(url, method=method, headers=headers, **content) as answer:
                self._look(answer, f"{method} {url[:80]} as {who}: {what[:80]}")
        except Exception as error:  # noqa: BLE001  (in tests a crash of a view comes through)
            self.wrong.append(f"{method} {url[:80]} as {who}: {what[:80]}: {type(error).__name__}: {str(error)[:200]}")

    def _look(self, answer: TestResponse, what: str) -> None:
        if answer.status_code >= 500:
            self.wrong.append(f"{what}: {answer.status}")
        if answer.status_code == 401 or (answer.location or "").startswith("/login"):
            self.browsers.clear()  # signed out by what was sent: sign in again for the next call


def names_read_by(view: Any) -> list[str]:
    """The names that a view reads from a request, a form or an object."""
    return sorted(_names(_source(view)))


def _source(view: Any) -> str:
    return inspect.getsource(inspect.unwrap(getattr(view, "view_class", view)))


def names_of_package(view: Any) -> list[str]:
    """The names that anything in the view's package reads: filters are read by classes of their own."""
    module = inspect.getmodule(inspect.unwrap(getattr(view, "view_class", view)))
    folder = Path(str(module.__file__)).parent if module else Path()
    return sorted({name for path in folder.glob("*.py") for name in _names(path.read_text(encoding="utf-8"))})


def _names(source: str) -> set[str]:
    return {name for pair in _READ.findall(source) for name in pair if name}


def columns_of(view: Any) -> list[str]:
    """The fields that a search of /v2 can be narrowed by."""
    module = inspect.getmodule(inspect.unwrap(view))
    return sorted(set(re.findall(r'"(\w+)": (?:[A-Z]\w+\.|lambda wanted)', inspect.getsource(module) if module else "")))


def cells(app: Flask, feature: str) -> Iterator[Cell]:
    """What is called in a feature: the cells of its objects, and the addresses without an object."""
    yield from {(cell.endpoint, cell.method): cell for cell in CELLS if cell.endpoint.partition(".")[0] == feature}.values()
    for rule, declared in rules(app):
        if rule.endpoint.partition(".")[0] != feature or rule.arguments or rule.endpoint in LEFT_OUT | NO_OBJECT:
            continue
        roles = declared.roles or {"office", "admin"}
        for method in methods(rule):
            yield Cell(rule.endpoint, lambda _db: {}, idor.held(*sorted(roles)), method, {}, rule.endpoint.startswith("api."))


def bodies(cell: Cell, names: list[str], columns: list[str], values: tuple[Any, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """JSON bodies: broken ones, then the right one with one field wrong, then searches with one condition wrong."""
    for body in BODIES:
        yield repr(body[:40]), {"data": body, "content_type": "application/json"}
    for value in CONDITIONS:
        for name in columns:
            yield f"filter {name}={value!r:.60}", {"json": {"filter": {name: value}}}
    for value in values:
        for name in sorted({*cell.data, *names}):
            yield f"{name}={value!r:.60}", {"json": {**copy.deepcopy(cell.data), name: value}}
        if columns:
            for part in ("filter", "sort", "page"):
                yield f"{part}={value!r:.60}", {"json": {part: value}}
            for sort in ({"field": value}, {"field": columns[0], "order": value}):
                yield f"sort {sort!r:.60}", {"json": {"sort": [sort]}}
            for name in ("limit", "from", "after", "before"):
                yield f"page {name}={value!r:.60}", {"json": {"page": {name: value}}}


def probe(prober: Prober, cell: Cell) -> None:
    """Everything that is sent to one address."""
    view = prober.app.view_functions[cell.endpoint]
    names = names_read_by(view)
    who = next(iter(sorted(cell.open_to))).replace("@", ".")
    with prober.app.test_request_context():
        url = url_for(cell.endpoint, **cell.make(prober.db))
    asked = names_of_package(view) if cell.method == "GET" else QUESTION.findall(_source(view))
    for text in prober.texts if asked else ():
        prober.call(who, url, cell.method, f"all={text!r}", query_string=dict.fromkeys(asked, text[:200]))
    if cell.method == "GET":
        for name in names:
            for text in prober.texts:
                prober.call(who, url, cell.method, f"{name}={text!r}", query_string={name: text})
    elif cell.json:
        searched = columns_of(view) if url.endswith("/search") else []
        for what, content in bodies(cell, names, searched, prober.values):
            prober.call(who, url, cell.method, what, **content)
    else:
        for name in sorted({*cell.data, *names}):
            for text in prober.texts:
                prober.call(who, url, cell.method, f"{name}={text!r}", data={**cell.data, name: text})


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("feature", FEATURES)
def test_nothing_that_is_sent_makes_a_crash(db: Database, tmp_path: Path, feature: str) -> None:
    app = web.application(db, tmp_path, seal_key="6b" * 32)
    idor.people(db)
    prober = Prober(app, db)
    called = 0
    for cell in cells(app, feature):
        if cell.open_to:
            probe(prober, cell)
            called += 1
    assert called
    print(f"{feature}: {called} addresses, {prober.calls} calls")
    assert prober.wrong == [], "\n".join(prober.wrong)


def test_keys_in_addresses_are_bounded(sqlite_db: Database, tmp_path: Path) -> None:
    """More than 64 bits, or digits of another script, is no address."""
    app = web.application(sqlite_db, tmp_path, seal_key="6b" * 32)
    idor.people(sqlite_db)
    prober = Prober(app, sqlite_db)
    for rule, declared in rules(app):
        if rule.arguments and rule.endpoint not in NO_OBJECT:
            who = min(idor.held(*sorted(declared.roles or {"office"}))).replace("@", ".")
            there = address(rule)
            for value in ("99999999999999999999", "9" * 400, "%00", "１２", "-1", "%ED%A0%80", "..", "%F0%9F%98%80"):
                for method in methods(rule):
                    prober.call(who, re.sub(r"\b(nothing|1)\b", value, there), method, value)
    assert prober.wrong == [], "\n".join(prober.wrong)
