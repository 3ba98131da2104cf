"""What a page masks, ``/v2`` masks: personal values are planted wherever the engine keeps some, every operation is asked."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, personal
from app.auth import accounts
from app.auth.roles import ROLES
from app.db import Database
from app.engine import definitions, runtime
from app.engine.models import Activity, Definition, Incident, JobRow, Task
from tests import web
from tests.api.test_api import DIAGRAMS, Caller

SECRETS = {
    "name": "李春花",
    "id": "500235198001011234",
    "phone": "13800001234",
    "bank": "6222021234567890123",
    "health": "尿毒症",
    "health_code": "uremia",
}
PERSON = {
    "household": {
        "code": "V05-001",
        "label": f"柏树村 3组 {SECRETS['name']}",
        "id_number": SECRETS["id"],
        "phone": int(SECRETS["phone"]),
        "bank": {"card": SECRETS["bank"], "no": "62220212"},
        "health": {"kind": SECRETS["health_code"], "text": SECRETS["health"]},
    },
    "members": [{"name": SECRETS["name"], "who": SECRETS["name"], "card": SECRETS["bank"]}],
    "said": f"{SECRETS['name']}得了{SECRETS['health']}，电话 {SECRETS['phone']}",
    "head": "LiChunhua",
    "village": {"code": "V05", "name": "柏树村"},
    "x": 1,
}
MESSAGE = f"no such row “{SECRETS['name']}” ('{SECRETS['health']}', {SECRETS['id']}, {SECRETS['bank']}, {SECRETS['phone']})"
SCOPED = (
    "=household.phone",
    "=members",
    "=household",
    "=said",
    "=substring(household.id_number, 1, 6)",
    '=if starts with(said, "李") then "yes" else "no"',
    "=number(said)",
)


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    return web.application(db, tmp_path)


@pytest.fixture
def keys(app: Flask, db: Database) -> dict[str, str]:
    """An instance of a person, with a task, an incident and a job that failed; the keys by which operations are asked."""
    diagram = (DIAGRAMS / "user-task-without-mapping.bpmn").read_bytes()

    def work(session: Any) -> dict[str, str]:

        definitions.deploy(session, {"visit.bpmn": diagram}, web.CLI, now=clock.real_now())
        session.flush()
        made = runtime.start(session, "user_task_without_mapping", PERSON, web.CLI, business_key=SECRETS["name"])
        session.flush()
        task = session.scalars(select(Task).where(Task.instance_key == made.key)).one()
        task.variables = {"note": SECRETS["health"], "phone": SECRETS["phone"]}
        incident = Incident(
            campaign_id=0,
            instance_key=made.key,
            activity_key=task.key,
            element_id="a",
            kind="error",
            message=MESSAGE,
            state="OPEN",
            created_at=clock.now(),
        )
        job = JobRow(kind="service", type="t", instance_key=made.key, activity_key=task.key, element_id="a", state="FAILED", error=MESSAGE)
        job.created_at = job.due_at = clock.now()
        job.payload, job.retries = {"variables": PERSON}, 0
        session.add_all([incident, job])
        session.flush()
        return {
            "process-instances": str(made.key),
            "element-instances": str(session.scalars(select(Activity.key).where(Activity.instance_key == made.key)).first()),
            "user-tasks": str(task.key),
            "incidents": str(incident.key),
            "jobs": str(job.key),
            "process-definitions": str(session.scalars(select(Definition.key)).first()),
            "resources": str(session.scalars(select(Definition.key)).first()),
        }

    return db.in_transaction(work)


def callers(app: Flask, db: Database) -> dict[str, Caller]:
    made = {}
    for role, username in web.everybody(db).items():
        token = db.in_transaction(lambda session, name=username: accounts.make_token(session, name, web.CLI))
        made[role] = Caller(app.test_client(), token)
    return made


def operations(app: Flask) -> list[tuple[str, str]]:
    """(method, address) of every operation of /v2; those that only read come first."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            found += [(method, rule.rule) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return sorted(found, key=lambda each: (not (each[0] == "GET" or each[1].endswith("search")), each[1]))


def told(text: str) -> list[str]:
    """The planted values that stand in *text*, also as JSON inside of JSON."""
    plain = re.sub(r"\\+u([0-9a-f]{4})", lambda found: chr(int(found.group(1), 16)), text)
    return [kind for kind, secret in SECRETS.items() if secret in text or secret in plain]


def test_no_operation_tells_a_personal_value_to_any_role(app: Flask, db: Database, keys: dict[str, str]) -> None:
    asked = 0
    people = callers(app, db)
    assert set(people) == set(ROLES)
    for method, path in operations(app):
        if path in ("/v2/clock", "/v2/deployments"):
            continue
        kind = path.split("/")[2]
        address = path.removeprefix("/v2").replace("<text>", keys.get(kind, "1"))
        if path.startswith("/v2/element-instances") and method == "PUT":
            address = f"/element-instances/{keys['process-instances']}/variables"
        for body in bodies(path, keys):
            for role, caller in people.items():
                answer = caller.call(method, address, body if method != "GET" else None)
                assert told(answer.text) == [], f"{role}: {method} {path} {body}: {answer.text}"
                asked += answer.status_code < 400
    assert asked > 60, "the operations answered"


def bodies(path: str, keys: dict[str, str]) -> list[dict[str, Any] | None]:
    if path.endswith("/variables/search") and "user-tasks" not in path:
        return [{"filter": {"processInstanceKey": keys["process-instances"]}}]
    if path == "/v2/expression/evaluation":
        return [{"expression": text, "scopeKey": keys["process-instances"]} for text in SCOPED]
    if path.endswith("/variables"):
        return [{"variables": {"x": 2}, "reason": "test"}]
    return [{"reason": "test"}] if "search" not in path else [{}]


def test_variables_keep_their_shape_and_say_that_they_are_masked(app: Flask, db: Database, keys: dict[str, str]) -> None:

    admin = callers(app, db)["admin"]
    rows = {row["name"]: row for row in admin.items("/variables", processInstanceKey=keys["process-instances"])}
    household = json.loads(rows["household"]["value"])
    assert (household["code"], set(household)) == ("V05-001", set(PERSON["household"]))  # type: ignore[call-overload]
    assert json.loads(rows["village"]["value"]) == PERSON["village"]
    assert rows["x"] == {**rows["x"], "value": "1", "isMasked": False}
    assert rows["household"]["isMasked"]
    assert rows["said"]["value"].startswith('"（')
    (found,) = admin.items("/variables", processInstanceKey=keys["process-instances"], name="said")
    assert found["isMasked"]


def test_no_expression_tells_what_a_page_would_not(app: Flask, db: Database, keys: dict[str, str]) -> None:
    """Neither by its value nor by yes and no."""
    admin = callers(app, db)["admin"]

    def result(text: str) -> Any:
        return admin.post("/expression/evaluation", {"expression": text, "scopeKey": keys["process-instances"]}).json.get("result")

    assert result("=household.code") == "V05-001"
    assert result("=x + 1") == 2
    assert result('=household.health.kind = "uremia"') is False
    assert result(f"=household.phone = {SECRETS['phone']}") is not True
    assert result('=contains(said, "春")') is False


def test_no_filter_finds_out_what_is_masked(app: Flask, db: Database, keys: dict[str, str]) -> None:
    admin = callers(app, db)["admin"]
    for path, condition in (
        ("/incidents/search", {"errorMessage": {"$like": "*1380000*"}}),
        ("/incidents/search", {"errorMessage": MESSAGE}),
    ):
        assert admin.post(path, {"filter": condition}).status_code == 400, path
    assert admin.post("/process-instances/search", {"filter": {"businessId": {"$like": "李*"}}}).status_code == 400
    assert len(admin.items("/process-instances", businessId=SECRETS["name"])) == 1, "who knows it whole finds it"


def test_an_incident_is_kept_without_the_values_that_failed(db: Database, app: Flask, keys: dict[str, str]) -> None:
    error = ValueError(f"could not convert string to float: '{SECRETS['name']}' {SECRETS['phone']}")
    made = db.in_transaction(lambda session: runtime.record_incident(session, error, task_key=int(keys["user-tasks"])))
    assert told(made.message) == []
    assert made.message.startswith("ValueError: could not convert string to float")


def test_the_log_tells_no_value_of_an_exception(caplog: pytest.LogCaptureFixture) -> None:
    personal.scrub_logs()
    with caplog.at_level(logging.ERROR):
        try:
            raise ValueError(MESSAGE)
        except ValueError:
            logging.getLogger("daopai").exception("a job failed")
    assert told(caplog.text) == []
    assert "no such row" in caplog.text
