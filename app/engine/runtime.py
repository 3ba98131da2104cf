"""The only verbs that move tokens. Each takes a session and belongs inside ``db.in_transaction``.

Every verb raises ``errors.NotFound``, ``errors.Conflict`` or ``errors.StepFailed``; after an exception nothing may be kept: let it leave
the transaction, then call ``record_incident`` in a second one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, bindparam, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app import clock
from app.engine import (
    assignment,
    definition_lookup,
    events,
    idempotency,
    incidents,
    instances,
    messages,
    migration,
    models,
    newest_definitions,
    rescheduling,
    signals,
    token_moves,
)
from app.engine import step as steps
from app.engine.actor import Actor
from app.engine.child_instances import RUNNING
from app.engine.errors import Conflict, NotFound
from app.engine.instance_columns import HAS_INCIDENTS, LAST_AT
from app.engine.work import Work, require

__all__ = [
    "Actor",
    "answered",
    "awaited_messages",
    "broadcast_signal",
    "cancel",
    "claim",
    "complete",
    "correlate_message",
    "hand_over",
    "migrate",
    "move_token",
    "publish_message",
    "pull_timer",
    "record_incident",
    "release",
    "reschedule",
    "resume",
    "retry",
    "set_variables",
    "start",
    "suspend",
    "take_back_migration",
    "throw_error",
    "value_at",
]

record_incident = incidents.record
retry = incidents.retry
suspend = instances.suspend
resume = instances.resume
publish_message = messages.publish
correlate_message = messages.correlate
awaited_messages = messages.awaited
broadcast_signal = signals.broadcast
migrate = migration.migrate
take_back_migration = migration.take_back
move_token = token_moves.move_token
pull_timer = token_moves.pull_timer
reschedule = rescheduling.reschedule


def start(
    session: Session,
    process_id: str,
    variables: dict[str, Any],
    actor: Actor,
    *,
    version: int | None = None,
    business_key: str = "",
    campaign_id: int = 0,
    element_id: str | None = None,
    request_id: str | None = None,
    reason: str = "",
) -> models.ProcessInstance:
    """Start an instance of the newest (or the given) version. ``label``, ``subject``, ``scope`` and ``businessKey`` come from the
    process's zeebe:properties (FEEL over the start variables). ``reason``: why, for the record."""
    asked = ""
    if request_id is not None:
        asked = idempotency.digest("start", process_id, version, business_key, campaign_id, element_id, variables)
        first = idempotency.find(session, actor, request_id, asked)
        if first is not None:
            return session.get_one(models.ProcessInstance, first["instance"])
    work = Work(session, actor)
    definition = (
        work.newest("process", process_id) if version is None else definition_lookup.version_of(session, "process", process_id, version)
    )
    if definition is None:
        raise NotFound("process", process_id)
    instance = work.start(definition, variables, element_id=element_id, business_key=business_key, campaign_id=campaign_id, reason=reason)
    if request_id is not None:
        idempotency.keep(session, actor, request_id, asked, {"instance": instance.key})
    work.write()
    return instance


def claim(session: Session, task_key: int, actor: Actor) -> models.Task:
    """Take an open, unassigned task, for the absent person if the actor stands in for one. Conflict (with the holder's name) if somebody
    else holds it. Again by the holder: no change."""
    task, for_nobody = _open_task(session, task_key)
    holder = actor.on_behalf_of or actor.name
    if task.assignee == holder:
        return task
    if task.assignee is not None:
        raise Conflict("task_held", by=task.assignee)
    return _assign(session, task, holder, "task.claimed", actor, {}, for_nobody=for_nobody)


def release(session: Session, task_key: int, actor: Actor) -> models.Task:
    """Give a task back to its candidates."""
    task, for_nobody = _open_task(session, task_key)
    if task.assignee is None:
        return task
    return _assign(session, task, None, "task.released", actor, {"from": task.assignee}, for_nobody=for_nobody)


def hand_over(session: Session, task_key: int, to: str, actor: Actor, *, reason: str) -> models.Task:
    """Give a task to the user *to*; the reason is recorded."""
    task, for_nobody = _open_task(session, task_key)
    told = {"from": task.assignee, "to": to, "reason": reason}
    return _assign(session, task, to, "task.handed_over", actor, told, for_nobody=for_nobody)


def complete(
    session: Session,
    task_key: int,
    variables: dict[str, Any],
    actor: Actor,
    *,
    request_id: str | None = None,
    detail: dict[str, Any] | None = None,
) -> models.Task:
    """Complete a user task and run what follows, in this transaction. ``detail`` goes into the history event.

    The same ``request_id`` by the same actor returns the first result; with other content: Conflict. Done meanwhile: Conflict that says
    by whom and when.
    """
    task, instance, first, work = _locked_task(session, task_key, actor, request_id)
    asked = idempotency.digest("complete", task_key, variables)
    if idempotency.answer(first, asked) is not None:
        return task
    _require_open(task)
    require(instance, ("ACTIVE",))
    work.record("task.completed", instance, key=task.key, element_id=task.element_id, detail={"name": task.name, **(detail or {})})
    try:
        work.step(instance, steps.Complete(task.key, variables))
    except Conflict as error:
        if error.code != "activity_gone":
            raise
        # Completed while this transaction waited for the instance: run again and say by whom.
        raise StaleDataError("the task has closed meanwhile") from error
    task.state = "COMPLETED"
    task.completed_at = work.now
    task.completed_by = actor.name
    task.on_behalf_of = actor.on_behalf_of or None
    if request_id is not None:
        idempotency.keep(session, actor, request_id, asked, {"task": task.key})
    work.write()
    return task


def answered(session: Session, actor: Actor, request_id: str) -> dict[str, Any] | None:
    """What the first request with this id did: ``{"task": key}`` or ``{"instance": key}``; None if there was none. For routes that look a
    task up among the open ones before they complete it."""
    return idempotency.find(session, actor, request_id)


def throw_error(
    session: Session, activity_key: int, code: str, actor: Actor, *, message: str = "", variables: dict[str, Any] | None = None
) -> None:
    """Raise a BPMN error at an open activity."""
    work, instance, element_id = _work_at(session, activity_key, actor)
    work.record("error.thrown", instance, key=activity_key, element_id=element_id, detail={"code": code, "message": message})
    work.step(instance, steps.ThrowError(activity_key, code, message, variables or {}))
    work.write()


def set_variables(session: Session, instance_key: int, variables: dict[str, Any], actor: Actor, *, reason: str = "") -> None:
    """Write instance variables (``name`` or ``name.path``); old and new values go into the history."""
    work = Work(session, actor)
    instance = work.load(instance_key, states=RUNNING)
    before = instance.variables
    work.step(instance, steps.SetVariables(variables))
    changes = {name: {"old": value_at(before, name), "new": value_at(instance.variables, name)} for name in variables}
    work.record("variables.changed", instance, detail={"variables": changes, "reason": reason})
    work.write()


def value_at(variables: dict[str, Any], path: str) -> Any:
    """The value of ``name`` or ``name.path``; None where there is none."""
    value: Any = variables
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def cancel(session: Session, instance_key: int, actor: Actor, *, reason: str = "") -> None:
    """End an instance and all its children. A parent that waits for it goes on as if it had ended."""
    work = Work(session, actor)
    instance = work.load(instance_key, states=RUNNING)
    work.step(instance, steps.Cancel(reason))
    work.write()


# --- lookups --------------------------------------------------------------------------------------------------------------


def _open_task(session: Session, task_key: int) -> tuple[models.Task, bool]:
    """The task, and whether an incident says that nobody can take it."""
    query = select(models.Task, assignment.FOR_NOBODY).where(models.Task.key == task_key).execution_options(populate_existing=True)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("task", task_key)
    _require_open(found[0])
    return found[0], found[1]


def _require_open(task: models.Task) -> None:
    if task.state == "COMPLETED":
        raise Conflict("task_done", by=task.completed_by, at=task.completed_at)
    if task.state != "OPEN":
        raise Conflict("task_canceled", at=task.completed_at)


def _assign(
    session: Session, task: models.Task, to: str | None, kind: str, actor: Actor, detail: dict[str, Any], *, for_nobody: bool
) -> models.Task:
    task.assignee = to
    events.record_at(session, kind, actor, task, {"name": task.name, **detail})
    assignment.assigned(session, task, actor, was_for_nobody=for_nobody)
    session.flush()
    return task


_LOCKED_TASK = (
    select(models.Task, models.ProcessInstance, models.Idempotency, HAS_INCIDENTS, newest_definitions.stamp(), LAST_AT)
    .join(models.ProcessInstance, models.ProcessInstance.key == models.Task.instance_key)
    .outerjoin(
        models.Idempotency,
        and_(models.Idempotency.actor == bindparam("person"), models.Idempotency.request_id == bindparam("request", type_=String)),
    )
    .where(models.Task.key == bindparam("task_key"))
    .with_for_update(of=models.ProcessInstance)
)


def _locked_task(
    session: Session, task_key: int, actor: Actor, request_id: str | None
) -> tuple[models.Task, models.ProcessInstance, models.Idempotency | None, Work]:
    """All that a completion needs, in one statement: the task, its instance (locked), the first answer to this request if there was one.

    Who had to wait for the lock sees the task as it was before: writing it then fails by its revision, and the work runs again.
    """
    asked = {"task_key": task_key, "person": actor.name, "request": request_id}
    found = session.execute(_LOCKED_TASK, asked, execution_options={"populate_existing": True}).one_or_none()
    if found is None:
        raise NotFound("task", task_key)
    task, instance, first, has_incidents, deployments, last = found
    work = Work(session, actor)
    work.note(instance, has_incidents=has_incidents, deployments=deployments, last=last)
    return task, instance, first, work


def _work_at(session: Session, activity_key: int, actor: Actor) -> tuple[Work, models.ProcessInstance, str]:
    activity = session.get(models.Activity, activity_key)
    if activity is None:
        raise NotFound("activity", activity_key)
    work = Work(session, actor, now=clock.now())
    return work, work.load(activity.instance_key), activity.element_id
