"""A task that opens for nobody is an incident at once, and over as soon as somebody can take the task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app import clock, personal
from app.db import new_key
from app.engine import events, people
from app.engine.actor import Actor
from app.engine.models import Incident, ProcessInstance, Task
from app.engine.people import PERSON

if TYPE_CHECKING:
    from app.engine.work import Work

KIND = "assignment"
#: Does the task of a query have such an incident?
FOR_NOBODY = exists().where(Incident.activity_key == Task.key, Incident.kind == KIND, Incident.state == "OPEN")
#: Candidates of which the incident says why they cannot.
_SAID = 5


@dataclass(frozen=True, slots=True)
class Offered:
    """An open task and who may take it."""

    key: int
    campaign_id: int
    element_id: str
    name: str
    #: groups, ``user:NAME``; of a task that is held its holder alone
    candidates: tuple[str, ...]
    #: loaded by the transaction that offers it
    instance: ProcessInstance | None = None
    #: the task was open before
    carried: bool = False


def offered(task: Task, instance: ProcessInstance | None = None, *, carried: bool = False) -> Offered:
    """What the row of an open task says."""
    who = candidates(task.assignee, task.candidate_groups, task.candidate_users)
    return Offered(task.key, task.campaign_id, task.element_id, task.name, who, instance, carried)


def candidates(assignee: str | None, groups: Iterable[str], users: Iterable[str]) -> tuple[str, ...]:
    """Who may take a task."""
    if assignee is not None:
        return (f"{PERSON}{assignee}",)
    return tuple(dict.fromkeys([*groups, *(f"{PERSON}{name}" for name in users)]))


def for_nobody(session: Session, tasks: Sequence[Offered], now: datetime) -> dict[int, str]:
    """Key of each task that nobody with an open account can take now → why (Chinese). One statement at most, whatever their number."""
    directory = people.known_to(session)
    if directory is None:  # who there is, is not known: only what names nobody is certain
        return {task.key: _why(task, None) for task in tasks if not task.candidates}
    wanted = {(task.campaign_id, each) for task in tasks for each in task.candidates if directory.roles.may_be_held(each)}
    takers = directory.takers(session, wanted, now) if wanted else frozenset()
    return {task.key: _why(task, directory) for task in tasks if not any((task.campaign_id, each) in takers for each in task.candidates)}


def _why(task: Offered, directory: people.People | None) -> str:
    reasons = [directory.why_nobody(personal.without_values(each)) for each in task.candidates[:_SAID]] if directory is not None else []
    more = f"等 {len(task.candidates)} 项" if len(task.candidates) > _SAID else ""
    return f"任务“{task.name}”无人可以办理：{'；'.join(reasons) or '办理人和候选人均为空'}{more}。"


def look(work: Work) -> None:
    """Incidents for what this work has offered to nobody; those of carried tasks that somebody can take now are over."""
    closed = set(work.batch.closed_tasks)
    tasks = [task for task in work.batch.offered if task.key not in closed]
    if not tasks:
        return
    why = for_nobody(work.session, tasks, work.now)
    carried = [task.key for task in tasks if task.carried]
    known = {row.activity_key for row in _of(work.session, carried)} if carried else set()
    for task in tasks:
        if task.key in why and task.key not in known:
            _open(work.session, task, why[task.key], work.actor, at=work.now, instance=task.instance)
        elif task.key not in why and task.key in known:
            over(work.session, task.key, work.actor, at=work.now, instance=task.instance)


def assigned(session: Session, task: Task, actor: Actor, *, was_for_nobody: bool) -> None:
    """*task* was claimed, handed over or released: whether somebody can take it now."""
    if task.assignee is not None:
        if was_for_nobody:
            over(session, task.key, actor, **_place(task))
        return
    given = offered(task)
    why = for_nobody(session, [given], clock.now())
    if why and not was_for_nobody:
        _open(session, given, why[task.key], actor, **_place(task))


def _place(task: Task) -> dict[str, Any]:
    return {"instance_key": task.instance_key, "went_by": events.went_by(task.definition_key)}


def _of(session: Session, keys: Iterable[int]) -> list[Incident]:
    query = select(Incident).where(Incident.activity_key.in_(keys), Incident.kind == KIND, Incident.state == "OPEN")
    return list(session.scalars(query))


def _open(session: Session, task: Offered, why: str, actor: Actor, **where: Any) -> None:
    instance = where.get("instance")
    incident = Incident(
        key=new_key(),
        campaign_id=task.campaign_id,
        instance_key=instance.key if instance is not None else where["instance_key"],
        activity_key=task.key,
        element_id=task.element_id,
        kind=KIND,
        message=why,
        created_at=where.get("at") or clock.now(),
    )
    session.add(incident)
    _record(session, "incident.created", actor, incident, where, message=why)


def over(session: Session, task_key: int, actor: Actor, **where: Any) -> None:
    """Somebody can take the task now."""
    for incident in _of(session, [task_key]):
        incident.state, incident.resolved_at, incident.resolved_by = "RESOLVED", clock.now(), actor.name
        _record(session, "incident.resolved", actor, incident, where, retry=False, settled=True)


def _record(session: Session, kind: str, actor: Actor, incident: Incident, where: dict[str, Any], **more: Any) -> None:
    where = dict(where)
    detail = {"incident": incident.key, "kind": incident.kind, **more, **where.pop("went_by", {})}
    about: dict[str, Any] = {"campaign_id": incident.campaign_id, "activity_key": incident.activity_key, "element_id": incident.element_id}
    events.record(session, kind, actor, **about, detail=detail, **where)
