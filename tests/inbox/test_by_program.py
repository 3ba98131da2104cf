"""A program with a token goes through the same door as the page: the form, who may, the words, the records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.auth import accounts
from app.db import Database
from app.engine.models import Event, Incident, ProcessInstance, Task
from app.forms import hooks, submissions
from app.forms.models import Submission
from tests.inbox.conftest import ADMIN, Person, next_task
from tests.inbox.test_drafts import boot, save
from tests.web import CLI

NOTE = {"head": "张三", "income": 12000, "id_number": "500235198001011234"}
Call = Callable[..., Any]


@pytest.fixture
def program(app: Flask, db: Database) -> Call:
    """``program("li", "POST", "/user-tasks/1/completion", {…})`` as a program of li's."""
    tokens: dict[str, str] = {}

    def call(username: str, method: str, path: str, json: Any = None, **headers: str) -> Any:
        if username not in tokens:
            tokens[username] = db.in_transaction(lambda session: accounts.make_token(session, username, ADMIN))
        sent = {"Authorization": f"Bearer {tokens[username]}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return app.test_client().open(f"/v2{path}", method=method, json=json, headers=sent)

    return call


def complete(program: Call, username: str, key: int, variables: dict[str, Any], **headers: str) -> Any:
    return program(username, "POST", f"/user-tasks/{key}/completion", {"variables": variables}, **headers)


def state(db: Database, key: int) -> str:
    with db.reading() as session:
        return session.get_one(Task, key).state


def test_a_form_that_is_wrong_is_a_problem_that_names_the_fields(db: Database, program: Call, household: Any) -> None:
    key = household()
    for sent, fields in (
        ({}, {"head", "income"}),
        ({"head": "张三", "income": -5, "answer": 42}, {"income", "answer"}),
        ({**NOTE, "members": [{"name": "李四"}, {}]}, {"members[1].name"}),
    ):
        answer = complete(program, "li", key, sent)
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json"), answer.text
        assert {each["path"] for each in answer.json["errors"]} == fields
        assert all(each["message"] for each in answer.json["errors"])
    assert state(db, key) == "OPEN"
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 0


def test_a_form_that_is_right_is_a_submission_with_all_that_follows(db: Database, program: Call, household: Any) -> None:
    key = household()
    seen: list[str] = []
    took = hooks._accepts.setdefault("note", [])

    def hook(session: Any, task: Any, submission: Submission, outcome: Any, actor: Any) -> None:
        seen.append(submission.form_id)

    took.append(hook)
    try:
        for _again in range(2):
            assert complete(program, "li", key, NOTE, Idempotency_Key="one").status_code == 204, "the same request again is no error"
    finally:
        took.remove(hook)
    assert seen == ["note"]
    assert complete(program, "li", key, {**NOTE, "head": "李四"}, Idempotency_Key="one").status_code == 409
    with db.reading() as session:
        kept = session.scalars(select(Submission)).one()
        assert (kept.form_id, kept.actor, kept.task_key) == ("note", "li", key)
        assert submissions.data_of(session, kept)["id_number"] == "500235********1234"
        done = session.scalars(select(Event).where(Event.kind == "task.completed")).one()
        assert done.detail["submission"] == str(kept.key)
    again = complete(program, "sun", key, NOTE)
    assert again.status_code == 409
    assert "李调查" in again.json["detail"]


def test_a_task_without_a_form_takes_no_variables_in_a_campaign(db: Database, program: Call, household: Any) -> None:
    key = household()
    assert complete(program, "li", key, NOTE).status_code == 204
    review = next_task(db, key)
    assert complete(program, "li", review, {"decision": "approve"}).status_code == 404, "not his"
    assert complete(program, "wang", review, {"decision": "approve"}).status_code == 204
    file = next_task(db, review)
    refused = complete(program, "wang", file, {"household": "overwritten"})
    assert refused.status_code == 400
    assert "takes no variables" in refused.json["detail"]
    assert complete(program, "wang", file, {}).status_code == 204
    with db.reading() as session:
        assert session.scalars(select(ProcessInstance.variables)).one()["household"]["code"] == "H0001"


def test_a_task_goes_only_to_whom_the_page_would_offer(
    db: Database, person: Callable[[str], Person], program: Call, household: Any
) -> None:
    key = household()
    path = f"/user-tasks/{key}/assignment"
    for to, words in (("nobody", "没有用户"), ("wang", "没有办理此任务的角色"), ("admin", "没有")):
        answer = program("li", "POST", path, {"assignee": to, "reason": "我请假"})
        assert answer.status_code == 409, answer.text
        assert words in answer.json["detail"]
    with db.reading() as session:
        assert session.get_one(Task, key).assignee is None, "nothing is left of an act that was refused"
    assert program("wang", "POST", path, {"assignee": "wang"}).status_code == 404
    assert program("li", "POST", path, {"assignee": "li"}).status_code == 204
    save(person("li"), key, {"head": "张三"})
    assert program("li", "POST", path, {"assignee": "sun"}).status_code == 409, "a hand-over wants a reason"
    assert program("li", "POST", path, {"assignee": "sun", "reason": "我请假", "allowOverride": False}).status_code == 409
    assert program("li", "POST", path, {"assignee": "sun", "reason": "我请假"}).status_code == 204
    assert "我请假" in person("sun").page(f"/tasks/{key}")
    assert boot(person("sun").page(f"/tasks/{key}"))["form"]["data"]["head"] == "张三", "the draft goes along"
    with db.reading() as session:
        kinds = session.scalars(select(Event.kind).where(Event.activity_key == key).order_by(Event.key)).all()
        handed = session.scalars(select(Event).where(Event.kind == "task.handed_over")).one()
    assert [kind for kind in kinds if kind.startswith("task.") and kind != "task.created"][-2:] == ["task.claimed", "task.handed_over"]
    assert (handed.detail["to"], handed.detail["reason"]) == ("sun", "我请假")
    assert program("li", "DELETE", f"/user-tasks/{key}/assignee").status_code == 409, "it is not his any more"
    assert program("sun", "DELETE", f"/user-tasks/{key}/assignee").status_code == 204
    assert program("sun", "DELETE", f"/user-tasks/{key}/assignee").status_code == 409, "there is nothing to give back"


def test_an_act_on_an_instance_wants_a_reason_in_words(app: Flask, db: Database, program: Call, household: Any) -> None:
    def hire(session: Any) -> None:
        accounts.create_user(session, "guan", "管理员", actor=CLI)
        accounts.assign_role(session, "guan", "admin", actor=CLI)

    db.in_transaction(hire)
    household()
    with db.reading() as session:
        instance = session.scalars(select(ProcessInstance.key)).one()
    acts = (
        ("PUT", f"/element-instances/{instance}/variables", {"variables": {"due": "2020-05-23T18:00:00+08:00"}}, "variables.changed"),
        ("POST", f"/process-instances/{instance}/suspension", {}, "instance.suspended"),
        ("POST", f"/process-instances/{instance}/resumption", {}, "instance.resumed"),
        ("POST", f"/process-instances/{instance}/cancellation", {}, ""),
    )
    for method, path, sent, kind in acts:
        for silent in (sent, {**sent, "reason": "  "}, {**sent, "operationReference": 7}):
            refused = program("guan", method, path, silent)
            assert refused.status_code == 400, (path, refused.text)
            assert "reason" in refused.json["detail"]
        assert program("guan", method, path, sent, Daopai_Reason="%E5%81%9C%E7%94%B5").status_code == 204
        if kind:
            with db.reading() as session:
                assert session.scalars(select(Event).where(Event.kind == kind)).one().detail["reason"] == "停电"
    with db.reading() as session:
        assert session.get_one(ProcessInstance, instance).state == "TERMINATED"
        told = session.scalars(select(Event.detail).where(Event.kind == "instance.terminated")).one()
        assert told["cause"] == "停电"


def test_a_step_that_fails_is_an_incident_as_from_the_page(db: Database, program: Call, household: Any) -> None:
    key = household(due="2020-05-22T18:00:00+08:00")
    assert complete(program, "li", key, NOTE).status_code == 204
    review = next_task(db, key)
    answer = complete(program, "wang", review, {"decision": "shelve"})
    assert answer.status_code == 422, answer.text
    with db.reading() as session:
        incident = session.scalars(select(Incident)).one()
    assert str(incident.key) in answer.json["detail"]
    assert state(db, review) == "OPEN"


def test_a_key_that_is_too_long_is_refused(program: Call, household: Any) -> None:
    answer = complete(program, "li", household(), NOTE, Idempotency_Key="x" * 65)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json["detail"]
