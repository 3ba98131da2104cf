"""Nobody signs in as another person with what he alone knows: every way to a first password needs a second person's activation code."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.auth import accounts, activation, attempts
from app.auth.models import Account, Activation
from app.auth.roles import ROLES, SEPARATED
from app.campaign.importing import staff
from app.db import Database
from app.engine.actor import Actor
from app.engine.models import Event
from tests import web
from tests.auth.test_granting import scope_of
from tests.web import CAMPAIGN, CLI

SECRET = re.compile(r'<code class="secret">([^<]+)</code>')
MAKER = Actor("maker", origin="10.0.0.1 login 1")


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    for name in ("maker", "other"):
        web.person(db, name, "security_admin")
    return web.application(db, tmp_path)


def made(db: Database, username: str, role: str = "", by: Actor = MAKER, campaign_id: int = CAMPAIGN) -> None:
    db.in_transaction(lambda s: accounts.create_user(s, username, username, password=web.PASSWORD, actor=by, must_change_password=True))
    if role:
        grant = {"scope": scope_of(role), "campaign_id": campaign_id}
        db.in_transaction(lambda s: accounts.assign_role(s, username, role, actor=CLI, **grant))


def may(db: Database, username: str, by: Actor) -> bool:
    with db.reading() as session:
        return activation.may_hand_out(session, username, by)


def answer(browser: web.Browser, username: str, password: str, code: str = "") -> str:
    """Where a sign-in leads: "in", "code" (one more step), "refused". The failures before are forgiven: they are not what is looked at."""
    browser.app.extensions["daopai.db"].in_transaction(lambda s: attempts.unlock(s, username, CLI))
    first = browser.sign_in(username, password)
    if first.status_code != 303 or not code:
        return "refused" if first.status_code != 303 else ("code" if first.location == "/login/code" else "in")
    return "in" if browser.post("/login/code", {"code": code}).status_code == 303 else "refused"


@pytest.mark.parametrize("role", ["", *sorted(ROLES)])
def test_the_table_of_who_hands_out_codes(sqlite_db: Database, role: str) -> None:
    """Each role × each role of the new account; never who made it, nor whoever acts for him or for whom he acts, nor its owner."""
    people = web.everybody(sqlite_db)
    web.person(sqlite_db, "elsewhere", "office", campaign_id=9)
    maker, second = (web.person(sqlite_db, name, "security_admin") for name in ("maker", "other"))
    made(sqlite_db, "fresh", role)
    for giver, username in people.items():
        reaches = giver in ("admin", "security_admin") or (giver == "office" and role not in {*SEPARATED, ""})
        assert may(sqlite_db, "fresh", Actor(username)) == reaches, f"{giver} hands out a code for {role}"
    assert not may(sqlite_db, "fresh", Actor("elsewhere")), "the office of another campaign"
    assert may(sqlite_db, "fresh", Actor(second))
    assert not any(may(sqlite_db, "fresh", by) for by in (Actor(maker), Actor(maker, second), Actor(second, maker), Actor("fresh")))


def test_who_acted_for_the_maker_counts_as_the_maker(sqlite_db: Database) -> None:
    for name in ("maker", "other", "third"):
        web.person(sqlite_db, name, "security_admin")
    made(sqlite_db, "fresh", by=Actor("other", "maker"))
    assert [may(sqlite_db, "fresh", Actor(name)) for name in ("maker", "other", "third")] == [False, False, True]


def by_page(browser: web.Browser, _db: Database) -> str:
    return SECRET.findall(browser.post("/accounts/new", {"username": "fresh", "name": "冉小军"}).text)[0]


def by_reset(browser: web.Browser, db: Database) -> str:
    web.person(db, "fresh", "office")
    return SECRET.findall(browser.post("/accounts/fresh/password").text)[0]


def by_import(_browser: web.Browser, db: Database) -> str:
    row = {"username": "fresh", "name": "冉小军", "role": "investigator", "scope": "G03"}
    web.place(db)
    return db.in_transaction(lambda s: staff.write(s, CAMPAIGN, staff.Places([], [], [row]), MAKER))[0][2]


@pytest.mark.parametrize("way", [by_page, by_reset, by_import])
def test_no_way_to_a_first_password_opens_the_account_alone(app: Flask, db: Database, way: Callable[[web.Browser, Database], str]) -> None:
    maker, other = web.signed_in_as(app, "maker"), web.signed_in_as(app, "other")
    password = way(maker, db)
    assert answer(web.browser(app), "fresh", password) == "code", "the password alone opens nothing"
    assert answer(web.browser(app), "fresh", password, "abcd-abcd-abcd-abcd") == "refused"
    assert maker.post("/activations", {"username": "fresh"}).status_code == 422, "who made it hands out no code"
    assert "须由他人发放激活码" in maker.get("/activations").text
    page = other.post("/activations", {"username": "fresh"})
    code = SECRET.findall(page.text)[0]
    assert password not in page.text and answer(web.browser(app), "fresh", code) == "refused", "nor does the code alone"
    browser = web.browser(app)
    assert answer(browser, "fresh", password, code) == "in"
    assert browser.get("/account").location == "/account/password"
    assert answer(web.browser(app), "fresh", password) == "in", "it is asked for once"
    with db.reading() as session:
        told = session.scalars(select(Event).where(Event.kind == "account.activated")).one()
        assert (told.actor, told.detail["made_by"], told.detail["handed_by"]) == ("fresh", "maker", "other")
        assert session.scalars(select(Activation)).all() == []


def test_a_reset_voids_the_code_that_was_handed_out(app: Flask, db: Database) -> None:
    maker, other = web.signed_in_as(app, "maker"), web.signed_in_as(app, "other")
    first = by_page(maker, db)
    code = SECRET.findall(other.post("/activations", {"username": "fresh"}).text)[0]
    again = SECRET.findall(other.post("/accounts/fresh/password").text)[0]
    assert answer(web.browser(app), "fresh", first) == "refused"
    assert answer(web.browser(app), "fresh", again, code) == "refused", "who knows the code makes himself no password to it"
    assert other.post("/activations", {"username": "fresh"}).status_code == 422
    code = SECRET.findall(maker.post("/activations", {"username": "fresh"}).text)[0]
    assert answer(web.browser(app), "fresh", again, code) == "in"


def test_a_code_ends_and_a_new_one_takes_its_place(db: Database) -> None:
    for name in ("maker", "other"):
        web.person(db, name, "security_admin")
    made(db, "fresh")
    by = Actor("other")
    first, second = (db.in_transaction(lambda s: activation.hand_out(s, "fresh", by)) for _each in range(2))
    late = datetime.now(UTC) + activation.LASTS + timedelta(minutes=1)
    tries = [(first, None, False), (second, late, False), (second, None, True), (second, None, False)]
    for code, at, works in tries:
        with pytest.MonkeyPatch.context() as patch:
            if at is not None:
                patch.setattr(clock, "real_now", lambda at=at: at)
            assert db.in_transaction(lambda s, code=code: activation.use(s, "fresh", code, Actor("fresh"))) == works


def test_what_the_console_makes_needs_nobody(app: Flask, db: Database) -> None:
    """Whoever has the machine has the database; the first administrators come from there."""
    made(db, "fresh", by=CLI)
    assert answer(web.browser(app), "fresh", web.PASSWORD) == "in"


def test_the_pages_name_who_hands_out_the_code(app: Flask, db: Database) -> None:
    maker = web.signed_in_as(app, "maker")
    page = maker.post("/accounts/new", {"username": "fresh", "name": "冉小军"}).text
    assert "激活码" in page and "可以发放的有：other" in page
    assert "尚未激活" in maker.get("/accounts/fresh").text
    with db.reading() as session:
        other = session.scalars(select(Account).where(Account.username == "other")).one()
    db.in_transaction(lambda s: accounts.set_active(s, s.get_one(Account, other.key), False, Actor("maker")))
    page = maker.post("/accounts/new", {"username": "second", "name": "冉小兵"}).text
    assert "目前没有可以发放激活码的人" in page


def test_every_maker_of_first_passwords_goes_through_the_rule() -> None:
    """Passwords are written in one file, which asks for the second person."""
    writes = re.compile(r"password_hash\s*=(?!=)|\"password_hash\":")
    writers = {str(file) for file in Path("app").rglob("*.py") if writes.search(file.read_text(encoding="utf-8"))}
    known = {
        "app/auth/accounts.py": "the rule stands here",
        "app/auth/sign_in.py": "the same password, hashed anew when its owner signs in",
        "app/campaign/demonstration/load.py": "demonstration accounts, refused in production",
        "app/campaign/demonstration/rows.py": "as above",
    }
    assert writers - set(known) - {"app/migrations/versions/0001_all_tables_of_the_first_release.py"} == set()
