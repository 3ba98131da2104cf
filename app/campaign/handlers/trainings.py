"""Who is trained may visit: the gate is per person (R04, requirements: unclear no. 3)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import messages
from app.campaign.models import Household, Staff
from app.engine.jobs import Context, handler


@handler("campaign.admit_trained")
def admit_trained(session: Session, job: Context) -> dict[str, Any]:
    """Let the households of trained investigators go on; returns how many investigators still have no training."""
    trained = trained_people(session, job.campaign_id)
    waiting = session.execute(
        select(Household.code, Household.investigator)
        .where(Household.campaign_id == job.campaign_id, Household.verified_at.is_(None), Household.submitted_at.is_(None))
        .order_by(Household.key)
    ).all()
    for code, investigator in waiting:
        if investigator in trained:
            messages.publish(session, job.campaign_id, "investigator_trained", code, once="trained")
    missing = {investigator for _, investigator in waiting if investigator} - trained
    return {"untrained": len(missing)}


def trained_people(session: Session, campaign_id: int) -> set[str]:
    """User names of everybody whose attendance is recorded."""
    return set(session.scalars(select(Staff.username).where(Staff.campaign_id == campaign_id, Staff.trained_at.is_not(None))))
