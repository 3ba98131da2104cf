"""R31 研判会: agenda from live data, minutes."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth.holding import counts_at
from app.auth.models import RoleAssignment
from app.campaign.hooks import subjects
from app.campaign.hooks.problem_forms import moment
from app.campaign.models import Household, Meeting, Problem, Question, Staff
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Prepared
from app.forms.models import Submission

#: most items of a group's agenda
AGENDA = 40


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
        .where(counts_at(clock.now()))
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
