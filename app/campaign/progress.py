"""Where household forms stand: the diagrams move a household from stage to stage, lists and boards count them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign.errors import NotFound
from app.campaign.models import STAGES, Household

#: column that keeps when a stage was first reached
_FIRST: Mapping[str, str] = {
    "submitted": "submitted_at",
    "reviewed": "reviewed_at",
    "joint_reviewed": "joint_reviewed_at",
    "rereviewed": "approved_at",
    "entered": "entered_at",
}


#: figure → stage that a form must have come to, in the order of the plan: each counts no more than the one before it
COUNTED: Mapping[str, str] = {
    "submitted": "submitted",
    "reviewed": "reviewed",
    "joint_reviewed": "joint_reviewed",
    "approved": "rereviewed",
    "entered": "entered",
}

_HOUSEHOLD = select(Household).where(Household.campaign_id == bindparam("campaign"), Household.code == bindparam("code"))


def household(session: Session, campaign_id: int, code: str) -> Household:
    """The household with this code; ``NotFound`` when there is none. A session looks once: several hooks of a form ask for it."""
    known: dict[tuple[int, str], Household] = session.info.setdefault("daopai.households", {})
    row = known.get((campaign_id, code))
    if row is None or row not in session:
        row = session.scalar(_HOUSEHOLD, {"campaign": campaign_id, "code": code})
        if row is None:
            raise NotFound("household", code)
        known[campaign_id, code] = row
    return row


def mark(session: Session, campaign_id: int, code: str, stage: str, *, at: datetime) -> Household:
    """Move a household to *stage* (one of ``STAGES``). A return takes back the stages that it undoes."""
    if stage not in STAGES:
        raise ValueError(f"{stage!r} is not a stage; known are {', '.join(STAGES)}")
    row = household(session, campaign_id, code)
    row.stage, row.stage_at = stage, at
    reached = STAGES.index(stage)
    for name, column in _FIRST.items():
        if name == stage and getattr(row, column) is None:
            setattr(row, column, at)
        elif STAGES.index(name) > reached:
            setattr(row, column, None)
    return row


def advance(session: Session, campaign_id: int, code: str, stage: str, *, at: datetime) -> Household:
    """Move the household up to *stage*, unless it is there or further; never back."""
    row = household(session, campaign_id, code)
    if STAGES.index(row.stage) < STAGES.index(stage):
        mark(session, campaign_id, code, stage, at=at)
    return row


def reached(stage: str) -> ColumnElement[bool]:
    """Of a household: its form has come to *stage* or further. By the stage alone, so that each figure holds the next one. A returned form
    was submitted, and nothing more."""
    return Household.stage.in_(STAGES[STAGES.index(stage) :])


def submitted_on(day: date) -> ColumnElement[bool]:
    """Of a household: its form was submitted for the first time on *day*."""
    dawn = datetime.combine(day, time(0), clock.CAMPAIGN_ZONE)
    return reached("submitted") & (Household.submitted_at >= dawn) & (Household.submitted_at < dawn + timedelta(days=1))


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def figures(day: date) -> dict[str, Any]:
    """Name → aggregate over households, as they stand now on *day*: what boards, gates, first pages, daily figures and reports show."""
    waiting = Household.stage == "waiting"
    return {
        "target": func.count(),
        "expected": _sum(Household.planned_on <= day),
        "behind": _sum(waiting & (Household.planned_on < day)),
        "submitted_today": _sum(submitted_on(day)),
        "waiting_review": _sum(Household.stage == "submitted"),
        "returned": _sum(Household.stage == "returned"),
        **{name: _sum(reached(stage)) for name, stage in COUNTED.items()},
        "lost_contact": _sum(Household.visit_mode == "lost_contact"),
        "held": _sum(Household.open_holds > 0),
        "today": _sum(waiting & (Household.planned_on <= day)),
        "unsent": _sum(waiting & Household.verified_at.is_not(None)),
    }
