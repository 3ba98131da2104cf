"""R11: a village form opens only when every household of the village is approved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.handlers import households
from app.campaign.models import Village
from app.engine.errors import NotFound
from app.engine.jobs import Context, handler


@handler("campaign.check_village")
def check_village(session: Session, job: Context) -> dict[str, Any]:
    """How many households still block the village form; none: the form is open."""
    code = job.variables["village"]["code"]
    blockers = households.blockers(session, job.campaign_id, code)
    move_form(session, job, "open" if blockers == 0 else "waiting")
    return {"blockers": blockers}


def move_form(session: Session, job: Context, stage: str) -> Village:
    """Set where the village form of the job's village stands."""
    code = job.variables["village"]["code"]
    row = session.scalar(select(Village).where(Village.campaign_id == job.campaign_id, Village.code == code))
    if row is None:
        raise NotFound("village", code)
    if row.form_stage != stage:
        row.form_stage, row.form_stage_at = stage, job.now
    return row
