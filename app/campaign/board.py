"""Progress as it is now, per village or work group: two statements, whatever the number of households."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign.models import Household, Problem, Village, WorkGroup


@dataclass(slots=True)
class Line:
    """The figures of one village or work group, or of several together."""

    code: str = ""
    name: str = ""
    #: village of a work group
    village: str = ""
    target: int = 0
    #: planned to be visited by the end of today
    expected: int = 0
    #: not yet visited although planned for a day that is over: what the list "late" shows
    behind: int = 0
    submitted: int = 0
    submitted_today: int = 0
    #: waits for the instructor now
    waiting_review: int = 0
    returned: int = 0
    reviewed: int = 0
    joint_reviewed: int = 0
    approved: int = 0
    entered: int = 0
    lost_contact: int = 0
    held: int = 0
    problems_open: int = 0
    problems_overdue: int = 0
    problems_closed: int = 0

    def add(self, other: Line) -> None:
        """Count *other* in."""
        for column in fields(Line):
            if column.name not in ("code", "name", "village"):
                setattr(self, column.name, getattr(self, column.name) + getattr(other, column.name))


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def lines(
    session: Session, campaign_id: int, by: str = "village", *, groups: Sequence[str] | None = None, villages: Sequence[str] | None = None
) -> list[Line]:
    """A line for each village (``by="village"``) or work group (``by="work_group"``), those without households too. Three statements."""
    made = {line.code: line for line in _named(session, campaign_id, by, groups, villages)}
    column = Household.village if by == "village" else Household.work_group
    now = clock.now()
    today = clock.local(now).date()
    midnight = datetime.combine(today, time(0), clock.CAMPAIGN_ZONE)
    query = select(
        column,
        func.count(),
        _sum(Household.planned_on <= today),
        _sum((Household.stage == "waiting") & (Household.planned_on < today)),
        func.count(Household.submitted_at),
        _sum(Household.submitted_at >= midnight),
        _sum(Household.stage == "submitted"),
        _sum(Household.stage == "returned"),
        func.count(Household.reviewed_at),
        func.count(Household.joint_reviewed_at),
        func.count(Household.approved_at),
        func.count(Household.entered_at),
        _sum(Household.visit_mode == "lost_contact"),
        _sum(Household.open_holds > 0),
    ).where(Household.campaign_id == campaign_id, column.in_(made))
    names = (
        *("target", "expected", "behind", "submitted", "submitted_today", "waiting_review", "returned", "reviewed"),
        *("joint_reviewed", "approved", "entered", "lost_contact", "held"),
    )
    for code, *figures in session.execute(query.group_by(column)):
        for name, value in zip(names, figures, strict=True):
            setattr(made[code], name, int(value))
    _problems(session, campaign_id, by, made, now)
    return list(made.values())


def _problems(session: Session, campaign_id: int, by: str, made: dict[str, Line], now: datetime) -> None:
    column = Problem.village if by == "village" else Problem.work_group
    unsettled = Problem.state.in_(("open", "rectified"))
    query = select(column, _sum(unsettled), _sum(and_(unsettled, Problem.deadline < now)), _sum(Problem.state == "closed")).where(
        Problem.campaign_id == campaign_id, column.in_(made)
    )
    for code, open_, overdue, closed in session.execute(query.group_by(column)):
        line = made[code]
        line.problems_open, line.problems_overdue, line.problems_closed = int(open_), int(overdue), int(closed)


def _named(session: Session, campaign_id: int, by: str, groups: Sequence[str] | None, villages: Sequence[str] | None) -> list[Line]:
    if by == "village":
        places = select(Village.code, Village.name, Village.code).where(Village.campaign_id == campaign_id)
        if villages is not None:
            places = places.where(Village.code.in_(villages))
        rows = session.execute(places.order_by(Village.position, Village.code))
    else:
        crews = select(WorkGroup.code, WorkGroup.name, WorkGroup.village).where(WorkGroup.campaign_id == campaign_id)
        if groups is not None:
            crews = crews.where(WorkGroup.code.in_(groups))
        if villages is not None:
            crews = crews.where(WorkGroup.village.in_(villages))
        rows = session.execute(crews.order_by(WorkGroup.code))
    return [Line(code=code, name=name, village=village) for code, name, village in rows]


def total(some: Sequence[Line]) -> Line:
    """All of them together."""
    whole = Line()
    for line in some:
        whole.add(line)
    return whole
