"""R24: questions to the group's leader."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.campaign import problems, questions
from app.campaign.handlers import notifications
from app.engine.jobs import Context, handler


@handler("campaign.deliver_answer")
def deliver_answer(session: Session, job: Context) -> None:
    """Bring the answer to who asked, and free the field; the household goes on when that was its last."""
    row = questions.get(session, job.campaign_id, str(job.variables["question"]["number"]))
    if row.state != "answered":
        row.state, row.answered_at = "answered", job.now
    problems.release(session, job.campaign_id, f"question:{row.number}", at=job.now)
    problems.free_household(session, job.campaign_id, row.household)
    notifications.send(
        session,
        job.campaign_id,
        [f"user:{row.asked_by}"],
        message_id=f"answer:{row.number}",
        kind="answer",
        title=f"请示 {row.number} 已答复",
        text=row.answer,
        subject=f"household:{row.household}",
        at=job.now,
    )
