"""R24: questions to the group's leader."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.campaign import problems, questions
from app.campaign.handlers import notifications
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.engine.jobs import Context, handler


@handler("campaign.deliver_answer", asks=[NOTIFICATIONS])
def deliver_answer(session: Session, job: Context) -> None:
    """Bring the answer to who asked, and free the field; the household goes on when that was its last."""
    row = questions.get(session, job.campaign_id, str(job.variables["question"]["number"]))
    if row.state != "answered":
        row.state, row.answered_at = "answered", job.now
    problems.release(session, job.campaign_id, f"question:{row.number}", at=job.now)
    problems.free_household(session, job.campaign_id, row.household)
    about = {"number": row.number, "asked_by": row.asked_by, "village": row.village, "text": row.answer}
    notifications.tell(session, job, "question_answered", f"answer:{row.number}", about, subject=f"household:{row.household}")
