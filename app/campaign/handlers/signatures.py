"""R12: a change after a signature voids it, visibly."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.handlers import villages
from app.campaign.models import Signature
from app.engine import events
from app.engine.actor import SYSTEM
from app.engine.jobs import Context, handler


@handler("campaign.void_signatures")
def void_signatures(session: Session, job: Context) -> None:
    """Void every signature under the village form that still counts; the rows stay, with the reason."""
    subject, reason = f"village:{job.variables['village']['code']}", str(job.variables.get("reason") or "")
    rows = session.scalars(
        select(Signature).where(
            Signature.campaign_id == job.campaign_id,
            Signature.subject == subject,
            Signature.document == "village_form",
            Signature.voided_at.is_(None),
        )
    ).all()
    for row in rows:
        row.voided_at, row.voided_by, row.void_reason = job.now, SYSTEM.name, reason
        events.record(
            session,
            "signature.voided",
            SYSTEM,
            at=job.now,
            campaign_id=job.campaign_id,
            instance_key=job.instance_key,
            subject=subject,
            detail={"signature": str(row.key), "document": row.document, "signer": row.signer, "role": row.role, "reason": reason},
        )
    villages.move_form(session, job, "open")
