"""The cells of /v2: process data for administrators and auditors; a user task for those to whom it is open, as in the inbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import clock
from app.db import Database
from app.engine import definitions, runtime
from app.engine.errors import StepFailed
from app.engine.models import Activity, Definition, Task
from tests.idor import Cell, held
from tests.web import CAMPAIGN, CLI

DIAGRAMS = Path(__file__).parent.parent / "engine" / "conformance" / "diagrams"
DECISION = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="answer" name="Answer"><literalExpression id="l"><text>42</text></literalExpression></decision></definitions>"""

INVESTIGATOR = held("investigator")
ADMIN, READERS = held("admin"), held("admin", "auditor")


def _deploy(session: Any) -> None:
    diagram = (DIAGRAMS / "user-task-without-mapping.bpmn").read_bytes().replace(b"office,commander", b"investigator:G03")
    definitions.deploy(session, {"api_task.bpmn": diagram, "answer.dmn": DECISION}, CLI, now=clock.real_now())
    session.flush()


def _definition(kind: str) -> Any:
    def make(db: Database) -> dict[str, Any]:
        db.in_transaction(_deploy)
        with db.reading() as session:
            return {"text": str(session.scalars(select(Definition.key).where(Definition.kind == kind)).first())}

    return make


def _start(db: Database) -> int:
    def work(session: Any) -> int:
        _deploy(session)
        return int(runtime.start(session, "user_task_without_mapping", {"x": 1}, CLI, campaign_id=CAMPAIGN).key)

    return db.in_transaction(work)


def _instance(db: Database) -> dict[str, Any]:
    return {"text": str(_start(db))}


def _task(db: Database) -> dict[str, Any]:
    key = _start(db)
    with db.reading() as session:
        return {"text": str(session.scalars(select(Task.key).where(Task.instance_key == key)).one())}


def _claimed(db: Database) -> dict[str, Any]:
    values = _task(db)
    db.in_transaction(lambda session: runtime.hand_over(session, int(values["text"]), "investigator.here", CLI, reason="test"))
    return values


def _incident(db: Database) -> dict[str, Any]:
    task = _task(db)
    failure = StepFailed("seen", element_id="a")
    incident = db.in_transaction(lambda session: runtime.record_incident(session, failure, task_key=int(task["text"])))
    return {"text": str(incident.key)}


def _suspended(db: Database) -> dict[str, Any]:
    key = _start(db)
    db.in_transaction(lambda session: runtime.suspend(session, key, CLI))
    return {"text": str(key)}


def _activity(db: Database) -> dict[str, Any]:
    key = _start(db)
    with db.reading() as session:
        return {"text": str(session.scalars(select(Activity.key).where(Activity.instance_key == key)).first())}


def _api(name: str, make: Any, open_to: frozenset[str], method: str = "GET", **data: Any) -> Cell:
    return Cell(f"api.{name}", make, open_to, method, data, json=method in {"POST", "PUT"})


CELLS = [
    _api("get_process_definition", _definition("process"), READERS),
    _api("get_process_definition_xml", _definition("process"), READERS),
    _api("get_start_form", _definition("process"), READERS),
    _api("get_decision_definition", _definition("decision"), READERS),
    _api("get_decision_definition_xml", _definition("decision"), READERS),
    _api("get_resource_content", _definition("process"), READERS),
    _api("get_process_instance", _instance, READERS),
    _api("cancel_process_instance", _instance, ADMIN, "POST", reason="test"),
    _api("suspend_process_instance", _instance, ADMIN, "POST", reason="test"),
    _api("resume_process_instance", _suspended, ADMIN, "POST", reason="test"),
    _api("get_element_instance", _activity, READERS),
    _api("set_variables", _instance, ADMIN, "PUT", variables={"x": 2}, reason="test"),
    _api("get_incident", _incident, READERS),
    _api("resolve_incident", _incident, ADMIN, "POST"),
    _api("get_user_task", _task, INVESTIGATOR),
    _api("get_user_task_form", _task, INVESTIGATOR),
    _api("search_user_task_effective_variables", _task, INVESTIGATOR, "POST"),
    _api("search_user_task_variables", _task, INVESTIGATOR, "POST"),
    _api("complete_user_task", _task, INVESTIGATOR, "POST"),
    _api("assign_user_task", _task, INVESTIGATOR, "POST", assignee="investigator.here"),
    _api("unassign_user_task", _claimed, INVESTIGATOR, "DELETE"),
]
