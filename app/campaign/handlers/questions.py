"""R24: questions to the group's leader."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import problems, progress
from app.campaign.handlers import messages, notifications
from app.campaign.models import Question
from app.engine.actor import SYSTEM, Actor
from app.engine.errors import NotFound
from app.engine.jobs import Context, handler


def get(session: Session, campaign_id: int, number: str) -> Question:
    """The question with this number; ``NotFound`` when there is none."""
    question = session.scalar(select(Question).where(Question.campaign_id == campaign_id, Question.number == number))
    if question is None:
        raise NotFound("question", number)
    return question


def publish(session: Session, question: Question, campaign: dict[str, Any], settings: dict[str, Any], *, actor: Actor = SYSTEM) -> None:
    """Start the process of a question. *campaign* and *settings* are the process variables of these names."""
    given = {
        "question": {
            "number": question.number,
            "household": question.household,
            "village": question.village,
            "group": question.work_group,
            "field": question.field,
            "field_label": question.field_label,
            "asked_by": question.asked_by,
        },
        "campaign": campaign,
        "settings": settings,
    }
    messages.publish(session, question.campaign_id, "question_raised", question.number, given, once="raised", actor=actor)


@handler("campaign.deliver_answer")
def deliver_answer(session: Session, job: Context) -> None:
    """Bring the answer to who asked, and free the field; the household goes on when that was its last."""
    row = get(session, job.campaign_id, str(job.variables["question"]["number"]))
    if row.state != "answered":
        row.state, row.answered_at = "answered", job.now
    problems.release(session, job.campaign_id, f"question:{row.number}", at=job.now)
    session.flush()
    if progress.household(session, job.campaign_id, row.household).open_holds == 0:
        messages.publish(session, job.campaign_id, "household_released", row.household)
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
