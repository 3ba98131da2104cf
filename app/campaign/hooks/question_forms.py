"""R24: the leader's answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.campaign import questions
from app.campaign.errors import Conflict
from app.campaign.hooks import prefill_names, subjects
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.models import Submission


@hooks.accepts("answer")
def answered(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """The answer frees the field; handing it on keeps it held."""
    question = subjects.needed(prefill_names.question_of(session, task), task, "question")
    data, now = outcome.data, clock.now()
    if data.get("decision") == "escalate":
        if not any(group.startswith("group_leader:") for group in task.candidate_groups):
            raise Conflict("question_at_the_office", number=question.number)
        question.escalated_at = now
        return
    questions.answer(session, question, actor, text=data.get("text") or "", value=data.get("value"), now=now)
