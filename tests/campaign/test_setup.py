"""Setting a campaign up by its pages: one date, everything else derived; staff with accounts; start."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from app.auth.models import Account, RoleAssignment
from app.campaign import campaigns, settings
from app.campaign.importing import columns, export, marked, staff, values
from app.campaign.models import Campaign, CampaignDate, CodeItem, Household, ImportRun, Staff, Village
from app.config import ROOT
from app.db import Database
from app.engine import definitions
from app.engine.models import Event, ProcessInstance
from tests import web
from tests.campaign import world
from tests.engine import drawing as d
from tests.shipped import PROPERTIES, deploy_root

At = Callable[[str], datetime]

#: the shipped dates, and nothing to do but to wait for the last
CAMPAIGN_DIAGRAM = d.diagram(
    "campaign",
    d.start(),
    d.catch("wait", d.timer("timeDate", "=date and time(campaign.report_deadline)")),
    d.end(),
    flows="s>wait>e",
    properties=PROPERTIES,
)


@pytest.fixture
def app(db: Database, tmp_path: Path, at: At) -> Flask:
    db.in_transaction(deploy_root)
    return web.application(db, tmp_path)


@pytest.fixture
def office(app: Flask, db: Database) -> web.Browser:
    """The office of every campaign: there is none yet."""
    web.person(db, "fupinban", "office", campaign_id=0)
    return web.signed_in_as(app, "fupinban")


def made(office: web.Browser, **values: str) -> Any:
    form = {"name": "自查评估", "deadline": "2020-05-31", "legal_basis": "云扶组办发〔2020〕37号", "place": "沙市镇", **values}
    return office.post("/campaigns/new", form)


def dates(db: Database, campaign_id: int = 1) -> dict[str, str]:
    with db.reading() as session:
        return campaigns.dates(session, campaign_id)


def test_one_date_makes_the_whole_plan(office: web.Browser, db: Database) -> None:
    """R02: nothing is typed twice."""
    answer = made(office)
    assert (answer.status_code, answer.location) == (303, "/campaigns/1")
    assert dates(db)["training"] == "2020-05-21T08:30:00+08:00"
    assert dates(db)["report_deadline"] == "2020-06-01T00:00:00+08:00"
    page = office.get("/campaigns/1", headers={"Accept-Language": "zh-CN"}).text
    assert "云扶组办发〔2020〕37号" in page
    assert "还没有农户" in page, "what is missing is said"


def test_a_new_campaign_has_every_code_list_and_setting_of_the_plan(office: web.Browser, db: Database) -> None:
    """Forms offer nothing to choose from without the lists."""
    made(office)
    plan = json.loads((ROOT / "processes" / "plan.json").read_text(encoding="utf-8"))["code_lists"]
    with db.reading() as session:
        rows = session.scalars(select(CodeItem).where(CodeItem.campaign_id == 1).order_by(CodeItem.list, CodeItem.position)).all()
        assert settings.read(session, 1) == settings.defaults()
    found: dict[str, list[list[str]]] = {}
    for row in rows:
        assert row.active
        found.setdefault(row.list, []).append([row.code, row.label_zh, row.label_en])
    assert found == plan


def test_the_preview_shows_the_plan_before_anything_is_saved(office: web.Browser, db: Database) -> None:
    page = office.get("/campaigns/preview?deadline=2020-05-31", headers={"Accept-Language": "zh-CN"}).text
    assert "入户核查" in page
    with db.reading() as session:
        assert session.scalars(select(Campaign)).all() == []


@pytest.mark.parametrize("wrong", [{"name": " "}, {"deadline": "soon"}, {"deadline": ""}])
def test_what_is_missing_is_said_at_its_field(office: web.Browser, wrong: dict[str, str]) -> None:
    answer = made(office, **wrong)
    assert answer.status_code == 422
    assert "field-error" in answer.text


def _form(office: web.Browser, db: Database) -> dict[str, str]:
    """The dates' form as the page sends it."""
    page = office.get("/campaigns/1").text
    return dict(re.findall(r'name="([a-z_]+\.(?:day|time))" value="([^"]*)"', page))


def test_every_date_can_be_adjusted_and_a_new_count_takes_it_back(office: web.Browser, db: Database) -> None:
    made(office)
    form = {**_form(office, db), "visits_to.day": "2020-05-25", "evening.time": "20:00"}
    assert office.post("/campaigns/1/dates", form).status_code == 303
    assert dates(db)["visits_to"] == "2020-05-26T00:00:00+08:00"
    assert dates(db)["evening"] == "20:00:00+08:00"
    with db.reading() as session:
        adjusted = session.scalars(select(CampaignDate.name).where(CampaignDate.adjusted).order_by(CampaignDate.name)).all()
        changed = session.scalars(select(Event.detail).where(Event.kind == "campaign.dates")).one()
    assert adjusted == ["evening", "visits_to"]
    assert set(changed["changed"]) == {"evening", "visits_to"}, "old and new stand in the history"
    office.post("/campaigns/1/dates", {"reset": "1"})
    assert dates(db)["visits_to"] == "2020-05-27T00:00:00+08:00"


def test_a_date_out_of_order_is_refused_at_its_place(office: web.Browser, db: Database) -> None:
    made(office)
    answer = office.post("/campaigns/1/dates", {**_form(office, db), "visits_to.day": "2020-05-20"})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert 'name="visits_to.day" value="2020-05-20" aria-invalid="true" autofocus' in answer.text, "what was typed is still there"
    assert dates(db)["visits_to"] == "2020-05-27T00:00:00+08:00"


def test_settings_are_kept_within_their_bounds(office: web.Browser, db: Database) -> None:
    made(office)
    form = {definition.name: settings.shown(definition, definition.default) for definition in settings.definitions()}
    form = {name: value for name, value in form.items() if value != "False"}
    office.post("/campaigns/1/settings", {**form, "income_line": "4200", "sample_rate": "12.5"})
    with db.reading() as session:
        values = settings.read(session, 1)
    assert (values["income_line"], values["sample_rate"]) == (4200, 0.125)
    answer = office.post("/campaigns/1/settings", {**form, "income_line": "4300", "sample_rate": "400"})
    assert answer.status_code == 422
    assert {'value="4300"', 'value="400"'} <= set(re.findall(r'value="[0-9]+"', answer.text)), "what was typed is still there"
    with db.reading() as session:
        assert settings.read(session, 1)["sample_rate"] == 0.125


def test_a_plan_that_has_begun_already_is_pointed_out(office: web.Browser, at: At) -> None:
    """A typed year is soon wrong; whoever sets up a campaign sees it before everything is overdue."""
    at("2020-05-20T08:00:00+08:00")
    made(office)
    made(office, deadline="2019-05-31")
    assert "开始的日期已经过去" not in office.get("/campaigns/1", headers={"Accept-Language": "zh-CN"}).text
    assert "开始的日期已经过去" in office.get("/campaigns/2", headers={"Accept-Language": "zh-CN"}).text


def test_a_role_may_be_written_short_and_an_unknown_one_gets_the_list_in_each_language() -> None:
    column = next(column for column in columns.place_sheets()[columns.STAFF] if column.kind == "role")
    assert values.parse(column, "指导员", {"role": staff.role_labels()}) == "instructor"
    with pytest.raises(values.BadCell) as refused:
        values.parse(column, "火星人", {"role": staff.role_labels()})
    chinese, english = str(refused.value).split(" / ")
    assert "调查员、" in chinese
    assert "Investigator" not in chinese
    assert "Investigator, " in english


def _staff_book(*staff: tuple[str, ...]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(marked.template(columns.place_sheets(), {})))
    for row in (("V05", "云峰村"), ("V06", "竹溪村")):
        book[columns.VILLAGES].append(row)
    book[columns.GROUPS].append(("G03", "云峰村第1自查组", "V05"))
    for line in staff:
        book[columns.STAFF].append(line)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _import(office: web.Browser, db: Database, path: str, content: bytes) -> ImportRun:
    """Upload and wait until the background work has ended."""
    answer = office.post(path, {"file": (io.BytesIO(content), "表.xlsx")}, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    until = time.monotonic() + 30
    while time.monotonic() < until:
        page = office.get(answer.location + "/progress").text
        if "hx-get" not in page:
            break
    key = int(answer.location.rsplit("/", 1)[1])
    with db.reading() as session:
        run = session.get_one(ImportRun, key)
        session.expunge(run)
        return run


GOOD_STAFF = (
    ("diaocha01", "林孝", "镇财政所", "干部", "023-55128091", "调查员", "G03", "V05"),
    ("cungan05", "刘建", "云峰村", "专干", "", "村（社区）干部", "V05", "V05"),
    ("cungan05", "刘建", "云峰村", "专干", "", "录入专人", "V05", "V05"),
)


def test_staff_come_from_a_workbook_with_accounts_roles_and_first_passwords(office: web.Browser, db: Database) -> None:
    made(office)
    run = _import(office, db, "/campaigns/1/staff/import", _staff_book(*GOOD_STAFF))
    assert (run.state, run.warnings) == ("done", 1), run.message
    with db.reading() as session:
        held = session.execute(
            select(RoleAssignment.username, RoleAssignment.role, RoleAssignment.scope).where(RoleAssignment.campaign_id == 1)
        ).all()
        assert ("diaocha01", "investigator", "G03") in held
        assert {("cungan05", "village_cadre", "V05"), ("cungan05", "data_entry", "V05")} <= set(held)
        assert session.scalars(select(Account.must_change_password).where(Account.username == "diaocha01")).one()
        assert session.scalars(select(Staff.villages).where(Staff.username == "cungan05")).one() == ["V05"]
    listed = openpyxl.load_workbook(io.BytesIO(office.post(f"/campaigns/1/imports/{run.key}/result").data))["初始密码"]
    passwords = {row[0].value: row[2].value for row in listed.iter_rows(min_row=2, max_row=3)}
    assert set(passwords) == {"diaocha01", "cungan05"}
    login = web.browser(office.app).sign_in("diaocha01", passwords["diaocha01"])
    assert (login.status_code, login.location) == (303, "/login/code"), "somebody else hands out the activation code"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("x1", "甲", "", "", "", "系统管理员", ""), "代码表中的一项"),
        (("x1", "甲", "", "", "", "调查员", "G99"), "已有的工作组编码"),
        (("x1", "甲", "", "", "", "镇扶贫办", "V05"), "范围请留空"),
        (("x 1", "甲", "", "", "", "镇扶贫办", ""), "账号只能用"),
    ],
)
def test_a_wrong_line_of_staff_stops_all_of_them(office: web.Browser, db: Database, line: tuple[str, ...], said: str) -> None:
    made(office)
    run = _import(office, db, "/campaigns/1/staff/import", _staff_book(*GOOD_STAFF, line))
    assert run.state == "refused"
    with db.reading() as session:
        assert session.scalars(select(Village)).all() == []
        assert session.scalars(select(Account.username)).all() == ["fupinban"]
    book = openpyxl.load_workbook(io.BytesIO(office.post(f"/campaigns/1/imports/{run.key}/result").data))
    comments = [c.comment.text for row in book[columns.STAFF].iter_rows() for c in row if c.comment]
    assert any(said in text for text in comments), comments


def test_from_nothing_to_a_running_campaign(office: web.Browser, db: Database) -> None:
    made(office)
    refused = office.post("/campaigns/1/start", follow_redirects=True, headers={"Accept-Language": "zh-CN"})
    assert "还不能启动" in refused.text
    _import(office, db, "/campaigns/1/staff/import", _staff_book(*GOOD_STAFF))
    run = _import(office, db, "/campaigns/1/households/import", export.workbook([world.new("V05-001", investigator="")]))
    assert run.state == "done", run.message
    db.in_transaction(lambda s: definitions.deploy(s, {"campaign.bpmn": CAMPAIGN_DIAGRAM}, web.CLI, now=datetime.now().astimezone()))  # noqa: DTZ005
    assert office.post("/campaigns/1/start").status_code == 303
    with db.reading() as session:
        campaign = session.get_one(Campaign, 1)
        assert campaign.state == "running"
        variables = session.get_one(ProcessInstance, campaign.instance_key).variables
        assert variables["campaign"]["id"] == "1"
        assert variables["villages"] == [{"code": "V05", "name": "云峰村"}, {"code": "V06", "name": "竹溪村"}]
        assert variables["groups"] == [{"code": "G03", "name": "云峰村第1自查组", "village": "V05"}]
        assert variables["settings"]["income_line"] == 4000
        assert session.scalars(select(Household.investigator)).one() == "diaocha01"
    assert office.post("/campaigns/1/dates", {"reset": "1"}).status_code == 409, "the plan stands"
    assert office.post("/campaigns/1/households/clear").status_code == 409


def test_what_goes_out_comes_in_again_masked(office: web.Browser, db: Database) -> None:
    made(office)
    _import(office, db, "/campaigns/1/staff/import", _staff_book(*GOOD_STAFF))
    _import(office, db, "/campaigns/1/households/import", export.workbook([world.new("V05-001", address="=HYPERLINK(1)")]))
    run = _import(office, db, "/campaigns/1/households/import", export.workbook([world.new("V05-001", investigator="")]))
    assert run.state == "done"
    answer = office.post("/campaigns/1/households/export")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    text = " ".join(str(c.value) for sheet in book for row in sheet.iter_rows() for c in row)
    assert "V05-001" in text
    assert world.ID_NUMBER not in text
    assert "509999********0016" in text
    with db.reading() as session:
        assert session.scalars(select(Event.detail).where(Event.kind == "households.exported")).one() == {"households": 1, "masked": True}


def test_the_office_gives_no_work_to_a_system_account(office: web.Browser, db: Database) -> None:
    """三员分立."""
    made(office)
    web.person(db, "shenji", "auditor")
    page = office.post("/staff", {"username": "shenji", "name": "万福", "role": "office"}, follow_redirects=True)
    assert page.status_code == 200
    with db.reading() as session:
        assert session.scalars(select(RoleAssignment.role).where(RoleAssignment.username == "shenji")).all() == ["auditor"]


@pytest.mark.parametrize("text", ["", " ", "1_0", "１２", "5.5.5", "nan", "inf", "1e3", "x", "--5", "9" * 40])
def test_a_setting_is_a_number_as_a_form_takes_it(text: str) -> None:
    for definition in settings.definitions():
        if definition.kind in {"integer", "share"}:
            with pytest.raises(ValueError):
                settings.parse(definition, text)
