"""R12, R45: a change or a return after a signature voids it, visibly; who signed and who has to sign learn of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.handlers import notifications, villages
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.models import Signature
from app.engine import events
from app.engine.actor import SYSTEM
from app.engine.jobs import Context, handler


@handler("campaign.void_signatures", asks=[NOTIFICATIONS])
def void_signatures(session: Session, job: Context) -> None:
    """Void every signature under the village form that still counts; the rows stay, with the reason."""
    village = job.variables["village"]
    about = {"subject": f"village:{village['code']}", "document": "village_form"}
    named = {"village": village["code"], "village_name": village["name"]}
    void(session, job, **about, reason=str(job.variables.get("reason") or ""), **named)
    villages.move_form(session, job, "open")


def void_list(session: Session, job: Context, *, number: str, village: str) -> None:
    """A village's list that came back is no signed list any more."""
    about = {"subject": f"list:{number}", "document": "village_problem_list"}
    void(session, job, **about, reason="清单退回，未报送", village=village, number=number)


def void(session: Session, job: Context, *, subject: str, document: str, reason: str, **about: str) -> None:
    """Void the signatures under *document* that count; the table ``notifications`` says who is told, those who signed among them."""
    mine = Signature.campaign_id == job.campaign_id, Signature.subject == subject, Signature.document == document
    rows = session.scalars(select(Signature).where(*mine, Signature.voided_at.is_(None)).order_by(Signature.key)).all()
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
            detail={"signature": str(row.key), "document": document, "signer": row.signer, "role": row.role, "reason": reason},
        )
    if rows:
        signed = [f"user:{row.signer}" for row in rows]
        told = {"variant": document, "signed": signed, "reason": reason, **about}
        notifications.tell(session, job, "signatures_voided", f"voided:{rows[-1].key}", told)
