"""POST /v2/process-instances by those whom a diagram lets start it: the door of the page, its form and its rights."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.auth import accounts
from app.db import Database
from app.engine import definitions
from app.engine.models import Event, ProcessInstance
from tests import web
from tests.api.test_api import Caller

FILES = {path.name: path.read_bytes() for path in (Path(__file__).parent.parent / "inbox" / "starting").iterdir()}
REPEAT = {"Idempotency-Key": "request-0001"}
REPORT = {"group": "G03", "what": "断路"}


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    made = web.application(db, tmp_path)
    db.in_transaction(lambda s: definitions.deploy(s, FILES, web.CLI, now=datetime.fromisoformat("2020-05-21T08:00:00+08:00")))
    return made


def caller(app: Flask, db: Database, username: str, role: str) -> Caller:
    web.person(db, username, role)
    token = db.in_transaction(lambda session: accounts.make_token(session, username, web.CLI))
    return Caller(app.test_client(), token)


def test_a_starter_starts_with_the_form_s_fields_in_his_campaign(app: Flask, db: Database) -> None:
    li = caller(app, db, "li", "investigator:G03")
    wrong = li.post("/process-instances", {"processDefinitionId": "report", "variables": {"group": "G03"}})
    assert wrong.status_code == 400
    assert [each["path"] for each in wrong.json["errors"]] == ["what"]
    assert li.post("/process-instances", {"processDefinitionId": "report", "variables": {**REPORT, "x": 1}}).status_code == 400
    twice = [li.post("/process-instances", {"processDefinitionId": "report", "variables": REPORT}, headers=REPEAT) for _ in range(2)]
    assert {answer.status_code for answer in twice} == {200}, twice[0].text
    with db.reading() as session:
        (made,) = session.scalars(select(ProcessInstance)).all()
    assert {answer.json["processInstanceKey"] for answer in twice} == {str(made.key)}
    assert (made.campaign_id, made.label, made.started_by) == (web.CAMPAIGN, "断路", "li")


def test_others_start_nothing(app: Flask, db: Database) -> None:
    wang, li = caller(app, db, "wang", "instructor:G03"), caller(app, db, "li", "investigator:G03")
    assert wang.post("/process-instances", {"processDefinitionId": "report", "variables": REPORT}).status_code == 404
    assert li.post("/process-instances", {"processDefinitionId": "report", "variables": {**REPORT, "group": "G04"}}).status_code == 409
    with db.reading() as session:
        assert session.scalars(select(ProcessInstance)).all() == []


def test_an_administrator_starts_any_with_variables_and_reads_the_start_form(app: Flask, db: Database) -> None:
    admin = caller(app, db, "root", "admin")
    started = admin.post("/process-instances", {"processDefinitionId": "report", "variables": {**REPORT, "more": [1]}, "reason": "补办"})
    assert started.status_code == 200, started.text
    with db.reading() as session:
        made = session.get_one(ProcessInstance, int(started.json["processInstanceKey"]))
        assert made.variables["more"] == [1]
        detail = session.scalars(select(Event.detail).where(Event.kind == "instance.started")).one()
    assert detail["reason"] == "补办"
    (definition,) = admin.items("/process-definitions", processDefinitionId="report")
    assert definition["hasStartForm"] is True
    form = admin.call("GET", f"/process-definitions/{definition['processDefinitionKey']}/form")
    assert form.json["formId"] == "report_start"
