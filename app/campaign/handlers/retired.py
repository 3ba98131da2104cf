"""Task types that only instances of older diagrams still name. What they did is done where the form is accepted."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.campaign import messages, problems, questions
from app.engine.jobs import Context, handler


@handler("campaign.raise_problems")
def raise_problems(session: Session, job: Context) -> None:
    """What was found before the upgrade and has no process yet gets one; what has one is not started again."""
    for entry in job.variables.get("problems") or []:
        problem = problems.get(session, job.campaign_id, _number(entry))
        messages.begin(session, job.campaign_id, "problem", problem.number, problems.variables(problem))
    for entry in job.variables.get("questions") or []:
        question = questions.get(session, job.campaign_id, _number(entry))
        messages.begin(session, job.campaign_id, "question", question.number, questions.variables(question))


@handler("campaign.apply_judgements")
def apply_judgements(_session: Session, _job: Context) -> None:
    """The evening's decisions were carried out when its form was accepted."""


def _number(entry: Any) -> str:
    return str(entry["number"] if isinstance(entry, dict) else entry)
