"""Where household forms stand: the diagrams move a household from stage to stage, lists and boards count them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

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


def stage_counts(session: Session, campaign_id: int, by: str = "village") -> dict[str, dict[str, int]]:
    """``{village or work group code: {stage: households}}`` in one statement."""
    if by not in ("village", "work_group"):
        raise ValueError("count by village or by work_group")
    column = Household.village if by == "village" else Household.work_group
    rows = session.execute(
        select(column, Household.stage, func.count()).where(Household.campaign_id == campaign_id).group_by(column, Household.stage)
    )
    counts: dict[str, dict[str, int]] = {}
    for code, stage, number in rows:
        counts.setdefault(code, {})[stage] = number
    return counts


def at_least(counts: Mapping[str, int], stage: str) -> int:
    """How many of *counts* (stage → number) have come to *stage* or further; a returned form has not come to ``submitted``."""
    wanted = [name for name in STAGES[STAGES.index(stage) :] if name != "returned"]
    return sum(counts.get(name, 0) for name in wanted)
