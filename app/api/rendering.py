"""Rows of the engine in the words of Camunda 8's REST API."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from app import exact_json
from app.acts import privacy
from app.engine.models import Activity, Definition, Incident, JobRow, ProcessInstance, Task

#: Daopai has one tenant; campaigns are its own partition.
TENANT = "<default>"

_INSTANCE_STATES = {"ACTIVE": "ACTIVE", "SUSPENDED": "SUSPENDED", "COMPLETED": "COMPLETED", "TERMINATED": "TERMINATED"}
_TASK_STATES = {"OPEN": "CREATED", "COMPLETED": "COMPLETED", "CANCELED": "CANCELED"}
_JOB_STATES = {"READY": "CREATED", "FAILED": "FAILED", "SUSPENDED": "CREATED"}


def moment(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None


def _text(key: int | None) -> str | None:
    return None if key is None else str(key)


def definition(row: Definition, *, has_start_form: bool = False) -> dict[str, Any]:
    """A process definition."""
    return {
        "processDefinitionId": row.id,
        "processDefinitionKey": str(row.key),
        "name": row.name or None,
        "resourceName": row.resource,
        "version": row.version,
        "versionTag": None,
        "state": "ACTIVE",
        "tenantId": TENANT,
        "hasStartForm": has_start_form,
    }


def decision(row: Definition) -> dict[str, Any]:
    """A decision definition."""
    return {
        "decisionDefinitionId": row.id,
        "decisionDefinitionKey": str(row.key),
        "name": row.name or row.id,
        "version": row.version,
        "decisionRequirementsId": row.resource,
        "decisionRequirementsKey": str(row.deployment_key),
        "decisionRequirementsName": row.resource,
        "decisionRequirementsVersion": row.version,
        "tenantId": TENANT,
    }


def form(row: Definition) -> dict[str, Any]:
    """A form with its schema as text."""
    return {
        "formId": row.id,
        "formKey": str(row.key),
        "version": row.version,
        "schema": row.content.decode("utf-8", "replace"),
        "tenantId": TENANT,
    }


def deployed(row: Definition) -> dict[str, Any]:
    """What a deployment made of one definition."""
    common = {"resourceName": row.resource, "tenantId": TENANT}
    empty: dict[str, Any] = dict.fromkeys(("processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource"))
    if row.kind == "process":
        own = {"processDefinitionId": row.id, "processDefinitionKey": str(row.key), "processDefinitionVersion": row.version, **common}
        return {**empty, "processDefinition": own}
    if row.kind == "form":
        return {**empty, "form": {"formId": row.id, "formKey": str(row.key), "version": row.version, **common}}
    return {**empty, "decisionDefinition": decision(row)}


def instance(row: ProcessInstance, name: str | None = None, has_incident: bool = False) -> dict[str, Any]:
    """A process instance."""
    return {
        "processInstanceKey": str(row.key),
        "processDefinitionId": row.process_id,
        "processDefinitionKey": str(row.definition_key),
        "processDefinitionName": name,
        "processDefinitionVersion": row.version,
        "processDefinitionVersionTag": None,
        "startDate": moment(row.started_at),
        "endDate": moment(row.ended_at),
        "suspendedDate": None,
        "state": _INSTANCE_STATES[row.state],
        "hasIncident": has_incident,
        "parentProcessInstanceKey": _text(row.parent_key),
        "parentElementInstanceKey": _text(row.parent_activity_key),
        "rootProcessInstanceKey": str(row.root_key),
        "businessId": privacy.code(row.business_key) or None,
        "tags": [],
        "tenantId": TENANT,
    }


def task(row: Task) -> dict[str, Any]:
    """A user task."""
    return {
        "userTaskKey": str(row.key),
        "elementInstanceKey": str(row.key),
        "elementId": row.element_id,
        "name": row.name,
        "state": _TASK_STATES[row.state],
        "assignee": row.assignee,
        "candidateGroups": row.candidate_groups,
        "candidateUsers": row.candidate_users,
        "dueDate": moment(row.due_at),
        "followUpDate": moment(row.follow_up_at),
        "creationDate": moment(row.created_at),
        "completionDate": moment(row.completed_at),
        "priority": row.priority,
        "formKey": _text(row.form_key),
        "externalFormReference": None,
        "processDefinitionId": row.process_id,
        "processDefinitionKey": str(row.definition_key),
        "processDefinitionVersion": row.instance.version,
        "processName": None,
        "processInstanceKey": str(row.instance_key),
        "rootProcessInstanceKey": str(row.instance.root_key),
        "businessId": privacy.code(row.business_key) or None,
        "customHeaders": {},
        "tags": [],
        "tenantId": TENANT,
    }


def incident(row: Incident, owner: ProcessInstance | None) -> dict[str, Any]:
    """An incident."""
    return {
        "incidentKey": str(row.key),
        "processDefinitionId": owner.process_id if owner else "",
        "processDefinitionKey": str(owner.definition_key) if owner else "",
        "processInstanceKey": _text(row.instance_key) or "",
        "rootProcessInstanceKey": str(owner.root_key) if owner else None,
        "elementId": row.element_id,
        "elementInstanceKey": _text(row.activity_key) or "",
        "jobKey": _text(row.job_key),
        "errorType": row.kind.upper(),
        "errorMessage": privacy.message(row.message),
        "creationTime": moment(row.created_at),
        "state": "ACTIVE" if row.state == "OPEN" else "RESOLVED",
        "tenantId": TENANT,
    }


def activity(row: Activity, owner: ProcessInstance) -> dict[str, Any]:
    """An element instance."""
    state = {"": "ACTIVE", "completed": "COMPLETED", "canceled": "TERMINATED"}[row.how]
    return {
        "elementInstanceKey": str(row.key),
        "elementId": row.element_id,
        "elementName": row.element_name or None,
        "type": _tag(row.kind),
        "state": state,
        "startDate": moment(row.entered_at),
        "endDate": moment(row.left_at),
        "hasIncident": False,
        "incidentKey": None,
        "processDefinitionId": owner.process_id,
        "processDefinitionKey": str(owner.definition_key),
        "processInstanceKey": str(row.instance_key),
        "rootProcessInstanceKey": str(owner.root_key),
        "tenantId": TENANT,
    }


def _tag(kind: str) -> str:
    """userTask → USER_TASK; Camunda writes SUB_PROCESS and INTERMEDIATE_CATCH_EVENT."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in kind).upper()


def job(row: JobRow, owner: ProcessInstance | None) -> dict[str, Any]:
    """A job."""
    return {
        "jobKey": str(row.key),
        "type": row.type or row.kind,
        "kind": "BPMN_ELEMENT",
        "state": _JOB_STATES[row.state],
        "listenerEventType": "UNSPECIFIED",
        "priority": 0,
        "retries": row.retries,
        "hasFailedWithRetriesLeft": bool(row.failures and row.retries),
        "isDenied": None,
        "deniedReason": None,
        "worker": "",
        "deadline": moment(row.lease_until),
        "errorMessage": privacy.message(row.error) or None,
        "errorCode": None,
        "elementId": row.element_id,
        "elementInstanceKey": str(row.activity_key),
        "processDefinitionId": owner.process_id if owner else "",
        "processDefinitionKey": str(owner.definition_key) if owner else "",
        "processInstanceKey": str(row.instance_key),
        "rootProcessInstanceKey": str(owner.root_key) if owner else None,
        "businessId": (privacy.code(owner.business_key) or None) if owner else None,
        "customHeaders": {},
        "creationTime": moment(row.created_at),
        "endTime": None,
        "lastUpdateTime": moment(row.created_at),
        "tenantId": TENANT,
    }


def _key_of(scope: int, name: str) -> str:
    """A variable has no row of its own; clients want a key of digits that stays the same."""
    return str(int.from_bytes(hashlib.sha256(f"{scope} {name}".encode()).digest()[:8]) >> 1)


def variable(owner: ProcessInstance, name: str, task: Task | None = None) -> dict[str, Any]:
    """A variable of an instance, or, with *task*, one of the task's own; its value as JSON text, masked as on the page."""
    scope = task or owner
    seen = privacy.masked(scope.variables[name], name)
    return {
        "variableKey": _key_of(scope.key, name),
        "name": name,
        "value": exact_json.dumps(seen).decode(),
        "isMasked": seen != scope.variables[name],
        "isTruncated": False,
        "scopeKey": str(scope.key),
        "processInstanceKey": str(owner.key),
        "rootProcessInstanceKey": str(owner.root_key),
        "tenantId": TENANT,
    }
