"""Lists and first pages: what each sees, links behind numbers, and a number of statements that does not grow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.campaign import visibility
from app.campaign.models import Campaign, Household, Member
from app.db import Database
from tests import web
from tests.campaign import world

At = Callable[[str], datetime]
Statements = Callable[[Database], AbstractContextManager[list[str]]]


@pytest.fixture
def app(db: Database, tmp_path: Path, at: At) -> Flask:
    made = web.application(db, tmp_path)
    web.place(db)
    return made


@pytest.fixture
def people(app: Flask, db: Database) -> dict[str, str]:
    """One person per role in G03 and V05, and a second investigator of G03."""
    everybody = web.everybody(db)
    web.person(db, "colleague", "investigator:G03")
    return everybody


def homes(db: Database) -> dict[str, str]:
    """Who investigates it → code: mine, my colleague's in the same group, another village's."""
    found = {
        "mine": world.new("V05-101", head="甲一", investigator="investigator"),
        "colleague": world.new("V05-102", head="乙二", investigator="colleague"),
        "other": world.new("V06-103", head="丙三", village="V06", work_group="G04", investigator="else"),
    }
    world.write(db, *found.values())
    return {who: home.code for who, home in found.items()}


SEES = {
    **{role: {"mine", "colleague", "other"} for role in visibility.TOWN},
    **{role: {"mine", "colleague"} for role in (*visibility.GROUP, *visibility.VILLAGE)},
    "investigator": {"mine"},
}


def test_each_role_lists_its_own_households_and_problems_only(app: Flask, db: Database, people: dict[str, str]) -> None:
    codes = homes(db)
    numbers = {who: world.problem(db, household=code) for who, code in codes.items()}
    for role, expected in SEES.items():
        browser = web.signed_in_as(app, people[role])
        listed, ledger = browser.get("/households").text, browser.get("/problems").text
        for who in codes:
            assert (f"/households/{codes[who]}" in listed) == (who in expected), f"{role} and {who}"
            assert (f"/problems/{numbers[who]}" in ledger) == (who in expected), f"{role} and {who}"


def test_breaches_are_for_the_towns_roles_only(app: Flask, db: Database, people: dict[str, str]) -> None:
    """R54: a separate branch."""
    number = world.problem(db, household=homes(db)["mine"], breach=True)
    for role in SEES:
        answer = web.signed_in_as(app, people[role]).get(f"/problems/{number}")
        assert answer.status_code == (200 if role in visibility.TOWN else 404), role


def test_the_named_person_sees_the_problem_that_is_his(app: Flask, db: Database, people: dict[str, str]) -> None:
    """R46: whoever is named may stand outside the village."""
    from app.campaign import problems

    number = world.problem(db, household=homes(db)["other"])
    assert web.signed_in_as(app, people["data_entry"]).get(f"/problems/{number}").status_code == 404
    db.in_transaction(
        lambda s: problems.move_to_rung(s, web.CAMPAIGN, number, 2, web.CLI, at=datetime.now().astimezone(), responsible="data_entry")  # noqa: DTZ005
    )
    assert web.signed_in_as(app, people["data_entry"]).get(f"/problems/{number}").status_code == 200


def test_a_page_of_personal_data_is_masked_until_somebody_says_why(app: Flask, db: Database, people: dict[str, str]) -> None:
    code = homes(db)["mine"]
    browser = web.signed_in_as(app, people["investigator"])
    page = browser.get(f"/households/{code}").text
    assert world.ID_NUMBER not in page
    assert "509999********0016" in page
    assert "10012345678" not in page
    key = world.read(db, Household, code).key
    asked = {"what": "household.phone", "key": str(key), "reason": "约定走访时间"}
    assert browser.post("/personal/unmask", asked).json == {"value": "10012345678"}
    stranger = web.signed_in_as(app, people["spot_checker"])
    assert stranger.post("/personal/unmask", asked).status_code == 404
    with db.reading() as session:
        member = session.scalars(select(Member.key).where(Member.household == code).order_by(Member.key)).first()
    asked = {"what": "member.id_number", "key": str(member), "reason": "核对身份"}
    assert browser.post("/personal/unmask", asked).json == {"value": world.ID_NUMBER}
    assert stranger.post("/personal/unmask", asked).status_code == 404, "nor of a member of a household that is none of his"


@pytest.mark.parametrize(
    ("query", "heads"),
    [
        ("q=甲", {"甲一"}),
        ("q=V05-10", {"甲一", "乙二"}),
        ("q=%25", set()),
        ("village=V06", {"丙三"}),
        ("stage=returned", {"乙二"}),
        ("kind=key_general", set()),
        ("mark=late", {"甲一"}),
        ("mark=today", {"丙三"}),
        ("mark=not_approved&village=V05", {"甲一", "乙二"}),
        ("mark=nonsense", {"甲一", "乙二", "丙三"}),
        ("after=rubbish", {"甲一", "乙二", "丙三"}),
    ],
)
def test_filters_stand_in_the_address(app: Flask, db: Database, people: dict[str, str], at: At, query: str, heads: set[str]) -> None:
    at("2020-05-22T09:00:00+08:00")
    homes(db)

    def work(session: Any) -> None:
        from sqlalchemy import select

        for home in session.scalars(select(Household)):
            if home.head == "乙二":
                home.stage = "returned"
            if home.head == "丙三":
                home.planned_on = date(2020, 5, 22)

    db.in_transaction(work)
    page = web.signed_in_as(app, people["office"]).get(f"/households?{query}").text
    assert {head for head in ("甲一", "乙二", "丙三") if head in page} == heads


def test_pages_follow_each_other_without_loss_or_repetition(app: Flask, db: Database, people: dict[str, str]) -> None:
    import re

    world.write(db, *(world.new(f"V05-{number:03d}") for number in range(200, 295)))
    browser = web.signed_in_as(app, people["office"])
    seen: list[str] = []
    path = "/households"
    for _ in range(5):
        page = browser.get(path).text
        seen += re.findall(r'href="/households/(V05-2\d\d)"', page)
        onward = re.search(r'href="([^"]+)" rel="next"', page)
        if onward is None:
            break
        path = onward[1].replace("&amp;", "&")
    assert seen == [f"V05-{number:03d}" for number in range(200, 295)]


def test_problem_pages_follow_each_other_by_deadline(app: Flask, db: Database, people: dict[str, str]) -> None:
    import re

    code = world.household(db)
    numbers = [world.problem(db, household=code) for _ in range(55)]
    browser = web.signed_in_as(app, people["office"])
    page = browser.get("/problems").text
    onward = re.search(r'href="([^"]+)" rel="next"', page)
    assert onward
    pattern = r'href="/problems/(P-V05-\d+)"'
    seen = re.findall(pattern, page) + re.findall(pattern, browser.get(onward[1].replace("&amp;", "&")).text)
    assert seen == numbers


PAGES = [
    ("office", "/households"),
    ("office", "/problems?state=all"),
    ("office", "/office"),
    ("office", "/villages"),
    ("office", "/villages/V05"),
    ("office", "/progress"),
    ("office", "/staff"),
    ("investigator", "/today"),
    ("investigator", "/today/route"),
    ("instructor", "/incoming"),
    ("group_leader", "/group"),
    ("village_cadre", "/villages/V05"),
    ("principal_party", "/digest"),
    ("spot_checker", "/spot-check"),
]


@pytest.mark.parametrize(("role", "path"), PAGES, ids=[f"{role} {path}" for role, path in PAGES])
def test_statements_do_not_grow_with_the_rows(
    app: Flask, db: Database, people: dict[str, str], statements: Statements, role: str, path: str
) -> None:
    world.problem(db, household=world.household(db, investigator="investigator"))
    browser = web.signed_in_as(app, people[role])
    browser.get(path)
    counted = []
    for more in (0, 30):
        for _ in range(more):
            world.problem(db, household=world.household(db, investigator="investigator"))
        with statements(db) as seen:
            assert browser.get(path).status_code == 200
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 24


def test_the_shell_says_which_day_it_is(app: Flask, db: Database, people: dict[str, str], at: At) -> None:
    at("2020-05-24T09:00:00+08:00")
    page = web.signed_in_as(app, people["office"]).get("/households", headers={"Accept-Language": "zh-CN"}).text
    assert "第 4 天 / 11" in page


def test_a_campaign_that_has_ended_is_offered_no_more(app: Flask, db: Database, people: dict[str, str]) -> None:
    from app.campaign import providers

    with db.reading() as session:
        assert [key for key, _name in providers.campaigns(session)] == [web.CAMPAIGN]
    db.in_transaction(lambda session: setattr(session.get_one(Campaign, web.CAMPAIGN), "state", "ended"))
    with db.reading() as session:
        assert providers.campaigns(session) == []
