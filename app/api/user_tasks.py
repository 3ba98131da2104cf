"""/v2/user-tasks: the tasks open to the caller, as in the inbox. Administrators also see those of diagrams deployed by hand."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload, undefer
from werkzeug.wrappers import Response

from app.acts import assignment, completion, privacy, transactions
from app.api import rendering
from app.api.blueprint import api
from app.api.problems import BadRequest, fields_in_error, respond
from app.api.searching import body, key, reason, search, text_of, variables, whole
from app.auth import actor, database, identity, signed_in
from app.auth.open_tasks import mine, tasks_done_by, unclaimed
from app.engine.errors import Conflict, NotFound, StepFailed
from app.engine.models import Definition, Task, TaskCandidate

#: Longest ``Idempotency-Key``: it is kept together with a digest of what was sent.
LONGEST_KEY = 64

_STATES = {"CREATED": "OPEN", "COMPLETED": "COMPLETED", "CANCELED": "CANCELED"}

_COLUMNS = {
    "userTaskKey": Task.key,
    "elementInstanceKey": Task.key,
    "elementId": Task.element_id,
    "name": Task.name,
    "assignee": Task.assignee,
    "priority": Task.priority,
    "dueDate": Task.due_at,
    "followUpDate": Task.follow_up_at,
    "creationDate": Task.created_at,
    "completionDate": Task.completed_at,
    "processDefinitionId": Task.process_id,
    "processDefinitionKey": Task.definition_key,
    "processInstanceKey": Task.instance_key,
}


def _visible() -> Select[Task]:
    """Tasks that the caller may know of: his own and his groups', what he did, and for administrators all outside campaigns."""
    who = identity()
    theirs = or_(mine(who), unclaimed(who), Task.key.in_(tasks_done_by(who).with_only_columns(Task.key)))
    campaigns = Task.campaign_id.in_(sorted({0, who.campaign_id}))
    allowed: ColumnElement[bool] = campaigns & theirs
    if who.has("admin"):
        allowed = or_(allowed, Task.campaign_id == 0)
    return select(Task).where(allowed).options(joinedload(Task.instance))


def _task(session: Session, text: str) -> Task:
    found = session.scalar(_visible().where(Task.key == key(text, "userTaskKey")))
    if found is None:
        raise NotFound(f"there is no user task {text} for you")
    return found


@api.post("/user-tasks/search")
@signed_in
def search_user_tasks() -> dict[str, Any]:
    """Search the tasks the caller may see."""
    special = {
        "state": lambda wanted: Task.state == _STATES.get(str(wanted), "?"),
        "candidateGroup": lambda wanted: Task.key.in_(select(TaskCandidate.task_key).where(TaskCandidate.value == str(wanted))),
        "candidateUser": lambda wanted: Task.key.in_(select(TaskCandidate.task_key).where(TaskCandidate.value == f"user:{wanted}")),
    }
    with database().reading() as session:
        return search(session, _visible(), _COLUMNS, rendering.task, special, order=Task.key)


@api.get("/user-tasks/<text>")
@signed_in
def get_user_task(text: str) -> dict[str, Any]:
    """One task."""
    with database().reading() as session:
        return rendering.task(_task(session, text))


@api.get("/user-tasks/<text>/form")
@signed_in
def get_user_task_form(text: str) -> Response | dict[str, Any]:
    """The form in force when the task opened; 204 when it has none."""
    with database().reading() as session:
        task = _task(session, text)
        row = session.get(Definition, task.form_key, options=[undefer(Definition.content)]) if task.form_key else None
        return rendering.form(row) if row else Response(status=204)


@api.post("/user-tasks/<text>/variables/search")
@api.post("/user-tasks/<text>/effective-variables/search", endpoint="search_user_task_effective_variables")
@signed_in
def search_user_task_variables(text: str) -> dict[str, Any]:
    """The instance's variables and, in front of them, the task's local ones."""
    with database().reading() as session:
        task = _task(session, text)
        owner = task.instance
        seen = {**owner.variables, **task.variables}
        items = [rendering.variable(owner, name, task if name in task.variables else None) for name in sorted(seen)]
    return whole(items)


@api.post("/user-tasks/<text>/completion")
@signed_in
def complete_user_task(text: str) -> Response:
    """Complete a task. Its ``variables`` are what the task's form holds, checked as on the page: 400 names the fields in error.

    A warning wants a reason: ``{"_reasons": {"<its id>": "…"}}`` beside the fields. ``Idempotency-Key`` makes it safe to repeat.
    """
    data, number, who, by = variables(body()), key(text, "userTaskKey"), identity(), actor()
    request_id = request.headers.get("Idempotency-Key") or None
    if request_id and len(request_id) > LONGEST_KEY:
        raise BadRequest(f"Idempotency-Key has {LONGEST_KEY} characters at most")

    def work(session: Session) -> None:
        task = completion.complete(session, who, by, number, data, request_id=request_id, show_findings=False)
        if data and not completion.takes_variables(task):
            raise BadRequest(f"user task {text} has no form, so it takes no variables; complete it without")

    try:
        transactions.on_task(number, work)
    except completion.Invalid as invalid:
        return fields_in_error(invalid.outcome)
    except StepFailed as failed:
        said, cause = transactions.failed_step(failed, number), privacy.message(str(failed))
        return respond(failed.status, f"{said} ({cause})", elementId=failed.element_id)
    return Response(status=204)


@api.post("/user-tasks/<text>/assignment")
@signed_in
def assign_user_task(text: str) -> Response:
    """Claim a task for oneself, or hand it over to ``assignee``, who holds a matching role, with a reason (or Camunda's ``action``)."""
    asked, number, who, by = body(), key(text, "userTaskKey"), identity(), actor()
    assignee, override = asked.get("assignee"), asked.get("allowOverride", True)
    if not isinstance(assignee, str) or not assignee:
        raise BadRequest("send assignee, a user name")

    def work(session: Session) -> None:
        held = session.scalar(select(Task.assignee).where(Task.key == number, Task.assignee == who.assignee))
        if held and assignee != held and not override:
            raise Conflict(f"user task {text} is assigned to {held}")
        assignment.assign(session, who, by, number, assignee, reason(asked) or text_of(asked, "action"))

    transactions.on_task(number, work)
    return Response(status=204)


@api.delete("/user-tasks/<text>/assignee")
@signed_in
def unassign_user_task(text: str) -> Response:
    """Give a task back to its candidates."""
    number, who, by = key(text, "userTaskKey"), identity(), actor()
    database().in_transaction(lambda session: assignment.release(session, who, by, number))
    return Response(status=204)
