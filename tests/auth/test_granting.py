"""Who gives which role to whom: each role × each grant × (oneself / another), and every way goes through the same rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import auth, clock
from app.auth import accounts, granting, holding
from app.auth.accounts import AccountError
from app.auth.granting import Refusal
from app.auth.models import RoleAssignment, Substitution
from app.auth.roles import BUSINESS, ROLES, SEPARATED
from app.campaign.handlers import notifications
from app.db import Database
from app.engine.actor import Actor
from app.engine.models import Event
from tests import web
from tests.web import CAMPAIGN, CLI

At = Callable[[str], datetime]

#: the office does not choose those who judge its work
JUDGES = {"commander", "principal_party", "principal_gov", "spot_checker"}
SCOPES = {"group": "G03", "village": "V05"}
OTHER_CAMPAIGN = 9


def scope_of(role: str) -> str:
    return SCOPES.get(ROLES[role].scope, "")


def expected(giver: str, role: str) -> bool:
    """Whether a holder of *giver* in campaign 7 may give *role* there to somebody who holds nothing."""
    if giver == "security_admin":
        return True
    return giver in ("office", "admin") and role not in SEPARATED | JUDGES


def refusal(db: Database, actor: Actor, role: str, username: str, campaign_id: int = CAMPAIGN) -> Refusal | None:
    with db.reading() as session:
        return granting.may_grant(session, actor, role, username, campaign_id)


def held(db: Database, username: str) -> set[str]:
    with db.reading() as session:
        return set(session.scalars(select(RoleAssignment.role).where(RoleAssignment.username == username)))


def around(db: Database, username: str, role: str, campaign_id: int = 0) -> None:
    """A row written around the rule."""
    row = RoleAssignment(username=username, role=role, scope=scope_of(role), campaign_id=campaign_id, created_at=clock.real_now())
    db.in_transaction(lambda session: session.add(row))


def test_the_table_of_grants(sqlite_db: Database) -> None:
    """Every role gives every role: to somebody else, to himself, in another campaign."""
    people = web.everybody(sqlite_db)
    web.person(sqlite_db, "other")
    for giver, username in people.items():
        by = Actor(username, origin="10.0.0.1 login 1")
        for role in ROLES:
            answer = refusal(sqlite_db, by, role, "other")
            assert (answer is None) == expected(giver, role), f"{giver} gives {role} to another: {answer}"
            assert refusal(sqlite_db, by, role, username) is Refusal.SELF, f"{giver} gives himself {role}"
            elsewhere = refusal(sqlite_db, by, role, "other", OTHER_CAMPAIGN)
            reaches = giver in SEPARATED and expected(giver, role)
            assert (elsewhere is None) == reaches, f"{giver} of campaign 7 gives {role} in campaign 9"
            with sqlite_db.reading() as session:
                taken = granting.may_withdraw(session, by, role, CAMPAIGN)
            assert (taken is None) == expected(giver, role), f"{giver} takes {role}: {taken}"


@pytest.mark.parametrize("has", sorted(ROLES))
def test_the_table_of_what_goes_together(sqlite_db: Database, has: str) -> None:
    """Whoever gives: no account holds one of the three and another role, in whichever order they come."""
    web.person(sqlite_db, "ran", f"{has}:{scope_of(has)}")
    for role in ROLES:
        apart = role != has and (role in SEPARATED or has in SEPARATED)
        assert refusal(sqlite_db, CLI, role, "ran") == (Refusal.SEPARATION if apart else None), f"{has} and {role}"


def test_a_signed_in_person_called_like_the_console_is_not_the_console(sqlite_db: Database) -> None:
    for name in ("cli", "system"):
        with pytest.raises(AccountError):
            web.person(sqlite_db, name)
        assert refusal(sqlite_db, Actor(name, origin="10.0.0.1 login 1"), "office", "x") is Refusal.AUTHORITY
        assert refusal(sqlite_db, Actor(name, origin="10.0.0.1 token 1"), "office", "x") is Refusal.AUTHORITY


def test_who_acts_for_an_absent_person_gives_nothing_to_either(db: Database, at: At) -> None:
    for name in ("away", "deputy"):
        web.person(db, name, "office")
    web.person(db, "other")
    by = Actor("deputy", "away", "10.0.0.1 login 1")
    assert refusal(db, by, "party_office", "other") is None
    assert refusal(db, by, "party_office", "deputy") is Refusal.SELF
    assert refusal(db, by, "party_office", "away") is Refusal.SELF


# -- the ways ---------------------------------------------------------------------------------------------------------------------------


def test_the_security_administrator_gives_himself_nothing_on_the_accounts_page(app: Flask, db: Database) -> None:
    web.person(db, "guard", "security_admin")
    guard = web.signed_in_as(app, "guard")
    for role in ROLES:
        form = {"role": role, "scope": scope_of(role), "campaign": str(CAMPAIGN)}
        answer = guard.post("/accounts/guard/roles", form)
        assert answer.status_code == 422, role
    assert "不能给自己授予角色" in answer.text
    assert held(db, "guard") == {"security_admin"}


def test_on_the_accounts_page_the_three_get_no_role_of_the_campaign(app: Flask, db: Database) -> None:
    web.person(db, "guard", "security_admin")
    guard = web.signed_in_as(app, "guard")
    for one in sorted(SEPARATED):
        web.person(db, f"{one}.x", one)
        for role in BUSINESS:
            form = {"role": role, "scope": scope_of(role), "campaign": str(CAMPAIGN)}
            assert guard.post(f"/accounts/{one}.x/roles", form).status_code == 422
        assert held(db, f"{one}.x") == {one}


@pytest.mark.parametrize("page", ["roles", "staff"])
def test_the_office_appoints_neither_its_judges_nor_itself(app: Flask, db: Database, page: str) -> None:
    web.place(db)
    web.person(db, "office", "office")
    web.person(db, "wen", name="文主任")
    office = web.signed_in_as(app, "office")
    path = f"/campaigns/{CAMPAIGN}/roles" if page == "roles" else "/staff"
    for username in ("wen", "office"):
        for role in BUSINESS:
            if role != "office":
                office.post(path, {"username": username, "name": username, "role": role, "scope": scope_of(role)})
    assert held(db, "wen") == set(BUSINESS) - JUDGES - {"office"}
    assert held(db, "office") == {"office"}
    with db.reading() as session:
        told = session.scalars(select(Event.detail).where(Event.kind == "role.assigned", Event.actor == "office")).all()
    assert {entry["role"] for entry in told} == held(db, "wen"), "every grant is a record"


@pytest.mark.parametrize("page", ["/campaigns/7/roles", "/staff/withdraw"])
def test_the_office_does_not_dismiss_its_judges(app: Flask, db: Database, page: str) -> None:
    web.place(db)
    web.person(db, "office", "office")
    web.person(db, "wen", *sorted(JUDGES), "party_office")
    office = web.signed_in_as(app, "office")
    for role in (*JUDGES, "party_office"):
        office.post(page, {"username": "wen", "role": role, "scope": "", "withdraw": "1"})
    assert held(db, "wen") == JUDGES
    with db.reading() as session:
        told = session.scalars(select(Event.detail).where(Event.kind == "role.withdrawn", Event.actor == "office")).all()
    assert [entry["role"] for entry in told] == ["party_office"]


def test_a_new_campaign_has_the_office_that_made_it_and_nobody_appointed_himself(app: Flask, db: Database) -> None:
    web.place(db)
    for name in ("first", "second"):
        web.person(db, name, "office")
    browser = web.signed_in_as(app, "first")
    answer = browser.post("/campaigns/new", {"name": "第二次", "deadline": "2020-07-31"})
    assert answer.status_code == 303
    new = int(answer.location.rsplit("/", 1)[1])
    with db.reading() as session:
        query = select(RoleAssignment.username, RoleAssignment.granted_by).where(RoleAssignment.campaign_id == new)
        assert set(session.execute(query).all()) == {("first", "system"), ("second", "system")}
    assert browser.get(f"/campaigns/{new}").status_code == 200


def test_substitutes_are_named_by_who_goes_away_only(db: Database, at: At) -> None:
    for name in ("away", "ran"):
        web.person(db, name, "office")
    until = clock.now() + timedelta(days=1)
    with pytest.raises(AccountError, match="不能指定自己"):
        db.in_transaction(lambda s: accounts.substitute(s, "away", "ran", clock.now(), until, "病假", Actor("ran")))


@pytest.mark.parametrize(("absent", "stands_in"), [("office", "admin"), ("admin", "office"), ("auditor", "security_admin")])
def test_a_substitution_written_around_the_rule_gives_nothing(app: Flask, db: Database, at: At, absent: str, stands_in: str) -> None:
    web.person(db, "away", absent)
    web.person(db, "ran", stands_in)
    now = clock.now()
    row = Substitution(
        absent="away", substitute="ran", from_=now, until=now + timedelta(days=9), reason="x", created_by="x", created_at=now
    )
    db.in_transaction(lambda session: session.add(row))
    browser = web.signed_in_as(app, "ran")
    assert browser.post("/account/acting", {"for": "away"}).status_code == 404
    with browser.client as client:
        client.get("/")
        assert auth.identity().substitutes_for == ()


def test_two_of_the_same_kind_may_stand_in_for_each_other(app: Flask, db: Database, at: At) -> None:
    for name in ("first", "second"):
        web.person(db, name, "auditor")
    until = clock.now() + timedelta(days=1)
    db.in_transaction(lambda s: accounts.substitute(s, "first", "second", clock.now(), until, "病假", CLI))
    assert web.signed_in_as(app, "second").post("/account/acting", {"for": "first"}).status_code == 303


def test_a_real_account_takes_no_demonstration_account(app: Flask, db: Database) -> None:
    web.person(db, "boss", "admin")
    web.person(db, "zhou", "office", demonstration=True)
    browser = web.signed_in_as(app, "boss")
    assert browser.post("/demo/switch", {"username": "zhou"}).status_code == 404
    with browser.client as client:
        client.get("/")
        assert auth.identity().username == "boss"


# -- what breaks the rule already -------------------------------------------------------------------------------------------------------


def test_a_breach_written_around_the_rule_is_found_and_gives_nothing(app: Flask, db: Database, at: At) -> None:
    web.person(db, "ran", "admin", name="冉小军")
    web.person(db, "tan", "auditor")
    web.person(db, "guard", "security_admin")
    around(db, "ran", "office", CAMPAIGN)
    with db.reading() as session:
        assert holding.breaches(session, clock.now()) == [holding.Breach("ran", "冉小军", ("admin", "office"))]
        assert notifications.holders(session, CAMPAIGN, ["office"], at=clock.now()) == []
    browser = web.signed_in_as(app, "ran")
    with browser.client as client:
        client.get("/")
        assert auth.identity().groups == {"admin"}
    assert browser.get("/households").status_code == 403
    guard = web.signed_in_as(app, "guard")
    assert "违反三员分立" in guard.get("/accounts").text
    assert "相互冲突的角色不生效" in guard.get("/accounts/ran").text
    assert "相互冲突的角色不生效" not in guard.get("/accounts/tan").text
    taken = {"role": "office", "scope": "", "campaign": str(CAMPAIGN)}
    assert guard.post("/accounts/ran/roles/withdrawal", taken).status_code == 303
    assert "违反三员分立" not in guard.get("/accounts").text


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [("admin", "auditor", []), ("security_admin", "investigator", ["security_admin"]), ("commander", "auditor", ["auditor"])],
)
def test_of_roles_that_do_not_go_together_the_campaigns_do_not_count(
    db: Database, at: At, first: str, second: str, counts: list[str]
) -> None:
    web.person(db, "ran", first)
    around(db, "ran", second, CAMPAIGN)
    with db.reading() as session:
        assert [each.role for each in holding.roles_held(session, "ran", clock.now())] == counts


def test_a_role_that_is_over_stands_in_nobodys_way(db: Database, at: At) -> None:
    web.person(db, "ran", "office")
    over = clock.now() - timedelta(minutes=1)
    db.in_transaction(lambda s: accounts.assign_role(s, "ran", "office", campaign_id=CAMPAIGN, actor=CLI, valid_until=over))
    db.in_transaction(lambda s: accounts.assign_role(s, "ran", "auditor", actor=CLI))
    with db.reading() as session:
        assert [each.role for each in holding.roles_held(session, "ran", clock.now())] == ["auditor"]
        assert holding.breaches(session, clock.now()) == []


def test_a_start_names_the_accounts_that_break_the_rule(sqlite_db: Database, capsys: Any) -> None:
    from app import deploying

    web.person(sqlite_db, "ran", "auditor")
    around(sqlite_db, "ran", "office", CAMPAIGN)
    getattr(deploying, "_name_breaches")(sqlite_db)  # noqa: B009
    said = capsys.readouterr().out
    assert "ran" in said
    assert "auditor + office" in said
