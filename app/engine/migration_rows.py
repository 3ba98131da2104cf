"""Rows that hang on a migrated instance's tokens: they keep their keys and follow the tokens to the other version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from app.engine import assignment, bpmn, rows, spiff
from app.engine import step as steps
from app.engine.models import Activity, Call, JobRow, ProcessInstance, SubscriptionRow, Task, TaskCandidate
from app.engine.work import Work

_ACTIVITY: Any = Activity.__table__
_JOB: Any = JobRow.__table__
_SUBSCRIPTION: Any = SubscriptionRow.__table__
_CALL: Any = Call.__table__
_CANDIDATE: Any = TaskCandidate.__table__


def rewrite(
    work: Work, instance: ProcessInstance, old: bpmn.Process, new: bpmn.Process, done: spiff.Migrated, *, recompute: bool
) -> dict[str, dict[str, Any]]:
    """Let all rows of open activities say what the new version says. Returns what changed for tasks: ``due`` task key -> [old, new],
    ``offered`` task key -> who may take it now, and who has it."""
    places = [
        {"at": key, "element": after, "called": (new.elements[after].name or "")[:300]}
        for key, (before, after) in done.carried.items()
        if before != after or old.elements[before].name != new.elements[after].name
    ]
    if places:
        work.later(lambda: _rename(work, instance, places))
    definition = update(_SUBSCRIPTION).where(_SUBSCRIPTION.c.instance_key == instance.key).values(definition_key=instance.definition_key)
    work.later(lambda: work.session.execute(definition))
    work.later(lambda: _waits(work, instance, done))
    _calls(work, new, done)
    return _tasks(work, instance, done, recompute)


def armed(done: spiff.Migrated) -> list[str]:
    """Ids of the elements whose events are waited for from now on."""
    return sorted({timer.element_id for timer in done.step.timers} | {waits.element_id for waits in done.step.subscriptions})


def dropped(tokens: bytes, done: spiff.Migrated) -> list[str]:
    """Ids of the elements whose waits the new version does not have."""
    return sorted({place.element_id for place in spiff.places(tokens) if place.key not in done.carried})


def repeats(done: spiff.Migrated) -> list[list[str]]:
    """Timers that keep their due time and repeat otherwise from then on: element id, due, cycle ("": not at all)."""
    return sorted([element_id, due.isoformat() if due else "", cycle] for element_id, due, cycle in done.repeats.values())


def _rename(work: Work, instance: ProcessInstance, places: list[dict[str, Any]]) -> None:
    execute = work.session.execute
    execute(
        update(_ACTIVITY)
        .where(_ACTIVITY.c.key == bindparam("at"))
        .values(element_id=bindparam("element"), element_name=bindparam("called")),
        places,
    )
    for table, column in ((_JOB, _JOB.c.activity_key), (_SUBSCRIPTION, _SUBSCRIPTION.c.key)):
        where = (table.c.instance_key == instance.key, column == bindparam("at"))
        execute(
            update(table).where(*where).values(element_id=bindparam("element")),
            [{"at": row["at"], "element": row["element"]} for row in places],
        )


# --- jobs, timers, messages -----------------------------------------------------------------------------------------------


def _waits(work: Work, instance: ProcessInstance, done: spiff.Migrated) -> None:
    execute = work.session.execute
    for job in done.jobs.values():
        payload = {"variables": job.variables, "headers": job.headers, "subject": instance.subject, "scope": instance.scope}
        execute(_jobs_at(instance, job.key, "service").values(type=job.type, payload=payload))
    for timer in done.timers.values():
        execute(_jobs_at(instance, timer.key, "timer").values(due_at=timer.due_at, occurrence=timer.occurrence))
    for waits in done.subscriptions.values():
        asks = {"name": waits.name, "correlation_key": waits.correlation_key, "interrupting": waits.interrupting}
        execute(update(_SUBSCRIPTION).where(_SUBSCRIPTION.c.key == waits.key).values(**asks))
        if waits.kind == "message":
            _look_again(work, instance, waits)


def _jobs_at(instance: ProcessInstance, key: int, kind: str) -> Any:
    return update(_JOB).where(_JOB.c.instance_key == instance.key, _JOB.c.activity_key == key, _JOB.c.kind == kind)


def _look_again(work: Work, instance: ProcessInstance, waits: steps.Subscription) -> None:
    """A message that came before may fit what is waited for now."""
    execute = work.session.execute
    execute(delete(_JOB).where(_JOB.c.instance_key == instance.key, _JOB.c.activity_key == waits.key, _JOB.c.kind == "subscription"))
    place: dict[str, Any] = {"instance_key": instance.key, "activity_key": waits.key, "element_id": waits.element_id}
    look = rows.job("subscription", campaign_id=instance.campaign_id, now=work.now, **place)
    if instance.state == "SUSPENDED":
        look["state"] = "SUSPENDED"
    execute(insert(_JOB), [look])


# --- call activities ------------------------------------------------------------------------------------------------------


def _calls(work: Work, new: bpmn.Process, done: spiff.Migrated) -> None:
    """What a multi-instance call activity gathers is said by the new version."""
    for key, (_before, after) in done.carried.items():
        element = new.elements[after]
        if element.kind != "callActivity" or element.loop is None:
            continue
        values = {
            "element_id": after,
            "output_collection": element.loop.output_collection,
            "output_element": element.loop.output_element,
            "has_completion_condition": element.loop.completion_condition is not None,
            "revision": _CALL.c.revision + 1,
        }
        work.later(lambda k=key, v=values: work.session.execute(update(_CALL).where(_CALL.c.key == k).values(**v)))  # type: ignore[misc]


# --- user tasks -----------------------------------------------------------------------------------------------------------


def _tasks(work: Work, instance: ProcessInstance, done: spiff.Migrated, recompute: bool) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {"due": {}, "offered": {}}
    if not done.tasks:
        return told
    query = select(Task).where(Task.key.in_(list(done.tasks)), Task.state == "OPEN").with_for_update()
    for task in work.session.scalars(query.execution_options(populate_existing=True)):
        described = done.tasks[task.key]
        _describe(work, instance, task, described)
        if _assign(work, instance, task, described):
            offered = {"assignee": task.assignee, "groups": task.candidate_groups, "users": task.candidate_users}
            told["offered"][str(task.key)] = offered
        if recompute and task.due_at != described.due_at:
            told["due"][str(task.key)] = [each.isoformat() if each else None for each in (task.due_at, described.due_at)]
        if recompute:
            task.due_at, task.follow_up_at = described.due_at, described.follow_up_at
    return told


def _describe(work: Work, instance: ProcessInstance, task: Task, described: steps.UserTask) -> None:
    task.definition_key = instance.definition_key
    task.element_id, task.name = described.element_id, described.name[:300]
    if task.form_id != described.form_id:
        # The same form stays at the version in which the draft was begun.
        form = work.newest("form", described.form_id) if described.form_id else None
        task.form_id, task.form_key = described.form_id, form.key if form else None
    task.priority, task.properties, task.variables = described.priority, described.properties, described.variables


def _assign(work: Work, instance: ProcessInstance, task: Task, described: steps.UserTask) -> bool:
    """Who may take it is said by the new version; who has it keeps it. Returns whether that changed."""
    groups, users = list(described.candidate_groups), list(described.candidate_users)
    before = (task.assignee, task.candidate_groups, task.candidate_users)
    task.assignee = task.assignee or described.assignee
    if (groups, users) != (task.candidate_groups, task.candidate_users):
        task.candidate_groups, task.candidate_users = groups, users
        values = dict.fromkeys([*groups, *(f"user:{name}" for name in users)])
        new = [{"task_key": task.key, "value": value} for value in values]
        work.later(lambda: _replace(work, task.key, new))
    work.batch.offered.append(assignment.offered(task, instance, carried=True))
    return before != (task.assignee, task.candidate_groups, task.candidate_users)


def _replace(work: Work, task_key: int, new: list[dict[str, Any]]) -> None:
    execute = work.session.execute
    execute(delete(_CANDIDATE).where(_CANDIDATE.c.task_key == task_key))
    if new:
        execute(insert(_CANDIDATE), new)
