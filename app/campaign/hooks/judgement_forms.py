"""R32 每晚逐户研判: every problem that is not settled, one decision for each, carried out when the form is accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import judging, people
from app.campaign.handlers import notifications
from app.campaign.hooks import subjects
from app.campaign.hooks.problem_forms import moment
from app.campaign.models import Judgement, Meeting, Problem
from app.db import new_key
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Notice, Prepared
from app.forms.models import Submission

#: most problems on one evening's form
JUDGED = 300
_UNSETTLED = ("open", "rectified")


@hooks.prepares("judgement")
def judgement(session: Session, task: Task, identity: Any) -> Prepared:
    """The most urgent first; where each stands is shown, and a decision for it is proposed."""
    unsettled = Problem.campaign_id == task.campaign_id, Problem.state.in_(_UNSETTLED)
    due = func.coalesce(Problem.deadline, Problem.raised_at)
    listed = session.scalars(select(Problem).where(*unsettled).order_by(due, Problem.number).limit(JUDGED)).all()
    data = {
        "held_at": clock.local(clock.now()).isoformat(timespec="minutes"),
        "chair": identity.name if identity is not None else None,
        "judgements": [_row(problem) for problem in listed],
    }
    context = {
        "people": people.options(session, task.campaign_id),
        "stands": _stands(session, task.campaign_id, listed),
        **_receivers(session, task.campaign_id, listed),
    }
    notices = []
    if len(listed) == JUDGED and (whole := session.scalar(select(func.count()).where(*unsettled)) or 0) > JUDGED:
        text = _("未办结问题共 %(whole)s 个，本表按时限列出前 %(listed)s 个，其余 %(rest)s 个未列入本次研判，请在问题台账中查看。")
        notices.append(Notice(text % {"whole": whole, "listed": JUDGED, "rest": whole - JUDGED}, "warning", "/problems"))
    return Prepared(data=data, context=context, notices=notices)


def _row(problem: Problem) -> dict[str, Any]:
    return {
        "number": problem.number,
        "household": " ".join(part for part in (problem.household, problem.head) if part) or problem.village,
        "text": problem.text,
        "decision": "continue",
        "measure": problem.measure or problem.rectification or None,
        "responsible": problem.responsible or None,
        "deadline": clock.local(problem.deadline).isoformat() if problem.deadline else None,
    }


def _stands(session: Session, campaign_id: int, listed: Sequence[Problem]) -> dict[str, str]:
    """Problem number → the names of its open tasks."""
    numbers = {f"problem:{problem.number}": problem.number for problem in listed}
    query = select(Task.subject, Task.name).where(Task.campaign_id == campaign_id, Task.state == "OPEN", Task.subject.in_(numbers))
    found: dict[str, str] = {}
    for subject, name in session.execute(query.order_by(Task.key)):
        number = numbers[subject]
        found[number] = f"{found[number]}、{name}" if number in found else name
    return found


@hooks.looks_up("judgement")
def received(session: Session, task: Task, data: Mapping[str, Any]) -> dict[str, Any]:
    """Which of the problems that were sent receive a decision now."""
    numbers = [str(row.get("number")) for row in data.get("judgements") or [] if isinstance(row, dict)]
    return _receivers(session, task.campaign_id, list(_problems(session, task.campaign_id, numbers).values()))


def _receivers(session: Session, campaign_id: int, listed: Sequence[Problem]) -> dict[str, Any]:
    """Whose process waits for a decision, and whose village has nobody who receives a notice."""
    now = clock.now()
    villages = {problem.village for problem in listed}
    empty = {place for place in villages if not notifications.holders(session, campaign_id, [f"village_cadre:{place}"], at=now)}
    return {
        "judgeable": sorted(judging.open_to(session, campaign_id, [problem.number for problem in listed])),
        "without_cadre": [problem.number for problem in listed if problem.village in empty],
    }


def _problems(session: Session, campaign_id: int, numbers: Sequence[str]) -> dict[str, Problem]:
    query = select(Problem).where(Problem.campaign_id == campaign_id, Problem.number.in_(numbers))
    return {problem.number: problem for problem in session.scalars(query)}


@hooks.accepts("judgement")
def judged(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> None:
    """The evening's minutes, and each decision carried out: all of it, or nothing is kept."""
    data = outcome.data
    meeting = Meeting(
        key=new_key(),
        campaign_id=task.campaign_id,
        kind="evening",
        held_at=moment(data.get("held_at")) or clock.now(),
        chair=data.get("chair") or "",
        minutes=data.get("minutes") or "",
        attendance=data.get("attendance") or [],
        submission_key=submission.key,
        instance_key=task.instance_key,
    )
    session.add(meeting)
    rows: Sequence[Mapping[str, Any]] = data.get("judgements") or []
    listed = _problems(session, task.campaign_id, [str(row.get("number")) for row in rows])
    for row in rows:
        problem = subjects.needed(listed.get(str(row.get("number"))), task, "problem")
        _judge(session, meeting, row, problem, actor)


def _judge(session: Session, meeting: Meeting, row: Mapping[str, Any], problem: Problem, actor: Actor) -> None:
    decision = row.get("decision") or "continue"
    named = decision == "assign"
    responsible, deadline = (row.get("responsible") or "", moment(row.get("deadline"))) if named else ("", None)
    carried_out = judging.decide(session, problem, decision, actor, responsible=responsible, deadline=deadline, at=clock.now())
    if not carried_out and problem.state not in _UNSETTLED:
        return  # settled while the form was open: to go on with it is no decision
    problem.measure = row.get("measure") or problem.measure
    session.add(
        Judgement(
            campaign_id=meeting.campaign_id,
            meeting_key=meeting.key,
            subject=f"problem:{problem.number}",
            decision=decision,
            measure=row.get("measure") or "",
            responsible=responsible,
            deadline=deadline,
        )
    )
