"""发起: who may start what, the start form as a task's form, one instance for one request, where it leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import Database
from app.engine import definitions
from app.engine.models import Event, ProcessInstance, Task
from app.forms.models import Submission
from tests.inbox.conftest import ADMIN, CAMPAIGN, Person
from tests.inbox.test_drafts import boot

Login = Callable[[str], Person]
FILES = {path.name: path.read_bytes() for path in (Path(__file__).parent / "starting").iterdir()}
REPORT = {"group": "G03", "what": "大雨冲断道路"}


@pytest.fixture(autouse=True)
def deployed(app: Flask, db: Database) -> None:
    deploy(db, FILES)


def deploy(db: Database, files: dict[str, bytes]) -> None:
    db.in_transaction(lambda session: definitions.deploy(session, files, ADMIN, now=datetime.fromisoformat("2020-05-21T08:00:00+08:00")))


def send(person: Person, data: dict[str, Any], request_id: str = "request-0001", process: str = "report") -> Any:
    return person.send("POST", f"/start/{process}", {"data": data, "request_id": request_id})


def instances(db: Database) -> list[ProcessInstance]:
    with db.reading() as session:
        return list(session.scalars(select(ProcessInstance).order_by(ProcessInstance.key)))


def test_it_is_offered_to_those_whom_the_diagram_names_and_to_nobody_else(person: Login) -> None:
    li, wang = person("li"), person("wang")
    assert 'href="/start"' in li.page("/tasks")
    listed = li.page("/start")
    assert "情况反映" in listed
    assert "调查员发现特殊情况时反映" in listed
    assert 'href="/start"' not in wang.page("/tasks")
    assert "没有您可以发起的事项" in wang.page("/start")
    assert wang.get("/start/report").status_code == 404
    assert send(wang, REPORT).status_code == 404
    assert li.get("/start/visit").status_code == 404, "a process whose diagram names no starter"


def test_the_form_says_where_it_goes_by_what_is_chosen(person: Login) -> None:
    page = person("li").page("/start/report")
    told = boot(page)["next"]
    assert told["fields"] == ["urgent"]
    assert {case["when"]["urgent"]: case["text"] for case in told["cases"]} == {
        True: "写明现场情况",
        False: "研究答复",
        None: "研究答复",
    }


def test_starting_keeps_the_form_and_says_where_it_went(db: Database, person: Login) -> None:
    li = person("li")
    answer = send(li, {**REPORT, "phone": "13800001234"})
    assert (answer.status_code, answer.json["redirect"]) == (200, "/start"), answer.text
    assert "“情况反映 大雨冲断道路”已发起，现在到：研究答复。" in li.page("/start")
    (made,) = instances(db)
    assert (made.campaign_id, made.started_by, made.label, made.business_key) == (CAMPAIGN, "li", "大雨冲断道路", "R-G03")
    assert made.variables["initiator"] == "li"
    assert "phone" not in made.variables, "what is personal stays in the form"
    with db.reading() as session:
        kept = session.scalars(select(Submission)).one()
        assert (kept.form_id, kept.instance_key, kept.task_key, kept.actor) == ("report_start", made.key, None, "li")
        assert kept.data["what"] == REPORT["what"]
        assert "13800001234" not in str(kept.data)
        kinds = set(session.scalars(select(Event.kind).where(Event.instance_key == made.key, Event.actor == "li")))
        assert {"instance.started", "form.submitted"} <= kinds


def test_it_leads_to_the_first_task_of_who_started(db: Database, person: Login) -> None:
    answer = send(person("li"), {**REPORT, "urgent": True})
    with db.reading() as session:
        task = session.scalars(select(Task).where(Task.element_id == "describe")).one()
    assert task.assignee == "li"
    assert answer.json["redirect"] == f"/tasks/{task.key}"


def test_errors_come_back_at_their_fields_and_nothing_starts(db: Database, person: Login) -> None:
    answer = send(person("li"), {"group": "G03"})
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"what"}
    assert send(person("li"), {**REPORT, "unknown": 1}).status_code == 422
    assert instances(db) == []


def test_the_same_request_starts_once_and_other_data_under_it_are_refused(db: Database, person: Login) -> None:
    li = person("li")
    first, again = send(li, REPORT), send(li, REPORT)
    assert (first.status_code, again.status_code) == (200, 200)
    assert len(instances(db)) == 1
    assert send(li, {**REPORT, "what": "别的事"}).status_code == 409
    assert send(li, REPORT, "request-0002").status_code == 200
    assert len(instances(db)) == 2


def test_what_is_entered_decides_for_which_group_one_may(db: Database, person: Login) -> None:
    answer = send(person("li"), {**REPORT, "group": "G09"})
    assert answer.status_code == 409
    assert "不由您发起" in answer.json["title"]
    assert instances(db) == []


def test_without_a_form_a_button_is_enough(db: Database, person: Login) -> None:
    text = FILES["report.bpmn"].decode().replace('id="report"', 'id="alarm"').replace('<zeebe:formDefinition formId="report_start" />', "")
    text = text.replace('="investigator:" + group', "investigator:G03").replace("=&quot;investigator:&quot; + group", "investigator:G03")
    text = (
        text.replace("=&quot;R-&quot; + group", "A")
        .replace('"=what"', '"警报"')
        .replace("=[&quot;instructor:&quot; + group]", "instructor:G03")
    )
    deploy(db, {"alarm.bpmn": text.encode()})
    li = person("li")
    assert "不需要填表" in li.page("/start/alarm")
    assert send(li, {"x": 1}, process="alarm").status_code == 409, "nothing comes in that no form has checked"
    assert send(li, {}, "request-0002", process="alarm").status_code == 200
    assert [each.process_id for each in instances(db)] == ["alarm"]
