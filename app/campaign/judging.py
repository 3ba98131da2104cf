"""R32: what the evening decides about a problem happens at once, or is refused: nothing is recorded that nobody receives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.campaign import messages, problems
from app.campaign.errors import Conflict
from app.campaign.models import Problem
from app.engine.actor import Actor

#: the message that a problem's process waits for while it is being rectified
MESSAGE = "problem_judged"
#: decision → the rung that it leads to, from the rung before it; "continue" leaves the problem where it is and tells nobody
RUNGS = {
    "assign": lambda rung: max(2, rung),
    "notice": lambda rung: max(2, rung),
    "escalate": lambda rung: min(3, rung + 1),
    "breach": lambda rung: rung,
}


def open_to(session: Session, campaign_id: int, numbers: Iterable[str]) -> set[str]:
    """Those of the problems whose process waits for a decision now."""
    return messages.awaited(session, campaign_id, MESSAGE, numbers)


def decide(
    session: Session, problem: Problem, decision: str, actor: Actor, *, responsible: str, deadline: datetime | None, at: datetime
) -> None:
    """Carry out a decision of ``RUNGS``: ledger and process move in this transaction. Conflict when the process does not wait for it."""
    about = {"judgement": decision, "person": responsible or None, "person_deadline": deadline.isoformat() if deadline else None}
    try:
        messages.correlate(session, problem.campaign_id, MESSAGE, problem.number, about, actor=actor)
    except Conflict as error:
        if error.code != "message_not_awaited":
            raise
        raise Conflict("judgement_not_awaited", number=problem.number) from error
    if decision == "breach":
        problem.breach = True
    problems.move_to_rung(
        session,
        problem.campaign_id,
        problem.number,
        RUNGS[decision](problem.rung),
        actor,
        at=at,
        responsible=responsible,
        deadline=deadline,
        reason=decision,
    )
