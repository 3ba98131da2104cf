"""Roles by scope, 三员分立, substitutes, tokens."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import select

from app import auth, clock
from app.acts import people
from app.auth import account_queries, accounts, activation, granting, holding
from app.auth.accounts import AccountError
from app.auth.demonstration import accounts_by_role
from app.auth.models import ApiToken, RoleAssignment, Substitution
from app.auth.roles import SEPARATED
from app.campaign.handlers import notifications
from app.campaign.importing import runs
from app.campaign.models import Staff
from app.db import Database
from app.engine.actor import Actor
from app.engine.models import Event, Task
from app.simulation import people as staff
from tests import web
from tests.web import CLI

At = Callable[[str], datetime]


def assign(db: Database, username: str, role: str, **more: Any) -> None:
    db.in_transaction(lambda s: accounts.assign_role(s, username, role, actor=CLI, **more))


def page_head(page: str) -> str:
    return page[page.index("<h1") : page.index("<h1") + 600]


def identity_of(app: Flask, browser: web.Browser) -> auth.Identity:
    """The identity that a request of this browser has."""
    with browser.client as client:
        client.get("/")
        return auth.identity()


@pytest.mark.parametrize(("held", "wanted"), list(itertools.permutations(sorted(SEPARATED), 2)))
def test_no_account_holds_two_of_the_three(db: Database, held: str, wanted: str) -> None:
    web.person(db, "ran", held)
    with pytest.raises(AccountError, match="三员分立"):
        assign(db, "ran", wanted, campaign_id=9)
    with db.reading() as session:
        assert session.scalars(select(RoleAssignment.role)).all() == [held]
        assert holding.breaches(session, clock.now()) == []


def test_two_grants_at_the_same_moment_cannot_both_pass(db: Database) -> None:
    web.person(db, "ran")
    start, outcomes = threading.Barrier(3), []

    def grant(role: str) -> None:
        start.wait(10)
        try:
            assign(db, "ran", role)
            outcomes.append(role)
        except AccountError:
            outcomes.append("refused")

    threads = [threading.Thread(target=grant, args=(role,)) for role in sorted(SEPARATED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes.count("refused") == 2
    with db.reading() as session:
        assert len(accounts.system_roles(session, "ran")) == 1


@pytest.mark.parametrize(("absent", "stands_in"), [("admin", "auditor"), ("office", "admin"), ("auditor", "office")])
def test_no_substitution_brings_the_three_together_or_opens_households_to_them(db: Database, absent: str, stands_in: str, at: At) -> None:
    web.person(db, "ran", absent)
    web.person(db, "tan", stands_in)
    with pytest.raises(AccountError, match="三员分立"):
        db.in_transaction(lambda s: accounts.substitute(s, "ran", "tan", clock.now(), clock.now() + timedelta(hours=1), "病假", CLI))


def test_a_role_that_would_break_a_running_substitution_is_refused(db: Database, at: At) -> None:
    web.person(db, "ran", "office")
    web.person(db, "tan")
    db.in_transaction(lambda s: accounts.substitute(s, "ran", "tan", clock.now(), clock.now() + timedelta(hours=1), "病假", CLI))
    with pytest.raises(AccountError, match="代理"):
        assign(db, "tan", "auditor")


def test_a_scoped_role_needs_its_scope_and_a_town_role_has_none(db: Database) -> None:
    web.person(db, "ran")
    with pytest.raises(AccountError, match="哪个村或哪个组"):
        assign(db, "ran", "investigator")
    with pytest.raises(AccountError, match="请留空"):
        assign(db, "ran", "office", scope="V05")


def test_groups_name_role_and_scope(app: Flask, db: Database) -> None:
    web.person(db, "ran", "investigator:G03", "village_cadre:V05", "office")
    who = identity_of(app, web.signed_in_as(app, "ran"))
    assert who.groups == {"investigator:G03", "village_cadre:V05", "office"}
    assert who.scopes("investigator") == {"G03"}
    assert who.has("office")
    assert not who.has("commander")
    assert who.campaign_id == web.CAMPAIGN


def test_a_role_counts_only_in_its_campaign_and_time(app: Flask, db: Database, at: At) -> None:
    web.person(db, "ran", "office")
    assign(db, "ran", "commander", campaign_id=8)
    assign(db, "ran", "spot_checker", campaign_id=web.CAMPAIGN, valid_from=at("2020-05-25T00:00:00+08:00"))
    at("2020-05-21T08:00:00+08:00")
    app.extensions["daopai.campaigns"] = lambda _session: [(8, "新的"), (web.CAMPAIGN, "旧的")]
    browser = web.signed_in_as(app, "ran")
    assert identity_of(app, browser).groups == {"commander"}, "the newest active campaign"
    assert browser.post("/account/campaign", {"campaign": str(web.CAMPAIGN)}).status_code == 303
    assert identity_of(app, browser).groups == {"office"}
    assert browser.post("/account/campaign", {"campaign": "99"}).status_code == 404
    at("2020-05-25T08:00:00+08:00")
    assert identity_of(app, browser).groups == {"office", "spot_checker"}


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        ("2020-05-25T09:59:59.999999+08:00", False),
        ("2020-05-25T10:00:00+08:00", True),
        ("2020-05-27T11:59:59.999999+08:00", True),
        ("2020-05-27T12:00:00+08:00", False),
        ("2020-05-27T12:00:00.000001+08:00", False),
    ],
)
def test_a_role_counts_from_its_first_moment_until_before_its_last(app: Flask, db: Database, at: At, moment: str, counts: bool) -> None:
    """Everywhere: for the person's pages, messages, tasks, authority, the households' list and the simulation."""
    web.place(db)
    web.person(db, "ran", name="冉小军", demonstration=True)
    web.person(db, "other", "investigator:G03")
    web.person(db, "reader", "office", "party_office")
    web.person(db, "auditor", "auditor", campaign_id=0)
    db.in_transaction(lambda s: s.add(Staff(campaign_id=web.CAMPAIGN, username="ran", name="冉小军")))
    times = {"valid_from": at("2020-05-25T10:00:00+08:00"), "valid_until": at("2020-05-27T12:00:00+08:00")}
    at("2020-05-25T10:00:00+08:00")
    assign(db, "ran", "investigator", scope="G03", campaign_id=web.CAMPAIGN, **times)
    assign(db, "ran", "office", campaign_id=web.CAMPAIGN, **times)
    now = at(moment)
    who = identity_of(app, web.signed_in_as(app, "ran"))
    assert who.groups == ({"investigator:G03", "office"} if counts else set())
    task = Task(campaign_id=web.CAMPAIGN, candidate_groups=["investigator:G03"], candidate_users=[], assignee="other")
    with db.reading() as session:
        seen = {
            "roles": bool(holding.roles_held(session, "ran", now)),
            "messages": "ran" in notifications.holders(session, web.CAMPAIGN, ["investigator:G03"], at=now),
            "tasks": "ran" in dict(people.successors(session, task, who)),
            "authority": granting.may_grant(session, Actor("ran"), "party_office", "other", web.CAMPAIGN) is None,
            "import": "ran" in dict(runs.investigators(session, web.CAMPAIGN)),
            "simulation": "ran" in staff.read(session, web.CAMPAIGN).identities,
            "demonstration": "ran" in {who.username for _role, visitors in accounts_by_role(session) for who in visitors},
        }
    reader = web.signed_in_as(app, "reader")
    held = re.compile(r"<li>调查员")
    seen |= {
        "the roles' page": "冉小军" in reader.get(f"/campaigns/{web.CAMPAIGN}/roles").text,
        "the staff's roles": held.search(reader.get("/staff").text) is not None,
        "the staff by role": "冉小军" in reader.get("/staff?role=investigator").text,
        "the auditors' page": "调查员" in page_head(web.signed_in_as(app, "auditor").get("/audit/people/ran").text),
    }
    assert seen == dict.fromkeys(seen, counts)


def test_roles_that_are_over_keep_nobody_from_one_of_the_three(db: Database, at: At) -> None:
    """To the moment: at ``valid_until`` the role is over, just before it is not."""
    until = at("2020-05-27T12:00:00+08:00")
    at("2020-05-25T10:00:00+08:00")
    for name in ("early", "late"):
        web.person(db, name)
        assign(db, name, "office", campaign_id=web.CAMPAIGN, valid_until=until)
    at("2020-05-27T11:59:59.999999+08:00")
    with pytest.raises(AccountError, match="三员分立"):
        assign(db, "early", "auditor")
    now = at("2020-05-27T12:00:00+08:00")
    assign(db, "late", "auditor")
    with db.reading() as session:
        assert [held.role for held in holding.roles_held(session, "late", now)] == ["auditor"]
        assert holding.breaches(session, now) == []


def test_a_withdrawn_role_is_gone_at_the_next_request(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "guard", "security_admin")
    browser, guard = web.signed_in_as(app, "ran"), web.signed_in_as(app, "guard")
    data = {"role": "office", "scope": "", "campaign": str(web.CAMPAIGN)}
    assert guard.post("/accounts/ran/roles/withdrawal", data).status_code == 303
    assert not identity_of(app, browser).has("office")
    assert guard.post("/accounts/ran/roles/withdrawal", data).status_code == 422, "it is not held any more"


def test_a_substitute_sees_with_the_absent_persons_roles_and_both_names_are_recorded(app: Flask, db: Database, at: At) -> None:
    web.person(db, "tan", "instructor:G03", name="谭丽")
    web.person(db, "ran", "investigator:G05", name="冉小军")
    until = clock.now() + timedelta(days=2)
    db.in_transaction(lambda s: accounts.substitute(s, "tan", "ran", clock.now(), until, "外出培训", CLI))
    browser = web.signed_in_as(app, "ran")
    own = identity_of(app, browser)
    assert own.substitutes_for == ("tan",)
    assert (own.assignee, own.groups) == ("ran", frozenset({"investigator:G05"}))
    assert browser.post("/account/acting", {"for": "tan"}).status_code == 303
    with browser.client as client:
        client.get("/account")
        who, by = auth.identity(), auth.actor()
    assert (who.username, who.acting_for, who.assignee, who.groups) == ("ran", "tan", "tan", frozenset({"instructor:G03"}))
    assert (by.name, by.on_behalf_of) == ("ran", "tan")
    assert "代 谭丽" in browser.get("/account").text
    at("2020-05-23T08:00:00+08:00")
    assert identity_of(app, browser).assignee == "ran", "it ends by itself"
    with db.reading() as session:
        detail = session.scalars(select(Event.detail).where(Event.kind == "substitution.made")).one()
        assert (detail["absent"], detail["substitute"]) == ("tan", "ran")


def test_nobody_acts_for_somebody_who_did_not_name_him(app: Flask, db: Database, at: At) -> None:
    web.person(db, "tan", "office")
    web.person(db, "ran", "investigator:G03")
    browser = web.signed_in_as(app, "ran")
    assert browser.post("/account/acting", {"for": "tan"}).status_code == 404
    with browser.client.session_transaction() as cookie:
        cookie["acting_for"] = "tan"
    assert identity_of(app, browser).assignee == "ran", "even a forged choice is checked"


def test_a_person_announces_an_absence_and_comes_back(app: Flask, db: Database, at: At) -> None:
    web.person(db, "tan", "office")
    web.person(db, "ran", "office")
    away, stands_in = web.signed_in_as(app, "tan"), web.signed_in_as(app, "ran")
    away.post("/account/absences", {"from": "2020-05-21", "until": "2020-05-22", "substitute": "ran", "reason": "病假"})
    assert identity_of(app, stands_in).substitutes_for == ("tan",)
    at("2020-05-22T23:59:00+08:00")
    assert identity_of(app, stands_in).substitutes_for == ("tan",), "the last day counts in full"
    with db.reading() as session:
        key = session.scalars(select(Substitution.key)).one()
    assert stands_in.post(f"/account/absences/{key}/end").status_code == 404, "only who is away comes back"
    assert away.post(f"/account/absences/{key}/end").status_code == 303
    assert identity_of(app, stands_in).substitutes_for == ()


def test_the_security_administrator_sees_and_ends_what_is_an_accounts_own(app: Flask, db: Database) -> None:
    """Under the address of another account there is nothing to end; each account has its own roles."""
    for name, role in (("tan", "office"), ("ran", "party_office"), ("guard", "security_admin")):
        web.person(db, name, role)
    absence = {"from": "2020-05-21", "until": "2099-05-22", "substitute": "ran", "reason": "病假"}
    assert web.signed_in_as(app, "tan").post("/account/absences", absence).status_code == 303
    guard = web.signed_in_as(app, "guard")
    with db.reading() as session:
        key = session.scalars(select(Substitution.key)).one()
        for name, role in (("tan", "office"), ("ran", "party_office")):
            found = account_queries.detail(session, name)
            assert found is not None and [held.role for held in found.roles] == [role]
    assert guard.post(f"/accounts/ran/absences/{key}/end").status_code == 404
    assert guard.post(f"/accounts/tan/absences/{key}/end").status_code == 303


def test_a_first_password_and_a_wanted_second_factor_come_before_anything_else(db: Database, tmp_path: Path) -> None:
    app = web.application(db, tmp_path, totp_for_admins=True)
    web.person(db, "fresh", "office", must_change_password=True)
    web.person(db, "guard", "security_admin", campaign_id=0)
    web.person(db, "plain", "office")
    for name, first in (("fresh", "auth.password"), ("guard", "auth.two_factor")):
        browser = web.signed_in_as(app, name)
        with app.test_request_context():
            wanted = url_for(first)
        for page in ("/account", "/tasks"):
            answer = browser.get(page)
            assert (answer.status_code, answer.location) == (303, wanted), (name, page)
        assert browser.get(wanted).status_code == 200
    assert web.signed_in_as(app, "plain").get("/account").status_code == 200


def test_nothing_is_given_to_nobody_and_no_role_that_there_is_not(db: Database) -> None:
    web.person(db, "ran")
    for username, role, said in (("nobody", "office", "没有账号"), ("ran", "emperor", "没有角色")):
        with pytest.raises(AccountError, match=said):
            assign(db, username, role, campaign_id=web.CAMPAIGN)
    with pytest.raises(AccountError, match="没有账号"):
        db.in_transaction(lambda session: accounts.find(session, "nobody"))


def test_a_token_carries_its_owners_roles_without_csrf_and_only_its_hash_is_kept(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    token = db.in_transaction(lambda s: accounts.make_token(s, "ran", CLI))
    with db.reading() as session:
        assert token not in session.scalars(select(ApiToken.token_hash)).one()
    seen = {}

    @app.post("/v2/probe")
    @auth.access("office")
    def probe() -> dict[str, str]:
        seen["who"] = auth.identity().username
        return {"ok": "yes"}

    client = app.test_client()
    assert client.post("/v2/probe", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert seen == {"who": "ran"}
    assert client.post("/v2/probe", headers={"Authorization": "Bearer dp_wrong"}).status_code == 401
    assert client.get("/account", headers={"Authorization": f"Bearer {token}"}).status_code == 303, "tokens open no pages"
    db.in_transaction(lambda s: accounts.set_active(s, accounts.find(s, "ran"), False, CLI))
    assert client.post("/v2/probe", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_token_is_shown_once_and_can_be_ended_by_its_owner_only(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "tan", "office")
    ran, tan = web.signed_in_as(app, "ran"), web.signed_in_as(app, "tan")
    page = ran.post("/account/tokens", {"label": "报表程序", "scope": "read", "days": "30", "password": web.PASSWORD}).text
    token = page.split('<code class="secret">')[1].split("<")[0]
    assert token.startswith("dp_")
    assert token not in ran.get("/account").text
    with db.reading() as session:
        key = session.scalars(select(ApiToken.key)).one()
    assert tan.post(f"/account/tokens/{key}/revocation").status_code == 404
    assert ran.post(f"/account/tokens/{key}/revocation").status_code == 303
    with db.reading() as session:
        assert session.scalars(select(ApiToken.revoked_at)).one() is not None


def test_a_token_request_ignores_cookies(app: Flask, db: Database) -> None:
    """So that a forged Authorization header can never ride on somebody's session."""
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")

    @app.post("/v2/probe")
    @auth.signed_in
    def probe() -> dict[str, str]:
        return {"who": auth.identity().username}

    assert browser.client.post("/v2/probe", headers={"Authorization": "Bearer x"}).status_code == 401
    assert browser.client.post("/v2/probe").status_code == 400, "with the cookie alone the CSRF token is needed"
    assert browser.post("/v2/probe").status_code == 200


def test_a_new_account_must_change_its_first_password(app: Flask, db: Database) -> None:
    web.person(db, "guard", "security_admin")
    guard = web.signed_in_as(app, "guard")
    page = guard.post("/accounts/new", {"username": "ran", "name": "冉小军"}).text
    first = page.split('<code class="secret">')[1].split("<")[0]
    assert guard.post("/accounts/ran/roles", {"role": "office", "campaign": str(web.CAMPAIGN)}).status_code == 303
    second = Actor(web.person(db, "second", "admin"))
    code = db.in_transaction(lambda s: activation.hand_out(s, "ran", second))
    browser = web.browser(app)
    assert browser.sign_in("ran", first).location == "/login/code"
    assert browser.post("/login/code", {"code": code}).location == "/"
    assert browser.get("/account").location == "/account/password"
    browser.post("/account/password", {"current": first, "new": web.PASSWORD, "again": web.PASSWORD})
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("username", ["", "a b", "ran/../x", "<script>", "new", "x" * 101, "名字 "])
def test_user_names_are_plain(db: Database, username: str) -> None:
    with pytest.raises(AccountError):
        db.in_transaction(lambda s: accounts.create_user(s, username, "x", actor=CLI))


def test_a_taken_user_name_is_refused_in_words(app: Flask, db: Database) -> None:
    web.person(db, "guard", "security_admin")
    page = web.signed_in_as(app, "guard").post("/accounts/new", {"username": "guard", "name": "x"})
    assert page.status_code == 422
    assert "已经有人用了" in page.text


def test_the_list_of_accounts_is_paged_and_filtered(app: Flask, db: Database, statements: Callable[[Database], Any]) -> None:
    web.person(db, "guard", "security_admin")
    for number in range(60):
        web.person(db, f"p{number:02}", "office" if number % 2 else "investigator:G03")
    guard = web.signed_in_as(app, "guard")
    first = guard.get("/accounts").text
    assert "p48" in first
    assert "p49" not in first
    assert "p49" in guard.get("/accounts?after=p48").text
    only = guard.get("/accounts?role=office").text
    assert "p01" in only
    assert "p02" not in only
    with statements(db) as seen:
        guard.get("/accounts")
    assert len(seen) <= 8
