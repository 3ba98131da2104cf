"""/v2/process-instances, element instances and variables."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.acts import completion, operating, privacy, starting
from app.api import rendering
from app.api.blueprint import api
from app.api.problems import BadRequest, fields_in_error
from app.api.searching import body, key, number_of, reason, search, text_of, variables, whole
from app.auth import access, actor, database, identity, signed_in
from app.engine import definitions
from app.engine.errors import NotFound
from app.engine.models import Activity, Definition, Incident, ProcessInstance

_OPERATORS = ("admin", "auditor")

_COLUMNS = {
    "processInstanceKey": ProcessInstance.key,
    "processDefinitionId": ProcessInstance.process_id,
    "processDefinitionKey": ProcessInstance.definition_key,
    "processDefinitionVersion": ProcessInstance.version,
    "state": ProcessInstance.state,
    "startDate": ProcessInstance.started_at,
    "endDate": ProcessInstance.ended_at,
    "parentProcessInstanceKey": ProcessInstance.parent_key,
    "parentElementInstanceKey": ProcessInstance.parent_activity_key,
    "rootProcessInstanceKey": ProcessInstance.root_key,
}

_WITH_INCIDENT = exists().where(Incident.instance_key == ProcessInstance.key, Incident.state == "OPEN")


@api.post("/process-instances")
@signed_in
def create_process_instance() -> dict[str, Any] | Response:
    """Start an instance by ``processDefinitionId`` (newest or given version) or ``processDefinitionKey``.

    Administrators start any, with any ``variables``. Others start what they may start in the browser, its newest version, in their
    campaign: ``variables`` are what the start form holds, checked as on the page; 400 names the fields in error.
    """
    asked = body()
    try:
        return database().in_transaction(lambda session: _started(_start(session, asked)))
    except completion.Invalid as invalid:
        return fields_in_error(invalid.outcome)


def _start(session: Session, asked: dict[str, Any]) -> ProcessInstance:
    process_id, version = _process_asked_for(session, asked)
    sent, who, business_key = variables(asked), identity(), text_of(asked, "businessId")
    request_id = request.headers.get("Idempotency-Key")
    if who.has("admin"):
        why = reason(asked)
        return starting.start_with_variables(
            session, actor(), process_id, sent, version=version, business_key=business_key, request_id=request_id, reason=why
        )
    found = starting.find(session, who, process_id)
    if version not in (None, found.version):
        raise BadRequest(f"start the newest version, {found.version}")
    return starting.start(session, who, actor(), process_id, sent, business_key=business_key, request_id=request_id, show_findings=False)


def _started(started: ProcessInstance) -> dict[str, Any]:
    return {
        "processDefinitionId": started.process_id,
        "processDefinitionKey": str(started.definition_key),
        "processDefinitionVersion": started.version,
        "processInstanceKey": str(started.key),
        "businessId": privacy.code(started.business_key) or None,
        "variables": {},
        "tags": [],
        "tenantId": rendering.TENANT,
    }


def _process_asked_for(session: Session, asked: dict[str, Any]) -> tuple[str, int | None]:
    if asked.get("processDefinitionKey"):
        row = definitions.get(session, key(asked["processDefinitionKey"], "processDefinitionKey"))
        return row.id, row.version
    process_id = text_of(asked, "processDefinitionId")
    if not process_id:
        raise BadRequest("send processDefinitionId or processDefinitionKey")
    return process_id, number_of(asked, "processDefinitionVersion", most=2**31 - 1) or None


@api.post("/process-instances/search")
@access(*_OPERATORS)
def search_process_instances() -> dict[str, Any]:
    """Search process instances."""
    special = {
        "hasIncident": lambda wanted: _WITH_INCIDENT if wanted else ~_WITH_INCIDENT,
        # Found when it is known as a whole: a pattern would tell what is masked piece by piece.
        "businessId": lambda wanted: ProcessInstance.business_key == str(wanted.get("$eq", "") if isinstance(wanted, dict) else wanted),
    }
    with database().reading() as session:
        return search(session, select(ProcessInstance), _COLUMNS, rendering.instance, special, order=ProcessInstance.key)


def _instance(session: Session, text: str) -> ProcessInstance:
    found = session.get(ProcessInstance, key(text, "processInstanceKey"))
    if found is None:
        raise NotFound(f"there is no process instance {text}")
    return found


@api.get("/process-instances/<text>")
@access(*_OPERATORS)
def get_process_instance(text: str) -> dict[str, Any]:
    """One process instance."""
    with database().reading() as session:
        found = _instance(session, text)
        name = session.scalar(select(Definition.name).where(Definition.key == found.definition_key))
        broken = session.scalar(select(exists().where(Incident.instance_key == found.key, Incident.state == "OPEN")))
        return rendering.instance(found, name or None, bool(broken))


@api.post("/process-instances/<text>/cancellation")
@access("admin")
def cancel_process_instance(text: str) -> Response:
    """Cancel an instance and its children. Wants a reason."""
    number, who, why = key(text, "processInstanceKey"), actor(), reason(body())
    database().in_transaction(lambda session: operating.cancel(session, number, who, why))
    return Response(status=204)


@api.post("/process-instances/<text>/suspension")
@access("admin")
def suspend_process_instance(text: str) -> Response:
    """Suspend an instance: nothing moves until it is resumed. Wants a reason."""
    number, who, why = key(text, "processInstanceKey"), actor(), reason(body())
    database().in_transaction(lambda session: operating.suspend(session, number, who, why))
    return Response(status=204)


@api.post("/process-instances/<text>/resumption")
@access("admin")
def resume_process_instance(text: str) -> Response:
    """Resume a suspended instance. Wants a reason."""
    number, who, why = key(text, "processInstanceKey"), actor(), reason(body())
    database().in_transaction(lambda session: operating.resume(session, number, who, why))
    return Response(status=204)


@api.get("/element-instances/<text>")
@access(*_OPERATORS)
def get_element_instance(text: str) -> dict[str, Any]:
    """One element instance (activity)."""
    with database().reading() as session:
        row = session.get(Activity, key(text, "elementInstanceKey"))
        if row is None:
            raise NotFound(f"there is no element instance {text}")
        return rendering.activity(row, _instance(session, str(row.instance_key)))


@api.post("/element-instances/search")
@access(*_OPERATORS)
def search_element_instances() -> dict[str, Any]:
    """Search element instances (activities)."""
    columns = {
        "elementInstanceKey": Activity.key,
        "processInstanceKey": Activity.instance_key,
        "elementId": Activity.element_id,
        "elementName": Activity.element_name,
        "startDate": Activity.entered_at,
        "endDate": Activity.left_at,
    }
    states = {"ACTIVE": "", "COMPLETED": "completed", "TERMINATED": "canceled"}
    special = {
        "state": lambda wanted: Activity.how == states.get(wanted, "?"),
        "type": lambda wanted: Activity.kind == _camel(str(wanted)),
    }
    with database().reading() as session:
        owners = _Owners(session)
        query = select(Activity)
        return search(session, query, columns, lambda row: rendering.activity(row, owners[row.instance_key]), special, order=Activity.key)


class _Owners(dict[int, ProcessInstance]):
    """Instances by key, each read once."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def __missing__(self, instance_key: int) -> ProcessInstance:
        self[instance_key] = _instance(self.session, str(instance_key))
        return self[instance_key]


def _camel(kind: str) -> str:
    """USER_TASK → userTask."""
    first, *rest = kind.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


@api.put("/element-instances/<text>/variables")
@access("admin")
def set_variables(text: str) -> Response:
    """Write variables of a process instance (its key is the scope). Wants a reason."""
    asked, number, who = body(), key(text, "elementInstanceKey"), actor()
    sent, why = variables(asked), reason(asked)
    database().in_transaction(lambda session: operating.set_variables(session, number, sent, who, why))
    return Response(status=204)


@api.post("/variables/search")
@access(*_OPERATORS)
def search_variables() -> dict[str, Any]:
    """Variables of one process instance; filter by ``processInstanceKey`` and, if wanted, ``name``."""
    wanted = body().get("filter") or {}
    if not isinstance(wanted, dict) or not wanted.get("processInstanceKey"):
        raise BadRequest("filter by processInstanceKey")
    with database().reading() as session:
        owner = _instance(session, wanted["processInstanceKey"])
        names = [name for name in sorted(owner.variables) if wanted.get("name") in (None, name)]
        items = [rendering.variable(owner, name) for name in names]
    return whole(items)
