"""/v2 as Camunda 8's clients use it: deploy, start, work on tasks, publish, look."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import exact_json
from app.auth import accounts
from app.db import Database
from app.engine import jobs
from app.engine.models import ProcessInstance
from tests import web

WHY = {"reason": "报错了，重新来过"}
DIAGRAMS = Path(__file__).parent.parent / "engine" / "conformance" / "diagrams"


class Caller:
    """A program with a token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> TestResponse:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.client.open(f"/v2{path}", method=method, json=json, headers=headers, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.call("POST", path, json if json is not None else {}, **more)

    def deploy(self, *names: str, **texts: bytes) -> TestResponse:
        files = [(io.BytesIO((DIAGRAMS / f"{name}.bpmn").read_bytes()), f"{name}.bpmn") for name in names]
        files += [(io.BytesIO(text), name.replace("__", ".")) for name, text in texts.items()]
        return self.client.post("/v2/deployments", data={"resources": files}, headers=self.headers)

    def start(self, process_id: str, **variables: Any) -> str:
        answer = self.post("/process-instances", {"processDefinitionId": process_id, "variables": variables})
        assert answer.status_code == 200, answer.text
        return str(answer.json["processInstanceKey"])

    def items(self, path: str, **condition: Any) -> list[dict[str, Any]]:
        answer = self.post(f"{path}/search", {"filter": condition})
        assert answer.status_code == 200, answer.text
        return list(answer.json["items"])


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    return web.application(db, tmp_path)


@pytest.fixture
def callers(app: Flask, db: Database) -> dict[str, Caller]:
    """Callers by role: admin, office, auditor, investigator."""
    made = {}
    for role in ("admin", "office", "auditor", "investigator"):
        name = web.person(db, f"{role}-1", "investigator:G03" if role == "investigator" else role)
        token = db.in_transaction(lambda session, name=name: accounts.make_token(session, name, web.CLI))
        made[role] = Caller(app.test_client(), token)
    return made


def test_a_deployment_answers_with_what_it_made(callers: dict[str, Caller]) -> None:
    answer = callers["admin"].deploy("user-task-without-mapping")
    assert answer.status_code == 200, answer.text
    (made,) = answer.json["deployments"]
    assert made["processDefinition"]["processDefinitionId"] == "user_task_without_mapping"
    assert made["processDefinition"]["processDefinitionVersion"] == 1
    again = callers["admin"].deploy("user-task-without-mapping").json["deployments"][0]
    assert again["processDefinition"] == made["processDefinition"], "an unchanged file makes no new version"
    key = made["processDefinition"]["processDefinitionKey"]
    assert (
        callers["auditor"].call("GET", f"/process-definitions/{key}/xml").data == (DIAGRAMS / "user-task-without-mapping.bpmn").read_bytes()
    )
    (listed,) = callers["admin"].items("/process-definitions", processDefinitionId="user_task_without_mapping", isLatestVersion=True)
    assert listed["processDefinitionKey"] == key


def test_a_refused_deployment_names_element_and_reason(callers: dict[str, Caller]) -> None:
    broken = (DIAGRAMS / "user-task-without-mapping.bpmn").read_bytes().replace(b'candidateGroups="office,commander"', b"")
    answer = callers["admin"].deploy(broken__bpmn=broken)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    refused = [problem for problem in answer.json["problems"] if problem["severity"] == "error"]
    assert [problem["elementId"] for problem in refused] == ["a"]
    assert refused[0]["message"]
    assert callers["office"].deploy("none-start-end").status_code == 403


def test_a_task_is_found_assigned_and_completed(callers: dict[str, Caller], db: Database) -> None:
    admin, office = callers["admin"], callers["office"]
    admin.deploy("user-task-without-mapping")
    instance = admin.start("user_task_without_mapping", x=1)
    (task,) = office.items("/user-tasks", processInstanceKey=instance, state="CREATED")
    assert task["candidateGroups"] == ["office", "commander"]
    assert callers["investigator"].items("/user-tasks", processInstanceKey=instance) == []
    assert callers["investigator"].post(f"/user-tasks/{task['userTaskKey']}/completion").status_code == 404
    assert office.post(f"/user-tasks/{task['userTaskKey']}/assignment", {"assignee": "office-1"}).status_code == 204
    assert office.call("GET", f"/user-tasks/{task['userTaskKey']}").json["assignee"] == "office-1"
    body = {"variables": {"answer": 42}}
    path = f"/user-tasks/{task['userTaskKey']}/completion"
    assert office.post(path, body, headers={"Idempotency-Key": "one"}).status_code == 204
    assert office.post(path, body, headers={"Idempotency-Key": "one"}).status_code == 204, "the same request again is no error"
    assert office.post(path, body).status_code == 409
    jobs.drain(db)
    found = admin.call("GET", f"/process-instances/{instance}").json
    assert (found["state"], found["hasIncident"]) == ("COMPLETED", False)
    variables = admin.items("/variables", processInstanceKey=instance)
    assert {row["name"]: row["value"] for row in variables} == {"answer": "42", "x": "1"}
    elements = admin.items("/element-instances", processInstanceKey=instance)
    assert [(row["elementId"], row["type"], row["state"]) for row in elements] == [
        ("s", "START_EVENT", "COMPLETED"),
        ("a", "USER_TASK", "COMPLETED"),
        ("e", "END_EVENT", "COMPLETED"),
    ]


def test_messages_and_signals_reach_who_waits(callers: dict[str, Caller], db: Database) -> None:
    admin = callers["admin"]
    admin.deploy("catch-message", "catch-signal")
    waits = admin.start("catch_message", orderId="A7")
    alarm = admin.start("catch_signal", village="V1")
    answer = admin.post("/messages/publication", {"name": "paid", "correlationKey": "A7", "variables": {"amount": 5}})
    assert answer.json["messageKey"]
    assert admin.post("/signals/broadcast", {"signalName": "alarm-V1"}).status_code == 200
    jobs.drain(db)
    assert [admin.call("GET", f"/process-instances/{key}").json["state"] for key in (waits, alarm)] == ["COMPLETED", "COMPLETED"]


@pytest.mark.parametrize("key", [True, False, 0, 7, 7.5])
def test_a_key_of_any_type_reaches_who_waits_with_it(callers: dict[str, Caller], db: Database, key: Any) -> None:
    admin = callers["admin"]
    admin.deploy("catch-message")
    waits = admin.start("catch_message", orderId=key)
    assert admin.post("/messages/publication", {"name": "paid", "correlationKey": key}).status_code == 200
    jobs.drain(db)
    assert admin.call("GET", f"/process-instances/{waits}").json["state"] == "COMPLETED"


def test_what_no_column_has_room_for_is_said_in_words(callers: dict[str, Caller]) -> None:
    admin = callers["admin"]
    admin.deploy("user-task")
    for path, asked in (
        ("/messages/publication", {"name": "paid", "correlationKey": "k" * 201}),
        ("/messages/publication", {"name": "n" * 201, "correlationKey": "k"}),
        ("/messages/publication", {"name": "paid", "correlationKey": "k", "messageId": "i" * 101}),
        ("/process-instances", {"processDefinitionId": "user_task", "businessId": "b" * 201}),
    ):
        answer = admin.post(path, asked)
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json"), answer.text
        assert "最多 " in answer.json["detail"], answer.json


def test_a_decision_is_evaluated(callers: dict[str, Caller]) -> None:
    dmn = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="grades" namespace="n">
      <decision id="grade" name="Grade"><decisionTable id="t" hitPolicy="FIRST">
      <input id="i"><inputExpression id="ie" typeRef="number"><text>points</text></inputExpression></input>
      <output id="o" name="grade" typeRef="string"/>
      <rule id="r1"><inputEntry id="a1"><text>&gt; 50</text></inputEntry><outputEntry id="b1"><text>"high"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="a2"><text>-</text></inputEntry><outputEntry id="b2"><text>"low"</text></outputEntry></rule>
      </decisionTable></decision></definitions>"""
    assert callers["admin"].deploy(grade__dmn=dmn).status_code == 200
    answer = callers["admin"].post("/decision-definitions/evaluation", {"decisionDefinitionId": "grade", "variables": {"points": 80}})
    assert answer.json["output"] == '"high"'


@pytest.mark.parametrize("number", ["110101199003070011", "6222021234567890123", "18446744073709551616", "0.1234567890123456789"])
def test_a_number_keeps_every_digit_over_http(callers: dict[str, Caller], db: Database, number: str) -> None:
    admin = callers["admin"]
    admin.deploy("user-task-without-mapping")

    def post(path: str, body: str) -> TestResponse:
        return admin.client.post(f"/v2{path}", data=body, headers={**admin.headers, "Content-Type": "application/json"})

    process = "user_task_without_mapping"
    started = post("/process-instances", f'{{"processDefinitionId":"{process}","variables":{{"n":{number},"inside":[{number}]}}}}')
    instance = started.json["processInstanceKey"]
    with db.reading() as session:
        kept = session.get_one(ProcessInstance, int(instance)).variables
    assert {name: exact_json.dumps(value).decode() for name, value in kept.items()} == {"n": number, "inside": f"[{number}]"}
    # A long whole number may be that of a person or of a card: shown as masked, here as on the page.
    rows = {row["name"]: row for row in admin.items("/variables", processInstanceKey=instance)}
    assert rows["n"]["isMasked"] == ("." not in number)
    assert rows["n"]["isMasked"] or rows["n"]["value"] == number
    answer = post("/expression/evaluation", f'{{"expression":"=string(n) + string(n = {number})","variables":{{"n":{number}}}}}')
    assert answer.json["result"] == f"{number}true"
    raw = post("/expression/evaluation", f'{{"expression":"=n","variables":{{"n":{number}}}}}')
    assert number in raw.text or "." in number


def test_an_instance_is_cancelled(callers: dict[str, Caller]) -> None:
    admin = callers["admin"]
    admin.deploy("user-task-without-mapping")
    instance = admin.start("user_task_without_mapping")
    assert callers["office"].post(f"/process-instances/{instance}/cancellation", WHY).status_code == 403
    assert admin.post(f"/process-instances/{instance}/cancellation", WHY).status_code == 204
    assert admin.call("GET", f"/process-instances/{instance}").json["state"] == "TERMINATED"
    assert callers["office"].items("/user-tasks", processInstanceKey=instance, state="CREATED") == []


def test_an_incident_is_seen(callers: dict[str, Caller], db: Database, app: Flask) -> None:
    admin, office = callers["admin"], callers["office"]
    admin.deploy("end-error-uncaught")
    instance = admin.start("end_error_uncaught")
    (task,) = office.items("/user-tasks", processInstanceKey=instance)
    answer = office.post(f"/user-tasks/{task['userTaskKey']}/completion")
    assert answer.status_code == 422
    assert "BAD" in answer.json["detail"]
    assert (answer.json["title"], answer.json["elementId"]) == ("REFUSED", "e")
    (incident,) = admin.items("/incidents", processInstanceKey=instance, state="ACTIVE")
    assert incident["errorMessage"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"filter": {"nonsense": 1}}, "there is no filter"),
        ({"filter": {"processInstanceKey": "x"}}, "does not fit"),
        ({"page": {"limit": 100_000}}, "page.limit"),
        ({"sort": [{"field": "nope"}]}, "sort by one of"),
        ({"extra": 1}, "unknown: extra"),
    ],
)
def test_a_query_that_cannot_be_read_says_why(callers: dict[str, Caller], body: dict[str, Any], words: str) -> None:
    answer = callers["admin"].post("/process-instances/search", body)
    assert answer.status_code == 400
    assert words in answer.json["detail"]


def test_pages_follow_each_other(callers: dict[str, Caller]) -> None:
    admin = callers["admin"]
    admin.deploy("user-task-without-mapping")
    keys = [admin.start("user_task_without_mapping") for _ in range(5)]
    first = admin.post("/process-instances/search", {"page": {"limit": 3}}).json
    rest = admin.post("/process-instances/search", {"page": {"limit": 3, "after": first["page"]["endCursor"]}}).json
    assert [row["processInstanceKey"] for row in first["items"] + rest["items"]] == keys
    assert first["page"]["totalItems"] == 5
    some = admin.items("/process-instances", processInstanceKey={"$in": keys[:2]}, startDate={"$gt": "2000-01-01T00:00:00Z"})
    assert len(some) == 2


def test_nobody_comes_in_without_a_token(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/v2/user-tasks/search", json={}).status_code == 401
    assert client.post("/v2/user-tasks/search", json={}, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/v2/status").status_code == 204


def test_the_description_names_every_route(app: Flask, callers: dict[str, Caller]) -> None:
    described = app.test_client().get("/v2/openapi.json").json
    routes = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert len(described["paths"]) == len(routes)
    assert described["paths"]["/v2/deployments"]["post"]["x-roles"] == ["admin"]


def test_the_clock_of_the_demonstration_moves_forward_only(callers: dict[str, Caller]) -> None:
    backward = int(datetime.fromisoformat("2000-01-01T00:00:00+08:00").timestamp() * 1000)
    assert callers["admin"].call("PUT", "/clock", {"timestamp": backward}).status_code == 409
