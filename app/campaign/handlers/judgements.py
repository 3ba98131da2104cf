"""R32: what the evening decided about a problem moves that problem."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import problems
from app.campaign.handlers import messages
from app.campaign.models import Judgement, Meeting
from app.engine.jobs import Context, handler

#: decisions that take a problem from the village to the office; the office has what is on rung 2 anyway
_TO_OFFICE = ("assign", "notice")


@handler("campaign.apply_judgements")
def apply_judgements(session: Session, job: Context) -> None:
    """Tell the process of each problem that this evening's meeting did not leave where it was."""
    decided = session.execute(
        select(Judgement.subject, Judgement.decision)
        .join(Meeting, Meeting.key == Judgement.meeting_key)
        .where(Meeting.campaign_id == job.campaign_id, Meeting.instance_key == job.instance_key)
        .order_by(Judgement.key)
    )
    for subject, decision in decided.all():
        row = problems.get(session, job.campaign_id, subject.removeprefix("problem:"))
        moves = decision in ("escalate", "breach") or (decision in _TO_OFFICE and row.rung == 1)
        if row.state == "open" and moves:
            messages.publish(session, job.campaign_id, "problem_judged", row.number, {"judgement": decision}, waits=False)
