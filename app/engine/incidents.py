"""What failed and waits for a person."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, personal
from app.engine import assignment, events, stuck_joins
from app.engine.actor import SYSTEM, Actor
from app.engine.errors import LIMIT, Conflict, EngineError, ExpressionLimit, NotFound, StepFailed
from app.engine.leases import OUTSIDE
from app.engine.models import Incident, JobRow, ProcessInstance, Task


def record(
    session: Session, error: Exception, *, task_key: int | None = None, job_key: int | None = None, actor: Actor = SYSTEM
) -> Incident:
    """Keep what failed, in a transaction of its own. The same failure of the same task or job again is the same incident."""
    where = _place(session, task_key, job_key)
    if isinstance(error, StepFailed) and error.element_id:
        where["element_id"] = error.element_id
    kind, message = describe(error)
    activity = where["activity_key"]
    known = session.scalar(
        select(Incident).where(
            Incident.instance_key == where["instance_key"],
            Incident.activity_key == activity,
            Incident.state == "OPEN",
            Incident.message == message,
        )
    )
    if known is not None and activity is not None:
        return known
    incident = Incident(kind=kind, message=message, job_key=job_key, state="OPEN", created_at=clock.now(), **where)
    session.add(incident)
    session.flush()
    _event(session, "incident.created", actor, incident, {"kind": kind, "message": message})
    session.flush()
    return incident


def describe(error: Exception) -> tuple[str, str]:
    """Kind and message of an incident: plain words, with the cause, without the values that failed: nobody could unmask them later."""
    kind, message = _described(error)
    return kind, personal.without_values(message)


def _described(error: Exception) -> tuple[str, str]:
    if isinstance(error, StepFailed):
        return error.kind, str(error)
    if isinstance(error, ExpressionLimit):
        return LIMIT, str(error)
    message = str(error) or type(error).__name__
    if not isinstance(error, EngineError):
        message = f"{type(error).__name__}: {message}"
    if error.__cause__ is not None:
        message += f" ({type(error.__cause__).__name__}: {error.__cause__})"
    return "error", message


def _place(session: Session, task_key: int | None, job_key: int | None) -> dict[str, object]:
    if task_key is not None:
        task = session.get(Task, task_key)
        if task is None:
            raise NotFound("task", task_key)
        return {
            "campaign_id": task.campaign_id,
            "instance_key": task.instance_key,
            "activity_key": task.key,
            "element_id": task.element_id,
        }
    job = session.get(JobRow, job_key) if job_key is not None else None
    if job is None:
        return {"campaign_id": 0, "instance_key": None, "activity_key": None, "element_id": ""}
    return {
        "campaign_id": job.campaign_id,
        "instance_key": job.instance_key or None,
        "activity_key": job.activity_key,
        "element_id": job.element_id,
    }


def retry(session: Session, incident_key: int, actor: Actor) -> None:
    """Resolve an incident by trying its job again. Without a job (a person's own act failed) it is only resolved.

    Conflict ``task_for_nobody`` while nobody can take its task, ``join_waits`` while its token waits at a join for ever.
    """
    incident = session.get(Incident, incident_key, with_for_update=True, populate_existing=True)
    if incident is None:
        raise NotFound("incident", incident_key)
    if incident.state != "OPEN":
        raise Conflict("incident_resolved")
    if incident.kind == assignment.KIND and _still_for_nobody(session, incident):
        raise Conflict("task_for_nobody")
    if incident.kind == stuck_joins.KIND and stuck_joins.still(session, incident):
        raise Conflict("join_waits")
    incident.state = "RESOLVED"
    incident.resolved_at = clock.now()
    incident.resolved_by = actor.name
    job = session.get(JobRow, incident.job_key, with_for_update=True, populate_existing=True) if incident.job_key else None
    if job is not None and job.state == "FAILED":
        job.state = "READY"
        job.retries, job.failures = 1, 0
        job.retry_at = None
        job.lease_until = None
    elif job is not None and job.kind == OUTSIDE:
        job.retry_at = None  # it is tried again by itself: now instead of later
    _event(session, "incident.resolved", actor, incident, {"kind": incident.kind, "retry": job is not None})
    session.flush()


def _still_for_nobody(session: Session, incident: Incident) -> bool:
    task = session.get(Task, incident.activity_key, populate_existing=True) if incident.activity_key else None
    if task is None or task.state != "OPEN":
        return False
    return bool(assignment.for_nobody(session, [assignment.offered(task)], clock.now()))


def settle(session: Session, job_key: int) -> None:
    """What a job failed at works again by itself: its open incidents are over."""
    for incident in session.scalars(select(Incident).where(Incident.job_key == job_key, Incident.state == "OPEN")):
        incident.state, incident.resolved_at, incident.resolved_by = "RESOLVED", clock.now(), SYSTEM.name
        _event(session, "incident.resolved", SYSTEM, incident, {"kind": incident.kind, "retry": False, "settled": True})
    session.flush()


def _event(session: Session, kind: str, actor: Actor, incident: Incident, detail: dict[str, object]) -> None:
    version = select(ProcessInstance.definition_key).where(ProcessInstance.key == incident.instance_key)
    definition = session.scalar(version) if incident.instance_key else None
    detail |= events.went_by(definition) if definition else {}
    events.record(
        session,
        kind,
        actor,
        campaign_id=incident.campaign_id,
        instance_key=incident.instance_key,
        activity_key=incident.activity_key,
        element_id=incident.element_id,
        detail={"incident": incident.key, **detail},
    )
