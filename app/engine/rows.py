"""Turns a Step into rows: tasks, activities, jobs, subscriptions, and what of these is over. Events go to the session."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.db import new_key
from app.engine import assignment, bpmn, events, step
from app.engine.actor import Actor
from app.engine.models import TIMED, ProcessInstance

Row = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """Rows that one command writes, beside the objects that the session holds."""

    tasks: list[Row] = field(default_factory=list)
    candidates: list[Row] = field(default_factory=list)
    #: user tasks that opened, or stayed open in a migration, and who may take them
    offered: list[assignment.Offered] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)
    subscriptions: list[Row] = field(default_factory=list)
    #: (how, cause, when) -> keys of activities that were left
    left: defaultdict[tuple[str, str, datetime], list[int]] = field(default_factory=lambda: defaultdict(list))
    #: when -> keys of user tasks that were cancelled
    canceled_tasks: defaultdict[datetime, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: keys of all user tasks that closed
    closed_tasks: list[int] = field(default_factory=list)
    #: (instance key, activity key) whose jobs are over
    closed_jobs: list[tuple[int, int]] = field(default_factory=list)
    closed_subscriptions: list[int] = field(default_factory=list)
    #: instance key -> activity keys whose open incidents are over; None: all of the instance
    settled: dict[int, set[int] | None] = field(default_factory=dict)
    #: the first instance that was moved: its chain takes what is recorded beside
    stepped: ProcessInstance | None = None


def job(
    kind: str,
    *,
    instance_key: int,
    activity_key: int,
    now: datetime,
    campaign_id: int = 0,
    element_id: str = "",
    type: str = "",
    occurrence: int = 0,
    due_at: datetime | None = None,
    retries: int = 3,
    payload: Row | None = None,
) -> Row:
    """A row for the job table. *now* is campaign time; without ``due_at`` the job is due at once."""
    return {
        "key": new_key(),
        "campaign_id": campaign_id,
        "kind": kind,
        "type": type,
        "instance_key": instance_key,
        "activity_key": activity_key,
        "element_id": element_id,
        "occurrence": occurrence,
        "due_at": due_at or clock.real_now(),
        "retry_at": None,
        "state": "READY",
        "timed": kind in TIMED,
        "retries": retries,
        "failures": 0,
        "lease_until": None,
        "fence": 0,
        "payload": payload or {},
        "error": "",
        "created_at": now,
    }


def collect(
    batch: Batch,
    session: Session,
    instance: ProcessInstance,
    process: bpmn.Process,
    done: step.Step,
    actor: Actor,
    now: datetime,
    *,
    completed: int | None,
) -> None:
    """Turn the Step *done* of *instance* into rows. *completed* is the user task that the command completed."""
    batch.stepped = batch.stepped or instance
    _activities(batch, instance, done, now)
    _closed(batch, session, instance, process, done, actor, now, completed)
    for task in done.user_tasks:
        if task.key not in done.closed:
            _task(batch, session, instance, task, actor, now)
    _jobs(batch, instance, done, now)
    for subscription in done.subscriptions:
        if subscription.key not in done.closed:
            _subscription(batch, instance, subscription, now)


def _jobs(batch: Batch, instance: ProcessInstance, done: step.Step, now: datetime) -> None:
    of_instance: Row = {"campaign_id": instance.campaign_id, "instance_key": instance.key, "now": now}
    for service in done.jobs:
        if service.key not in done.closed:
            payload = {"variables": service.variables, "headers": service.headers, "subject": instance.subject, "scope": instance.scope}
            place: Row = {"activity_key": service.key, "element_id": service.element_id}
            batch.jobs.append(job("service", type=service.type, retries=service.retries, payload=payload, **place, **of_instance))
    for timer in done.timers:
        if timer.key not in done.closed:
            place = {"activity_key": timer.key, "element_id": timer.element_id}
            batch.jobs.append(job("timer", occurrence=timer.occurrence, due_at=timer.due_at, **place, **of_instance))


def moves(done: step.Step) -> Row:
    """What the record says about the tokens: ``entered`` [key, element, name, kind, scope], ``left`` [key, element, how, cause], and the
    gateways at which tokens wait for others, if there are any."""
    found: Row = {
        "entered": [
            [str(row.key), row.element_id, row.element_name[:300], row.kind, str(row.scope_key) if row.scope_key else None]
            for row in done.entered
        ],
        "left": [[str(row.key), row.element_id, row.how, row.cause[:200]] for row in done.left],
    }
    return {**found, "joining": done.joining} if done.joining else found


def _activities(batch: Batch, instance: ProcessInstance, done: step.Step, now: datetime) -> None:
    left = {row.key: row for row in done.left}
    for entered in done.entered:
        end = left.pop(entered.key, None)
        batch.activities.append(
            {
                "key": entered.key,
                "campaign_id": instance.campaign_id,
                "instance_key": instance.key,
                "element_id": entered.element_id,
                "element_name": entered.element_name[:300],
                "kind": entered.kind,
                "scope_key": entered.scope_key,
                "entered_at": now,
                "left_at": now if end else None,
                "how": end.how if end else "",
                "cause": end.cause[:200] if end else "",
            }
        )
    for key, end in left.items():
        batch.left[end.how, end.cause, now].append(key)


def _closed(
    batch: Batch,
    session: Session,
    instance: ProcessInstance,
    process: bpmn.Process,
    done: step.Step,
    actor: Actor,
    now: datetime,
    completed: int | None,
) -> None:
    fresh = {row.key for row in done.entered}
    waits = set(done.closed)
    for left in done.left:
        waits.discard(left.key)
        if left.key in fresh:
            continue
        element = process.elements[left.element_id]
        if element.kind == "userTask":
            batch.closed_tasks.append(left.key)
            if left.key != completed:
                batch.canceled_tasks[now].append(left.key)
                _record(session, "task.canceled", actor, instance, left.key, left.element_id, now, {"cause": left.cause})
        if element.task_type is not None or element.kind == "callActivity" or _waits_for(element, "timer"):
            batch.closed_jobs.append((instance.key, left.key))
        if element.kind == "receiveTask" or _waits_for(element, "message") or _waits_for(element, "signal"):
            batch.closed_subscriptions.append(left.key)
    # What has no activity of its own: boundary events, event subprocess starts, the arms of an event-based gateway.
    batch.closed_jobs += [(instance.key, key) for key in waits]
    batch.closed_subscriptions += waits


def _waits_for(element: bpmn.Element, kind: str) -> bool:
    return element.kind == "intermediateCatchEvent" and element.event is not None and element.event.kind == kind


def _task(batch: Batch, session: Session, instance: ProcessInstance, task: step.UserTask, actor: Actor, now: datetime) -> None:
    batch.tasks.append(
        {
            "key": task.key,
            "campaign_id": instance.campaign_id,
            "instance_key": instance.key,
            "process_id": instance.process_id,
            "definition_key": instance.definition_key,
            "element_id": task.element_id,
            "name": task.name[:300],
            "form_id": task.form_id,
            "form_key": None,
            "state": "OPEN",
            "assignee": task.assignee,
            "candidate_groups": list(task.candidate_groups),
            "candidate_users": list(task.candidate_users),
            "due_at": task.due_at,
            "follow_up_at": task.follow_up_at,
            "priority": task.priority,
            "business_key": instance.business_key,
            "label": instance.label,
            "subject": instance.subject,
            "scope": instance.scope,
            "variables": task.variables,
            "properties": task.properties,
            "created_at": now,
            "revision": 1,
        }
    )
    values = assignment.candidates(None, task.candidate_groups, task.candidate_users)
    batch.candidates += [{"task_key": task.key, "value": value} for value in values]
    may = assignment.candidates(task.assignee, task.candidate_groups, task.candidate_users)
    batch.offered.append(assignment.Offered(task.key, instance.campaign_id, task.element_id, task.name[:300], instance.key, may, instance))
    who = {"assignee": task.assignee, "groups": list(task.candidate_groups), "users": list(task.candidate_users)}
    due = task.due_at.isoformat() if task.due_at else None
    detail = {"name": task.name, "form": task.form_id, "due": due, **who}
    _record(session, "task.opened", actor, instance, task.key, task.element_id, now, detail)


def _subscription(batch: Batch, instance: ProcessInstance, waits: step.Subscription, now: datetime) -> None:
    batch.subscriptions.append(
        {
            "key": waits.key,
            "campaign_id": instance.campaign_id,
            "kind": waits.kind,
            "name": waits.name,
            "correlation_key": waits.correlation_key,
            "instance_key": instance.key,
            "definition_key": instance.definition_key,
            "element_id": waits.element_id,
            "interrupting": waits.interrupting,
            "created_at": now,
        }
    )
    if waits.kind == "message":
        # Looks for a message that came first. After the commit, since neither of two open transactions sees the other's row.
        batch.jobs.append(
            job(
                "subscription",
                instance_key=instance.key,
                activity_key=waits.key,
                element_id=waits.element_id,
                campaign_id=instance.campaign_id,
                now=now,
            )
        )


def _record(
    session: Session, kind: str, actor: Actor, instance: ProcessInstance, key: int, element_id: str, now: datetime, detail: Row
) -> None:
    events.record(
        session,
        kind,
        actor,
        at=now,
        campaign_id=instance.campaign_id,
        instance=instance,
        activity_key=key,
        element_id=element_id,
        subject=instance.subject,
        detail=detail,
    )
