"""Forms about a problem: three rungs, closure, supervision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import ladder, people, problems
from app.campaign.errors import Conflict
from app.campaign.hooks import signing, subjects
from app.campaign.models import CodeItem, Notice, Problem
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Prepared
from app.forms.models import Submission


def problem_of(session: Session, task: Task) -> Problem | None:
    number = subjects.code(task, "problem")
    return problems.get(session, task.campaign_id, number) if number else None


def _unsettled(session: Session, task: Task) -> Problem:
    """The problem that somebody decides about. Conflict when it is missing or was settled meanwhile: then nothing is recorded."""
    problem = subjects.needed(problem_of(session, task), task, "problem")
    if problem.state in ("closed", "decided"):
        raise Conflict("problem_settled", number=problem.number)
    return problem


def moment(text: Any) -> datetime | None:
    """A form's date-time; without zone it is the campaign's; a date alone is the end of that day."""
    if not isinstance(text, str) or not text:
        return None
    found = datetime.fromisoformat(text if "T" in text else f"{text}T23:59:59")
    return found if found.tzinfo else found.replace(tzinfo=clock.CAMPAIGN_ZONE)


def _written(at: datetime | None) -> str | None:
    return f"{clock.local(at):%Y-%m-%d %H:%M}" if at else None


def _label(session: Session, campaign_id: int, code: str) -> str:
    query = select(CodeItem.label_zh).where(CodeItem.campaign_id == campaign_id, CodeItem.list == "dimensions", CodeItem.code == code)
    return session.scalar(query) or code


_ABOUT = (
    *("rectification", "closure", "problem_assignment", "principal_decision"),
    *("breach", "escalation", "supervision_notice", "supervision_receipt", "supervision_reply"),
)


@hooks.prepares(*_ABOUT)
def about_problem(session: Session, task: Task, identity: Any) -> Prepared | None:
    """The problem's line of the ledger, read only."""
    problem = problem_of(session, task)
    if problem is None:
        return None
    about = {
        "number": problem.number,
        "household": " ".join(part for part in (problem.household, problem.head) if part) or problem.village,
        "text": problem.text,
        "dimension": _label(session, task.campaign_id, problem.dimension),
        "deadline": _written(problem.deadline),
    }
    context = {
        "rectified_by": problem.rectified_by,
        "rung": problem.rung,
        "problem": {"number": problem.number, "rung": problem.rung, "village": problem.village, "household": problem.household},
        "people": people.options(session, task.campaign_id),
    }
    return Prepared(data={"about": about}, context=context)


@hooks.prepares("rectification")
def rectification(session: Session, task: Task, identity: Any) -> Prepared:
    """The measure that was ordered, and today's date."""
    problem = problem_of(session, task)
    today = clock.local(clock.now()).date().isoformat()
    return Prepared(
        data={
            "measure": problem.measure or None if problem else None,
            "finished_on": today,
            "responsible": identity.name if identity is not None else None,
        }
    )


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


@hooks.prepares("closure")
def closure(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """What was done and by whom: the second person must be another."""
    problem = problem_of(session, task)
    if problem is None:
        return None
    names = people.names(session, [problem.rectified_by])
    notes = [item.get("text") or _("附件 %(key)s", key=item.get("key")) for item in problem.evidence]
    return Prepared(
        data={
            "rectification": {
                "measure": problem.rectification,
                "rectified_by": names.get(problem.rectified_by, problem.rectified_by),
                "evidence_note": "\n".join(notes),
            }
        },
        context={"evidence_count": len(problem.evidence)},
    )


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
    problem = subjects.needed(problem_of(session, task), task, "problem")
    problem.breach = outcome.data.get("decision") == "transfer"


@hooks.prepares("supervision_receipt", "supervision_reply", "supervision_notice")
def notice_text(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """The notice as it was issued."""
    notice = _notice(session, task)
    if notice is None:
        return None
    now = clock.local(clock.now()).isoformat(timespec="minutes")
    return Prepared(data={"number": notice.number, "text": notice.text, "request": notice.text, "received_at": now})


@hooks.prepares("supervision_reply")
def reply(_session: Session, _task: Task, _identity: Any) -> Prepared:
    """The reply's own text is empty: what was ordered stands above it."""
    return Prepared(data={"text": None})


def _notice(session: Session, task: Task) -> Notice | None:
    problem = problem_of(session, task)
    if problem is None or not problem.notice:
        return None
    return session.scalar(select(Notice).where(Notice.campaign_id == task.campaign_id, Notice.number == problem.notice))


@hooks.accepts("supervision_receipt")
def received(session: Session, task: Task, _submission: Submission, _outcome: Any, actor: Actor) -> None:
    """R48: signed for."""
    notice = subjects.needed(_notice(session, task), task, "notice")
    notice.received_by, notice.received_at, notice.state = actor.name, clock.now(), "received"


@hooks.accepts("supervision_reply")
def replied(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """R48: answered; done counts as rectified and goes to the second person."""
    data, now = outcome.data, clock.now()
    problem = _unsettled(session, task)
    notice = subjects.needed(_notice(session, task), task, "notice")
    notice.reply, notice.replied_by, notice.replied_at, notice.state = data.get("text") or "", actor.name, now, "replied"
    if data.get("decision") == "done":
        evidence = _evidence(data) or [{"kind": "note", "text": data.get("text") or ""}]
        problems.rectify(session, task.campaign_id, problem.number, actor, text=data.get("text") or "", evidence=evidence, at=now)
    else:
        problem.closure_note = data.get("reason") or ""
