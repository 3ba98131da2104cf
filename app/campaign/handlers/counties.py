"""R13: the village form goes to the county's census office."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.campaign.handlers import villages
from app.engine import events
from app.engine.actor import SYSTEM
from app.engine.jobs import Context, handler


@handler("campaign.send_to_county")
def send_to_county(session: Session, job: Context) -> None:
    """Record that the signed and checked village form went to the county."""
    village = villages.move_form(session, job, "county_sent")
    events.record(
        session,
        "village_form.sent",
        SYSTEM,
        at=job.now,
        campaign_id=job.campaign_id,
        instance_key=job.instance_key,
        activity_key=job.activity_key,
        element_id=job.element_id,
        subject=f"village:{village.code}",
        detail={"to": "county"},
    )
