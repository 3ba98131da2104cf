"""What an administrator may do to a running instance beside the diagram: put a token elsewhere, let a timer fire earlier."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.engine import bpmn, events, spiff
from app.engine import definition_lookup as definitions
from app.engine import step as steps
from app.engine.actor import Actor
from app.engine.errors import CONFLICTS, Conflict, NotFound
from app.engine.models import JobRow, ProcessInstance
from app.engine.work import Work

CONFLICTS.update(
    {
        "token_gone": ("这里已经没有令牌了，请刷新后再看。", "The token is no longer there; reload the page and look again."),
        "token_waits": (
            "这是一个等待中的事件，不是令牌；请移动它所在的环节。",
            "This is an event that is waited for, not a token: move the activity it belongs to.",
        ),
        "no_place": (
            "令牌不能放到“{target}”：只能放到同一个子流程里的环节上，开始事件、边界事件和汇合点除外。",
            "A token cannot be put on “{target}”: only on activities of the same subprocess; not on start and boundary events or joins.",
        ),
        "timer_later": ("只能提前，不能推迟：原定 {due}。", "A timer can only be pulled forward: it is due at {due}."),
        "timer_gone": ("这个定时已经触发或取消。", "This timer has fired or was cancelled."),
    }
)

#: Elements on which no token can be put: they begin or belong to something else, or wait for tokens of several flows.
_NO_PLACE = {"boundaryEvent", "startEvent"}
_JOINS = {"parallelGateway", "inclusiveGateway"}


@dataclass(frozen=True, slots=True)
class Moved:
    """What moving a token would do: before anything is written, or after."""

    #: ids of elements with a token: before, after
    before: list[str]
    after: list[str]
    #: ids of elements whose activities are cancelled
    canceled: list[str] = field(default_factory=list)
    #: names of user tasks that open
    tasks: list[str] = field(default_factory=list)
    outcome: str = "active"


def targets(process: bpmn.Process, element_id: str) -> list[bpmn.Element]:
    """Where a token at *element_id* may be put: elements of the same subprocess (or of the process itself)."""
    scope = process.elements[element_id].scope
    return [each for each in process.elements.values() if each.scope == scope and _may_stand(each)]


def _may_stand(element: bpmn.Element) -> bool:
    if element.kind in _NO_PLACE or element.triggered_by_event:
        return False
    return not (element.kind in _JOINS and len(element.incoming) > 1)


def move_token(session: Session, instance_key: int, activity_key: int, element_id: str, actor: Actor, *, reason: str) -> Moved:
    """Cancel the open activity (or a token that waits at a join) and put its token on another element of the same scope."""
    if not reason.strip():
        raise Conflict("reason_needed")
    work = Work(session, actor)
    instance = work.load(instance_key)
    moved = _move(work, instance, activity_key, element_id, reason)
    work.write()
    return moved


def preview_move(session: Session, instance_key: int, activity_key: int, element_id: str) -> Moved:
    """What ``move_token`` would do. Call it in a session whose work is thrown away (``db.reading``)."""
    work = Work(session, Actor("system"))
    return _move(work, work.load(instance_key), activity_key, element_id, "")


def _move(work: Work, instance: ProcessInstance, activity_key: int, element_id: str, reason: str) -> Moved:
    process = definitions.process_of(work.session, instance.definition_key)
    rows = spiff.places(instance.tokens)
    place = next((row for row in rows if row.key == activity_key), None)
    if place is None:
        raise Conflict("token_gone")
    if place.waits:
        raise Conflict("token_waits")
    if element_id not in {each.id for each in targets(process, place.element_id)}:
        target = process.elements.get(element_id)
        raise Conflict("no_place", target=(target.name or target.id) if target else element_id)
    before = standing(rows)
    detail = {"from": place.element_id, "to": element_id, "before": before, "reason": reason}
    entry = events.record(
        work.session,
        "instance.moved",
        work.actor,
        at=work.now,
        campaign_id=instance.campaign_id,
        instance=instance,
        activity_key=activity_key,
        element_id=place.element_id,
        subject=instance.subject,
        detail=detail,
    )
    done = work.step(instance, steps.Move(activity_key, element_id))
    after = standing(spiff.places(done.state))
    entry.detail = {**entry.detail, "after": after}
    canceled = [row.element_id for row in done.left if row.how == "canceled"]
    return Moved(before, after, canceled, [task.name for task in done.user_tasks], done.outcome)


def places(instance: Any) -> list[spiff.Place]:
    """Where the tokens of an instance (a row with ``tokens``) are, and what it waits for."""
    return spiff.places(instance.tokens)


def standing(rows: list[spiff.Place]) -> list[str]:
    """Ids of the elements at which tokens stand, without those that only wait for an event."""
    return sorted({row.element_id for row in rows if not row.waits})


def pull_timer(session: Session, job_key: int, at: datetime, actor: Actor, *, reason: str) -> JobRow:
    """Let an armed timer fire at *at* (campaign time; now at the earliest) instead of later. A cycle's next turns keep their times."""
    if not reason.strip():
        raise Conflict("reason_needed")
    job = session.get(JobRow, job_key, with_for_update=True, populate_existing=True)
    if job is None:
        raise NotFound("job", job_key)
    if job.kind != "timer" or job.state == "FAILED":
        raise Conflict("timer_gone")
    work = Work(session, actor)
    instance = work.load(job.instance_key)
    at = max(at, clock.now())
    if at > job.due_at:
        raise Conflict("timer_later", due=job.due_at)
    detail = {"old": job.due_at.isoformat(), "new": at.isoformat(), "reason": reason}
    work.record("timer.pulled", instance, key=job.activity_key, element_id=job.element_id, detail=detail)
    job.due_at = at
    job.fence += 1
    job.lease_until = None
    work.write()
    return job
