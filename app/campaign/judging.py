"""R32: what the evening decides about a problem happens at once, or is refused: nothing is recorded that nobody receives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.campaign import ladder, messages, problems
from app.campaign.errors import Conflict
from app.campaign.models import Problem
from app.engine.actor import Actor

#: the message that a problem's process waits for while it is being rectified
MESSAGE = "problem_judged"


def open_to(session: Session, campaign_id: int, numbers: Iterable[str]) -> set[str]:
    """Those of the problems whose process waits for a decision now."""
    return messages.awaited(session, campaign_id, MESSAGE, numbers)


def decide(
    session: Session, problem: Problem, decision: str, actor: Actor, *, responsible: str, deadline: datetime | None, at: datetime
) -> bool:
    """Carry out a decision: ledger and process move in this transaction. False for one that the ladder leaves where it is and tells nobody
    of ("continue"). Conflict when the process does not wait for it."""
    step = ladder.step(session, "judged", outcome=decision, rung=problem.rung)
    if not step.carried_out:
        return False
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
        step.rung,
        actor,
        at=at,
        responsible=responsible,
        deadline=deadline,
        reason=decision,
    )
    return True
