"""Progress as it is now, per village or work group: two statements, whatever the number of households."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import progress
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
    #: raised today
    problems_new: int = 0
    problems_open: int = 0
    problems_overdue: int = 0
    problems_closed: int = 0

    def add(self, other: Line) -> None:
        """Count *other* in."""
        for column in fields(Line):
            if column.name not in ("code", "name", "village"):
                setattr(self, column.name, getattr(self, column.name) + getattr(other, column.name))


def lines(
    session: Session,
    campaign_id: int,
    by: str = "village",
    *,
    groups: Sequence[str] | None = None,
    villages: Sequence[str] | None = None,
    day: date | None = None,
) -> list[Line]:
    """A line for each village (``by="village"``) or work group (``by="work_group"``), those without households too. Three statements.

    *day*: whose work counts as today's; without it, the day that it is.
    """
    made = {line.code: line for line in _named(session, campaign_id, by, groups, villages)}
    column = Household.village if by == "village" else Household.work_group
    today = day or clock.local(clock.now()).date()
    counted = {name: figure for name, figure in progress.figures(today).items() if hasattr(Line, name)}
    query = select(column, *counted.values()).where(Household.campaign_id == campaign_id, column.in_(made))
    for code, *found in session.execute(query.group_by(column)):
        for name, value in zip(counted, found, strict=True):
            setattr(made[code], name, int(value))
    _problems(session, campaign_id, by, made, today)
    return list(made.values())


def _problems(session: Session, campaign_id: int, by: str, made: dict[str, Line], today: date) -> None:
    column = Problem.village if by == "village" else Problem.work_group
    unsettled = Problem.state.in_(("open", "rectified"))
    counted = {
        "problems_new": Problem.raised_on == today,
        "problems_open": unsettled,
        "problems_overdue": and_(unsettled, Problem.deadline < clock.now()),
        "problems_closed": Problem.state == "closed",
    }
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in counted.values()]
    query = select(column, *sums).where(Problem.campaign_id == campaign_id, column.in_(made))
    for code, *found in session.execute(query.group_by(column)):
        for name, value in zip(counted, found, strict=True):
            setattr(made[code], name, int(value))


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
