"""R24: questions to the group's leader: asked, sent on their way, answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import field_labels, messages, numbers, problems
from app.campaign.errors import NotFound
from app.campaign.models import Household, Question
from app.engine import events
from app.engine.actor import Actor


def get(session: Session, campaign_id: int, number: str) -> Question:
    """The question with this number; ``NotFound`` when there is none."""
    question = session.scalar(select(Question).where(Question.campaign_id == campaign_id, Question.number == number))
    if question is None:
        raise NotFound("question", number)
    return question


def ask(session: Session, home: Household, row: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    """Put a question to the leader (``text``, ``field``); its field is held until it is answered. Its process starts with the commit."""
    number = numbers.give(session, home.campaign_id, "question", group=home.work_group)
    field = str(row.get("field") or "")
    label = field_labels.of(field)
    question = Question(
        campaign_id=home.campaign_id,
        number=number,
        household=home.code,
        work_group=home.work_group,
        village=home.village,
        field=field,
        field_label=str(row.get("field_label") or label),
        text=str(row["text"]),
        asked_by=actor.name,
        asked_at=now,
        state="open",
    )
    session.add(question)
    if field:
        problems.hold(session, home, field, label, f"question:{number}", question.text, f"group_leader:{home.work_group}", now)
    detail = {"household": home.code, "field": field, "label": label, "text": question.text}
    events.record(session, "question.asked", actor, at=now, campaign_id=home.campaign_id, subject=f"question:{number}", detail=detail)
    messages.begin(session, question.campaign_id, "question", question.number, variables(question))
    return number


def variables(question: Question) -> dict[str, Any]:
    """The variable ``question`` of the process ``question``."""
    return {
        "number": question.number,
        "household": question.household,
        "village": question.village,
        "group": question.work_group,
        "field": question.field,
        "field_label": question.field_label,
        "asked_by": question.asked_by,
    }


def answer(session: Session, question: Question, actor: Actor, *, text: str, value: Any, now: datetime) -> None:
    """The leader or the office answers; the field comes free with *value*."""
    question.answer, question.answered_by, question.answered_at, question.state = text, actor.name, now, "answered"
    problems.release(session, question.campaign_id, f"question:{question.number}", at=now, settled_value=value)
    detail = {"household": question.household, "field": question.field, "text": text, "label": field_labels.of(question.field)}
    subject = f"question:{question.number}"
    events.record(session, "question.answered", actor, at=now, campaign_id=question.campaign_id, subject=subject, detail=detail)
