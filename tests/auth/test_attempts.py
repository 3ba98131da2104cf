"""Guessing is bounded, and nobody keeps an owner out by guessing in his name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.auth import attempts
from app.auth.attempts import ADDRESS_LIMIT, LIMIT, NAME_LIMIT, Source
from app.auth.models import LoginFailure
from app.db import Database
from app.engine.models import Event
from tests import web

Later = Callable[[timedelta], None]


def sign_in(browser: web.Browser, address: str, username: str = "ran", password: str = web.PASSWORD) -> int:
    headers = {"X-CSRFToken": browser.token()}
    data = {"username": username, "password": password}
    return browser.client.post("/login", data=data, headers=headers, environ_overrides={"REMOTE_ADDR": address}).status_code


def guesses(db: Database, sources: list[Source], username: str = "ran") -> int:
    """How many of so many attempts with a wrong password get as far as the password."""
    looked_at = 0
    for source in sources:
        if db.in_transaction(lambda session, source=source: attempts.begin(session, username, source)) is None:
            looked_at += 1
            db.in_transaction(lambda session, source=source: attempts.failed(session, username, source))
    return looked_at


def many(count: int, each: int = 1) -> list[Source]:
    return [Source(f"198.51.100.{number}") for number in range(count) for _attempt in range(each)]


def test_one_source_gets_five_guesses(db: Database) -> None:
    assert guesses(db, [Source("10.0.0.9")] * 30) == LIMIT


def test_what_is_left_is_counted_down_and_a_lock_is_not_drawn_out(db: Database, later: Later) -> None:
    source = Source("10.0.0.9")

    def left() -> int:
        with db.reading() as session:
            return attempts.left(session, "ran", source)

    counted = []
    for _failure in range(LIMIT):
        counted.append(left())
        assert db.in_transaction(lambda session: attempts.begin(session, "ran", source)) is None
        until = db.in_transaction(lambda session: attempts.failed(session, "ran", source))
    assert counted == list(range(LIMIT, 0, -1))
    assert left() == 0
    assert until is not None
    later(timedelta(minutes=1))
    assert db.in_transaction(lambda session: attempts.failed(session, "ran", source)) == until
    assert left() == 0


def test_each_attempt_is_told_those_that_are_refused_while_the_source_waits_too(db: Database) -> None:
    guesses(db, [Source("10.0.0.9")] * (LIMIT + 2))
    with db.reading() as session:
        told = session.execute(select(Event.kind, Event.detail).where(Event.actor == "ran").order_by(Event.key)).all()
    failed = [detail["locked"] for kind, detail in told if kind == "account.sign_in_failed"]
    assert failed == [False] * LIMIT + [True] * 2
    assert [detail["bound"] for kind, detail in told if kind == "account.locked"] == ["source"]


def test_all_unknown_sources_together_get_so_many_guesses_at_a_name(db: Database, later: Later) -> None:
    assert guesses(db, many(60, each=6)) == NAME_LIMIT
    later(timedelta(minutes=50))
    assert guesses(db, many(60)) == 0
    later(timedelta(minutes=11))
    assert guesses(db, many(60)) <= NAME_LIMIT, "a day of guessing from everywhere is 24 times so many"


def test_an_address_gets_so_many_guesses_at_all_names(db: Database) -> None:
    looked_at = sum(guesses(db, [Source("10.0.0.9")], f"user{number}") for number in range(ADDRESS_LIMIT + 30))
    assert looked_at == ADDRESS_LIMIT


def test_a_good_sign_in_forgives_only_what_its_source_failed_in_that_name(db: Database) -> None:
    """Who knows one password does not buy guesses at others with it."""
    source = Source("10.0.0.9")
    guesses(db, [source] * 3, "other")
    guesses(db, [source] * 2, "mine")
    db.in_transaction(lambda session: attempts.begin(session, "mine", source))
    db.in_transaction(lambda session: attempts.succeeded(session, "mine", source))
    with db.reading() as session:
        counted = {(row.username, row.source): row.failures for row in session.scalars(select(LoginFailure))}
    assert counted == {("other", "10.0.0.9"): 3, ("other", ""): 3, ("", "10.0.0.9"): 3}


@pytest.mark.parametrize("known_by", ["device", "address"])
def test_the_owner_gets_in_during_an_attack(app: Flask, db: Database, known_by: str) -> None:
    """From everywhere, and from his own address (a whole office stands behind one)."""
    web.person(db, "ran", "office")
    own = web.browser(app)
    assert sign_in(own, "10.0.0.5") == 303
    own.post("/logout")
    attackers = many(30)
    if known_by == "device":
        attackers += [Source("10.0.0.5")] * 10
    guesses(db, attackers)
    stranger = web.browser(app)
    assert sign_in(stranger, "203.0.113.9") == 422, "an unknown source waits, even with the right password"
    owner = own if known_by == "device" else web.browser(app)
    assert sign_in(owner, "10.0.0.6" if known_by == "device" else "10.0.0.5") == 303


def test_what_somebody_else_signed_in_on_is_not_known_for_me(app: Flask, db: Database) -> None:
    for name in ("ran", "tan"):
        web.person(db, name, "office")
    browser = web.browser(app)
    assert sign_in(browser, "10.0.0.5", "tan") == 303
    browser.post("/logout")
    guesses(db, many(30))
    assert sign_in(browser, "10.0.0.5", "ran") == 422


def test_a_known_device_has_five_guesses_as_well(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.browser(app)
    assert sign_in(browser, "10.0.0.5") == 303
    browser.post("/logout")
    for number in range(LIMIT):
        assert sign_in(browser, f"10.0.1.{number}", password="wrong password") == 422
    assert sign_in(browser, "10.0.1.99") == 422, "however it changes its address"


def test_a_forged_device_is_none(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    guesses(db, many(30))
    browser = web.browser(app)
    browser.client.set_cookie("daopai_device", "eyJ4IjoxfQ.x.y")
    assert sign_in(browser, "203.0.113.9") == 422


def test_the_security_administrator_lets_everybody_try_again(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "guard", "security_admin")
    guesses(db, many(30))
    guard = web.signed_in_as(app, "guard")
    assert "暂停登录" in guard.get("/accounts/ran").text
    assert "ran" in guard.get("/accounts?state=locked").text
    assert guard.post("/accounts/ran/unlock").status_code == 303
    assert sign_in(web.browser(app), "203.0.113.9") == 303
    with db.reading() as session:
        locks = session.scalars(select(Event.detail).where(Event.kind == "account.locked")).all()
    assert [lock["bound"] for lock in locks] == ["name"]
