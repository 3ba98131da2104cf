"""R31 研判会 and R32 每晚逐户研判: agenda from live data, minutes, one decision for each problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.auth.models import RoleAssignment
from app.campaign import people
from app.campaign.hooks import subjects
from app.campaign.hooks.problem_forms import moment
from app.campaign.models import Household, Judgement, Meeting, Problem, Question, Staff
from app.db import new_key
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Prepared
from app.forms.models import Submission

#: most problems on one evening's form
JUDGED = 300
#: most items of a group's agenda
AGENDA = 40


@hooks.prepares("judgement")
def judgement(session: Session, task: Task, identity: Any) -> Prepared:
    """R32: every problem that is not settled, the most urgent first; a decision for each is proposed."""
    open_ones = session.scalars(
        select(Problem)
        .where(Problem.campaign_id == task.campaign_id, Problem.state.in_(("open", "rectified")))
        .order_by(func.coalesce(Problem.deadline, Problem.raised_at), Problem.number)
        .limit(JUDGED)
    )
    rows = [
        {
            "number": problem.number,
            "household": " ".join(part for part in (problem.household, problem.head) if part) or problem.village,
            "text": problem.text,
            "decision": "continue",
            "measure": problem.measure or problem.rectification or None,
            "responsible": problem.responsible or None,
            "deadline": clock.local(problem.deadline).isoformat() if problem.deadline else None,
        }
        for problem in open_ones
    ]
    data = {
        "held_at": clock.local(clock.now()).isoformat(timespec="minutes"),
        "chair": identity.name if identity is not None else None,
        "judgements": rows,
    }
    return Prepared(data=data, context={"people": people.options(session, task.campaign_id)})


@hooks.accepts("judgement")
def judged(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> None:
    """The evening's minutes: one decision for each problem."""
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
    listed = {
        problem.number: problem
        for problem in session.scalars(
            select(Problem).where(Problem.campaign_id == task.campaign_id, Problem.number.in_([row.get("number") for row in rows]))
        )
    }
    for row in rows:
        _judge(session, meeting, row, listed.get(str(row.get("number"))))


def _judge(session: Session, meeting: Meeting, row: Mapping[str, Any], problem: Problem | None) -> None:
    deadline = moment(row.get("deadline"))
    session.add(
        Judgement(
            campaign_id=meeting.campaign_id,
            meeting_key=meeting.key,
            subject=f"problem:{row.get('number')}",
            decision=row.get("decision") or "continue",
            measure=row.get("measure") or "",
            responsible=row.get("responsible") or "",
            deadline=deadline,
        )
    )
    if problem is None or problem.state in ("closed", "decided"):
        return
    problem.measure = row.get("measure") or problem.measure
    if row.get("decision") == "assign":
        problem.responsible = row.get("responsible") or problem.responsible
        problem.deadline = deadline or problem.deadline
    elif row.get("decision") == "breach":
        problem.breach = True


@hooks.prepares("meeting_minutes")
def minutes(session: Session, task: Task, identity: Any) -> Prepared | None:
    """R31: who belongs to the group, and what it has to talk about: questions, returned forms, open problems."""
    group = subjects.code(task, "group")
    if group is None:
        return None
    crew = session.execute(
        select(Staff.name, Staff.unit)
        .join(RoleAssignment, RoleAssignment.username == Staff.username)
        .where(Staff.campaign_id == task.campaign_id, RoleAssignment.campaign_id == task.campaign_id, RoleAssignment.scope == group)
        .order_by(Staff.name)
        .distinct()
    )
    data = {
        "held_at": clock.local(clock.now()).isoformat(timespec="minutes"),
        "place": _("村（社区）便民服务中心"),
        "chair": identity.name if identity is not None else None,
        "attendance": [{"name": name, "unit": unit, "present": "yes"} for name, unit in crew],
        "agenda": _agenda(session, task.campaign_id, group),
    }
    return Prepared(data=data)


def _agenda(session: Session, campaign_id: int, group: str) -> list[dict[str, Any]]:
    questions = session.scalars(
        select(Question).where(Question.campaign_id == campaign_id, Question.work_group == group, Question.state == "open")
    )
    returned = session.scalars(
        select(Household).where(Household.campaign_id == campaign_id, Household.work_group == group, Household.stage == "returned")
    )
    troubles = session.scalars(
        select(Problem)
        .where(Problem.campaign_id == campaign_id, Problem.work_group == group, Problem.state == "open")
        .order_by(Problem.deadline)
    )
    items = [{"title": _("待答复：%(number)s", number=row.number), "text": row.text} for row in questions]
    items += [{"title": _("退回待改：%(head)s", head=row.head), "text": row.code} for row in returned]
    items += [{"title": _("问题 %(number)s %(head)s", number=row.number, head=row.head), "text": row.text} for row in troubles]
    if not items:
        items = [{"title": _("交流入户调查情况"), "text": _("暂无待答复的请示、退回的户表和未销号问题")}]
    return items[:AGENDA]


@hooks.accepts("meeting_minutes")
def held(session: Session, task: Task, submission: Submission, outcome: Any, _actor: Actor) -> None:
    """The meeting as it was minuted."""
    data = outcome.data
    session.add(
        Meeting(
            campaign_id=task.campaign_id,
            kind="judgement",
            scope=subjects.code(task, "group") or "",
            held_at=moment(data.get("held_at")) or clock.now(),
            chair=data.get("chair") or "",
            agenda=data.get("agenda") or [],
            minutes=data.get("minutes") or "",
            attendance=data.get("attendance") or [],
            submission_key=submission.key,
            instance_key=task.instance_key,
        )
    )
