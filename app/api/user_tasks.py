"""/v2/user-tasks: the tasks open to the caller, as in the inbox. Administrators also see those of diagrams deployed by hand."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload, undefer
from werkzeug.wrappers import Response

from app.api import rendering
from app.api.blueprint import api
from app.api.problems import BadRequest
from app.api.searching import body, key, search, whole
from app.auth import actor, database, identity, signed_in
from app.auth.open_tasks import mine, tasks_done_by, unclaimed
from app.engine import runtime
from app.engine.errors import Conflict, NotFound
from app.engine.models import Definition, Task, TaskCandidate

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


def _open(session: Session, text: str) -> Task:
    found = _task(session, text)
    if found.state != "OPEN":
        raise Conflict(f"user task {text} is {found.state.lower()} (by {found.completed_by or 'the process'}, {found.completed_at})")
    return found


@api.post("/user-tasks/search")
@signed_in
def search_user_tasks() -> dict[str, Any]:
    """Search the tasks the caller may see."""
    special = {
        "state": lambda wanted: Task.state == _STATES.get(wanted if isinstance(wanted, str) else str(wanted.get("$eq")), "?"),
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
@api.post("/user-tasks/<text>/effective-variables/search")
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
    """Complete a task with variables; ``Idempotency-Key`` makes it safe to repeat."""
    variables = body().get("variables") or {}
    if not isinstance(variables, dict):
        raise BadRequest("variables must be an object")
    who, request_id = actor(), request.headers.get("Idempotency-Key")

    def work(session: Session) -> None:
        task = _task(session, text) if request_id else _open(session, text)
        runtime.complete(session, task.key, variables, who, request_id=request_id)

    database().in_transaction(work)
    return Response(status=204)


@api.post("/user-tasks/<text>/assignment")
@signed_in
def assign_user_task(text: str) -> Response:
    """Claim a task for oneself, or hand it over to ``assignee``."""
    asked, who = body(), actor()
    assignee = asked.get("assignee")
    if not isinstance(assignee, str) or not assignee:
        raise BadRequest("send assignee, a user name")
    override = asked.get("allowOverride", True)

    def work(session: Session) -> None:
        task = _open(session, text)
        if task.assignee and task.assignee != assignee and not override:
            raise Conflict(f"user task {text} is assigned to {task.assignee}")
        if assignee == (who.on_behalf_of or who.name) and task.assignee is None:
            runtime.claim(session, task.key, who)
        elif task.assignee != assignee:
            runtime.hand_over(session, task.key, assignee, who, reason=str(asked.get("action") or "API"))

    database().in_transaction(work)
    return Response(status=204)


@api.delete("/user-tasks/<text>/assignee")
@signed_in
def unassign_user_task(text: str) -> Response:
    """Give a task back to its candidates."""
    who = actor()
    database().in_transaction(lambda session: runtime.release(session, _open(session, text).key, who))
    return Response(status=204)
