"""Behind proxies: the client's address stands in records and limits; without them the headers are anybody's word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import cli
from app.auth.models import LoginSession
from app.config import ConfigError, from_environment
from app.db import Database
from app.engine.models import Event
from tests import web

PROXY = {"REMOTE_ADDR": "10.0.0.1"}


def _sign_in(app: Any, forwarded: str, password: str = web.PASSWORD) -> int:
    browser = web.browser(app)
    headers = {"X-CSRFToken": browser.token(), "X-Forwarded-For": forwarded}
    data = {"username": "ran", "password": password}
    return browser.client.post("/login", data=data, headers=headers, environ_overrides=PROXY).status_code


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_whose_address_counts(db: Database, tmp_path: Path, proxies: int, forwarded: str, address: str) -> None:
    """What a client writes into the header itself stands before what the proxies add, and is not believed."""
    web.person(db, "ran", "office")
    app = web.application(db, tmp_path, proxies=proxies)
    assert _sign_in(app, forwarded, "wrong password") == 422
    assert _sign_in(app, forwarded) == 303
    with db.reading() as session:
        assert session.scalars(select(LoginSession.ip)).all() == [address]
        origins = session.scalars(select(Event.origin).where(Event.kind.in_(("account.signed_in", "account.sign_in_failed")))).all()
    assert {origin.partition(" ")[0] for origin in origins} == {address}


def test_the_limit_of_requests_counts_clients_not_the_proxy(sqlite_db: Database, tmp_path: Path) -> None:
    app = web.application(sqlite_db, tmp_path, testing=False, proxies=1)
    browser = web.browser(app)
    token = browser.token()

    def answer(forwarded: str) -> int:
        headers = {"X-CSRFToken": token, "X-Forwarded-For": forwarded}
        return browser.client.post("/login", data={"username": "x"}, headers=headers, environ_overrides=PROXY).status_code

    answers = [answer("203.0.113.7") for _each in range(61)]
    assert answers[-1] == 429
    assert answer("203.0.113.8") != 429
    app.extensions["limiter"].pop().reset()


def test_settings_are_read_and_wrong_ones_refused(tmp_path: Path) -> None:
    home = {"DAOPAI_HOME": str(tmp_path)}
    plain = from_environment(home)
    assert (plain.proxies, plain.bind) == (0, "127.0.0.1")
    given = from_environment({**home, "DAOPAI_PROXIES": "2", "DAOPAI_BIND": "0.0.0.0"})
    assert (given.proxies, given.bind) == (2, "0.0.0.0")
    assert from_environment({**home, "DAOPAI_BIND": "::1"}).bind == "::1"
    for wrong in ({"DAOPAI_PROXIES": "-1"}, {"DAOPAI_PROXIES": "yes"}, {"DAOPAI_PROXIES": "１"}, {"DAOPAI_BIND": "everywhere"}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            from_environment({**home, **wrong})


@pytest.mark.parametrize(("bind", "wanted"), [("127.0.0.1", "127.0.0.1:5210"), ("0.0.0.0", "0.0.0.0:5210"), ("::1", "[::1]:5210")])
def test_gunicorn_listens_there_and_trusts_no_header_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_db: Database, bind: str, wanted: str
) -> None:
    class Started(Exception):
        pass

    def become(_path: str, command: list[str]) -> None:
        raise Started(command)

    monkeypatch.setattr("os.execv", become)
    monkeypatch.setattr(cli, "prepare", lambda _config: sqlite_db)
    for name, value in {
        "DAOPAI_HOME": str(tmp_path),
        "DATABASE_URL": sqlite_db.url,
        "DAOPAI_ENV": "production",
        "DAOPAI_BIND": bind,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("DAOPAI_SECRET_KEY", "DAOPAI_DATA_KEY"):
        monkeypatch.setenv(name, "5a" * 32)
    with pytest.raises(Started) as started:
        cli.main(["serve", "--port", "5210"])
    command = started.value.args[0]
    assert command[command.index("--bind") + 1] == wanted
    assert command[command.index("--forwarded-allow-ips") + 1] == ""
