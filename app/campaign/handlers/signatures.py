"""R12, R45: a change or a return after a signature voids it, visibly; who signed and who has to sign learn of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.documents.problem_documents import LIST_SIGNERS
from app.campaign.handlers import notifications, villages
from app.campaign.models import Signature
from app.engine import events
from app.engine.actor import SYSTEM
from app.engine.jobs import Context, handler

_PRINCIPALS = ("principal_party", "principal_gov")


@handler("campaign.void_signatures")
def void_signatures(session: Session, job: Context) -> None:
    """Void every signature under the village form that still counts; the rows stay, with the reason."""
    village = job.variables["village"]
    about = {"subject": f"village:{village['code']}", "document": "village_form"}
    void(session, job, **about, name=f"{village['name']}《村表》", reason=str(job.variables.get("reason") or ""), signers=_PRINCIPALS)
    villages.move_form(session, job, "open")


def void_list(session: Session, job: Context, *, number: str, village: str) -> None:
    """A village's list that came back is no signed list any more."""
    about = {"subject": f"list:{number}", "document": "village_problem_list"}
    signers = [f"{role}:{village}" for role in LIST_SIGNERS]
    void(session, job, **about, name=f"村问题清单 {number}", reason="清单退回，未报出", signers=signers)


def void(session: Session, job: Context, *, subject: str, document: str, name: str, reason: str, signers: Sequence[str]) -> None:
    """Void the signatures under *document* that count. Those who signed, and *signers* (groups that sign it), are told with the reason."""
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
        notifications.send(
            session,
            job.campaign_id,
            list(dict.fromkeys([*signers, *(f"user:{row.signer}" for row in rows)])),
            message_id=f"voided:{rows[-1].key}",
            kind="reminder",
            title=f"{name}签字已作废",
            text=f"原因：{reason}。修改后须重新签字（盖章）。" if document == "village_form" else f"原因：{reason}。",
            subject=job.subject,
            at=job.now,
        )
