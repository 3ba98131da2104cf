"""The working-day calendar and the role bindings of a campaign, as the administrator edits them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.auth.models import RoleAssignment
from app.campaign import campaigns, settings
from app.campaign.models import Campaign, CampaignDate, Holiday
from app.db import Database
from app.engine.models import Event
from tests import web
from tests.campaign import world
from tests.web import CAMPAIGN, CLI

At = Callable[[str], datetime]


@pytest.fixture
def admin(db: Database, tmp_path: Path, at: At) -> web.Browser:
    app: Flask = web.application(db, tmp_path)
    world.campaign(db, "draft")
    web.person(db, "admin", "admin", name="袁系统", campaign_id=0)
    return web.signed_in_as(app, "admin")


def dates(db: Database) -> dict[str, str]:
    with db.reading() as session:
        return campaigns.dates(session, CAMPAIGN)


def working_days(db: Database) -> None:
    def work(session: Any) -> None:
        settings.write(session, CAMPAIGN, {"calendar": "working_days"})
        campaigns.recount(session, session.get_one(Campaign, CAMPAIGN), CLI)

    db.in_transaction(work)


def holiday(admin: web.Browser, **form: str) -> Any:
    answer = admin.post(f"/campaigns/{CAMPAIGN}/holidays", form)
    assert answer.status_code == 303
    return admin.get(answer.headers["Location"]).text


def test_dates_that_nobody_adjusted_follow_the_calendar(admin: web.Browser, db: Database) -> None:
    plain = dates(db)
    assert "2020-05-28" in holiday(admin, day="2020-05-28", until="2020-05-29", kind="holiday", name="镇里放假")
    assert dates(db) == plain, "calendar days: holidays change nothing"
    working_days(db)
    weekends = dates(db)
    assert weekends["start"] < plain["start"]
    page = holiday(admin, day="2020-05-30", kind="make_up")
    assert "个日期随之改变" in page
    assert "调休上班" in page
    later = dates(db)
    assert weekends["start"] < later["start"]
    holiday(admin, day="2020-05-30", remove="1")
    assert dates(db) == weekends
    with db.reading() as session:
        assert [row.day.day for row in session.scalars(select(Holiday).order_by(Holiday.day))] == [28, 29]
        assert session.scalars(select(Event.detail).where(Event.kind == "campaign.dates")).all()


def test_a_date_set_by_hand_stays(admin: web.Browser, db: Database) -> None:
    def by_hand(session: Any) -> None:
        session.get_one(CampaignDate, (CAMPAIGN, "start")).adjusted = True

    db.in_transaction(by_hand)
    before = dates(db)["start"]
    working_days(db)
    assert dates(db)["start"] == before


def test_what_is_no_span_of_days_is_refused_and_a_running_campaign_keeps_its_dates(admin: web.Browser, db: Database) -> None:
    for form in ({"day": "x"}, {"day": "2020-05-20", "until": "2020-05-10"}, {"day": "2020-01-01", "until": "2020-12-31"}):
        assert "请选择日期" in holiday(admin, **form)
    world.campaign(db, "running")
    assert admin.post(f"/campaigns/{CAMPAIGN}/holidays", {"day": "2020-05-28"}).status_code == 409
    assert admin.get(f"/campaigns/{CAMPAIGN}/calendar").status_code == 200


def held(db: Database, username: str) -> list[tuple[str, str, int]]:
    with db.reading() as session:
        query = select(RoleAssignment.role, RoleAssignment.scope, RoleAssignment.campaign_id).where(RoleAssignment.username == username)
        return [(row.role, row.scope, row.campaign_id) for row in session.execute(query)]


def change(admin: web.Browser, **form: str) -> str:
    answer = admin.post(f"/campaigns/{CAMPAIGN}/roles", form)
    return str(admin.get(answer.headers["Location"]).text)


def test_roles_of_a_campaign_are_given_and_taken_back(admin: web.Browser, db: Database) -> None:
    web.person(db, "wen", name="文主任")
    page = admin.get(f"/campaigns/{CAMPAIGN}/roles").text
    assert "没有人担任" in page
    assert "文主任" in change(admin, username="wen", role="investigator", scope="G03")
    assert held(db, "wen") == [("investigator", "G03", CAMPAIGN)]
    change(admin, username="wen", role="investigator", scope="G03", withdraw="1")
    assert held(db, "wen") == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"username": "wen", "role": "auditor"}, "系统角色由安全管理员授予"),
        ({"username": "wen", "role": "investigator", "scope": "G99"}, "请选择这个角色负责的村或工作组"),
        ({"username": "nobody", "role": "office"}, "没有启用的账号"),
    ],
)
def test_what_may_not_be_given_is_said(admin: web.Browser, db: Database, form: dict[str, str], said: str) -> None:
    web.person(db, "wen", name="文主任")
    assert said in change(admin, **form)
    assert held(db, "wen") == []


def test_an_administrator_gives_himself_no_work_in_the_campaign(admin: web.Browser, db: Database) -> None:
    """三员分立."""
    change(admin, username="admin", role="office")
    assert held(db, "admin") == [("admin", "", 0)]


def test_each_date_stands_with_its_formula_and_where_it_is_read(admin: web.Browser) -> None:
    page = admin.get(f"/campaigns/{CAMPAIGN}/schedule").text
    assert "=back(11, &#34;08:30&#34;)" in page
    assert "培训日" in page, "the timer that reads the date of the training"
    assert "由用户填写" in page
