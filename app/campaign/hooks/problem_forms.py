"""Forms about a problem: three rungs, closure, supervision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.campaign import ladder, problems
from app.campaign.errors import Conflict
from app.campaign.hooks import prefill_names, signing, subjects
from app.campaign.models import Problem
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.models import Submission


def _unsettled(session: Session, task: Task) -> Problem:
    """The problem that somebody decides about. Conflict when it is missing or was settled meanwhile: then nothing is recorded."""
    problem = subjects.needed(prefill_names.problem_of(session, task), task, "problem")
    if problem.state in ("closed", "decided"):
        raise Conflict("problem_settled", number=problem.number)
    return problem


def moment(text: Any) -> datetime | None:
    """A form's date-time; without zone it is the campaign's; a date alone is the end of that day."""
    if not isinstance(text, str) or not text:
        return None
    found = datetime.fromisoformat(text if "T" in text else f"{text}T23:59:59")
    return found if found.tzinfo else found.replace(tzinfo=clock.CAMPAIGN_ZONE)


@hooks.accepts("rectification")
def rectified(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """Done, with evidence; or it cannot be done here, and why."""
    problem = _unsettled(session, task)
    if outcome.data.get("decision") == "done":
        evidence = _evidence(outcome.data)
        problems.rectify(
            session, task.campaign_id, problem.number, actor, text=outcome.data.get("measure") or "", evidence=evidence, at=clock.now()
        )
    else:
        problem.closure_note = outcome.data.get("reason") or ""


def _evidence(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"kind": "file", "key": str(key)} for key in data.get("evidence") or []]
    if data.get("evidence_note"):
        found.append({"kind": "note", "text": data["evidence_note"]})
    return found


@hooks.accepts("closure")
def closed(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """R33: struck off, or back to rectifying."""
    problem = _unsettled(session, task)
    if outcome.data.get("decision") == "close":
        problem.evidence = [*problem.evidence, *_evidence(outcome.data)]
        note = outcome.data.get("evidence_note") or ""
        problems.close(session, task.campaign_id, problem.number, actor, note=note, at=clock.now())
    else:
        note = outcome.data.get("return_reason") or ""
        problems.reopen(session, task.campaign_id, problem.number, actor, note=note, at=clock.now())


@hooks.accepts("problem_assignment")
def assigned(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """R46: a named person and a deadline; or up to the principals."""
    problem = _unsettled(session, task)
    data = outcome.data
    step = ladder.step(session, "assigned", outcome=data.get("decision") or "", rung=problem.rung)
    problem.measure = data.get("measure") or problem.measure
    problems.move_to_rung(
        session,
        task.campaign_id,
        problem.number,
        step.rung,
        actor,
        at=clock.now(),
        responsible=data.get("person") or "",
        deadline=moment(data.get("deadline")),
        reason=data.get("reason") or "",
    )


@hooks.accepts("principal_decision")
def decided(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> None:
    """R47: rectify by order, or accept and record; signed either way."""
    problem = _unsettled(session, task)
    data, now = outcome.data, clock.now()
    problem.decision, problem.decided_by, problem.decided_at = data.get("text") or "", actor.name, now
    if data.get("decision") == "accept":
        problems.decide(session, task.campaign_id, problem.number, actor, decision=problem.decision, at=now)
    else:
        problems.move_to_rung(
            session,
            task.campaign_id,
            problem.number,
            ladder.step(session, "decided", outcome=data.get("decision") or "", rung=problem.rung).rung,
            actor,
            at=now,
            responsible=data.get("person") or "",
            deadline=moment(data.get("deadline")),
            reason=problem.decision,
        )
    about = {"document": "principal_decision", "manner": data.get("manner"), "submission_key": submission.key}
    signing.sign(session, task, actor, content=data, **about)


@hooks.accepts("breach")
def breach(session: Session, task: Task, _submission: Submission, outcome: Any, _actor: Actor) -> None:
    """R54: whether it is one."""
    problem = subjects.needed(prefill_names.problem_of(session, task), task, "problem")
    problem.breach = outcome.data.get("decision") == "transfer"


@hooks.accepts("supervision_receipt")
def received(session: Session, task: Task, _submission: Submission, _outcome: Any, actor: Actor) -> None:
    """R48: signed for."""
    notice = subjects.needed(prefill_names.notice_of(session, task), task, "notice")
    notice.received_by, notice.received_at, notice.state = actor.name, clock.now(), "received"


@hooks.accepts("supervision_reply")
def replied(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """R48: answered; done counts as rectified and goes to the second person."""
    data, now = outcome.data, clock.now()
    problem = _unsettled(session, task)
    notice = subjects.needed(prefill_names.notice_of(session, task), task, "notice")
    notice.reply, notice.replied_by, notice.replied_at, notice.state = data.get("text") or "", actor.name, now, "replied"
    if data.get("decision") == "done":
        evidence = _evidence(data) or [{"kind": "note", "text": data.get("text") or ""}]
        problems.rectify(session, task.campaign_id, problem.number, actor, text=data.get("text") or "", evidence=evidence, at=now)
    else:
        problem.closure_note = data.get("reason") or ""
