"""R48: supervision notices, numbered without a gap, and their reminders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import numbers, problems
from app.campaign.documents import frozen, problem_documents
from app.campaign.handlers import notifications
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.models import Campaign, Notice
from app.engine.actor import SYSTEM
from app.engine.errors import NotFound
from app.engine.jobs import Context, handler


@handler("campaign.issue_notice", asks=[NOTIFICATIONS])
def issue_notice(session: Session, job: Context) -> dict[str, Any]:
    """Number a notice about the problem and deliver it to the named person, otherwise to the village's cadres."""
    problem = problems.get(session, job.campaign_id, str(job.variables["problem"]["number"]))
    campaign = session.get(Campaign, job.campaign_id)
    if campaign is None:
        raise NotFound("campaign", job.campaign_id)
    year = clock.local(job.now).year
    number = numbers.give(session, job.campaign_id, "notice", prefix=campaign.document_prefix, year=year)
    person = job.variables.get("person") or ""
    notice = Notice(
        campaign_id=job.campaign_id,
        number=number,
        village=problem.village,
        addressee=person,
        category=problem.dimension,
        text=problem.text,
        problems=[problem.number],
        issued_by="office",
        issued_at=job.now,
        reply_due_at=datetime.fromisoformat(job.variables["reply_due"]),
    )
    session.add(notice)
    problem.notice = number
    session.flush()
    document = problem_documents.live_notice(session, notice)
    frozen.keep(session, job.campaign_id, "notice", f"notice:{number}", document, SYSTEM, stage="issued", at=job.now)
    _deliver(session, job, notice, "notice_issued", f"notice:{number}")
    return {"notice_number": number, "reply_due": job.variables["reply_due"]}


@handler("campaign.remind_notice", asks=[NOTIFICATIONS])
def remind_notice(session: Session, job: Context) -> None:
    """Nobody has received or replied in time: remind, and count it if it reached somebody."""
    number = job.variables["notice_number"]
    notice = session.scalar(select(Notice).where(Notice.campaign_id == job.campaign_id, Notice.number == number))
    if notice is None:
        raise NotFound("notice", number)
    if _deliver(session, job, notice, "notice_reminded", f"notice:{number}:{job.activity_key}"):
        notice.reminders += 1
        notice.reminded_at = job.now


def _deliver(session: Session, job: Context, notice: Notice, event: str, message_id: str) -> list[str]:
    about = {"number": notice.number, "addressee": notice.addressee, "village": notice.village, "text": notice.text}
    return notifications.tell(session, job, event, message_id, about, subject=f"problem:{notice.problems[0]}")
