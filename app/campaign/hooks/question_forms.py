"""R24: the leader's answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import people, questions
from app.campaign.errors import Conflict
from app.campaign.hooks import subjects
from app.campaign.models import Household, Question
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Prepared
from app.forms.models import Submission


@hooks.prepares("answer")
def answer(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """R24: what was asked, about which field of which household."""
    question = _question(session, task)
    if question is None:
        return None
    home = session.scalar(select(Household).where(Household.campaign_id == task.campaign_id, Household.code == question.household))
    asked_by = people.names(session, [question.asked_by]).get(question.asked_by, question.asked_by)
    data = {
        "household_code": question.household,
        "household_label": subjects.household_label(home) if home else question.household,
        "field_label": question.field_label,
        "asked_by": asked_by,
        "question": question.text,
    }
    return Prepared(data=data)


def _question(session: Session, task: Task) -> Question | None:
    number = subjects.code(task, "question")
    return session.scalar(select(Question).where(Question.campaign_id == task.campaign_id, Question.number == number)) if number else None


@hooks.accepts("answer")
def answered(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """The answer frees the field; handing it on keeps it held."""
    question = subjects.needed(_question(session, task), task, "question")
    data, now = outcome.data, clock.now()
    if data.get("decision") == "escalate":
        if not any(group.startswith("group_leader:") for group in task.candidate_groups):
            raise Conflict("question_at_the_office", number=question.number)
        question.escalated_at = now
        return
    questions.answer(session, question, actor, text=data.get("text") or "", value=data.get("value"), now=now)
