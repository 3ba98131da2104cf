"""Problems between two people: classified, lifted to the next rung, settled (R15, R23, R33, R43–R47, R54)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaign import ladder, problems
from app.campaign.handlers import notifications
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.ladder import LADDER
from app.campaign.models import Problem
from app.engine.actor import SYSTEM
from app.engine.jobs import Context, handler

#: states in which nothing more is to be done
_SETTLED = ("closed", "decided")


@handler("campaign.open_problem", asks=[LADDER])
def open_problem(session: Session, job: Context) -> dict[str, Any]:
    """Write into the ledger what the classification decided; returns deadline, rung and whether it is a breach of discipline."""
    said = job.variables["classification"]
    row = problems.classify(
        session,
        job.campaign_id,
        _number(job),
        category=said["category"],
        deadline=datetime.fromisoformat(job.variables["deadline"]),
        dimension=said["dimension"],
        tags=said.get("tags") or (),
    )
    row.instance_key = job.instance_key
    rung = ladder.step(session, "classified", rung=row.rung, classified=said["rung"]).rung
    if rung > row.rung:
        problems.move_to_rung(session, job.campaign_id, row.number, rung, SYSTEM, at=job.now, reason=said["category"])
    return {"deadline": job.variables["deadline"], "breach": row.breach, "rung": row.rung}


@handler("campaign.climb_problem", asks=[LADDER, NOTIFICATIONS])
def climb_problem(session: Session, job: Context) -> dict[str, Any]:
    """Where the evening's ``judgement`` has put it, otherwise (cannot be rectified, deadline: R43, R47) where the ladder says."""
    row = problems.get(session, job.campaign_id, _number(job))
    judgement = job.variables.get("judgement")
    if judgement is None:
        rung = ladder.step(session, "unresolved", rung=row.rung).rung
    else:
        rung = max(row.rung, ladder.step(session, "judged", outcome=judgement, rung=job.variables["rung"]).rung)
    answer = {"rung": rung, "breach": row.breach, "deadline": row.deadline.isoformat() if row.deadline else None}
    if row.state in _SETTLED:
        return answer
    if row.rung < rung:
        problems.move_to_rung(session, job.campaign_id, row.number, rung, SYSTEM, at=job.now, reason=judgement or job.element_id)
    notifications.tell(
        session,
        job,
        "problem_moved",
        f"climb:{row.number}:{rung}",
        {**_about(row), "variant": judgement or "", "rung": rung},
        subject=f"problem:{row.number}",
    )
    return answer


@handler("campaign.transfer_problem")
def transfer_problem(session: Session, job: Context) -> None:
    """R54: a breach is handled apart; the ledger says where it went, and the fields it held come free."""
    row = problems.get(session, job.campaign_id, _number(job))
    if row.state not in _SETTLED:
        problems.decide(session, job.campaign_id, row.number, SYSTEM, decision="另案移送", at=job.now)
    problems.free_household(session, job.campaign_id, row.household)


@handler("campaign.close_problem", asks=[NOTIFICATIONS])
def close_problem(session: Session, job: Context) -> None:
    """Settle the problem if its form has not done so, free the fields it held, and tell who raised it."""
    row = problems.get(session, job.campaign_id, _number(job))
    if row.state not in _SETTLED:
        if job.variables.get("principal_decision") == "accept":
            problems.decide(session, job.campaign_id, row.number, SYSTEM, decision="同意审定意见", at=job.now)
        else:
            problems.close(session, job.campaign_id, row.number, SYSTEM, at=job.now)
    problems.release(session, job.campaign_id, f"problem:{row.number}", at=job.now)
    problems.free_household(session, job.campaign_id, row.household)
    notifications.tell(session, job, "problem_settled", f"settled:{row.number}", _about(row), subject=f"problem:{row.number}")


def _about(row: Problem) -> dict[str, Any]:
    """What the table of notifications may say of a problem."""
    return {name: getattr(row, name) for name in ("number", "village", "rung", "text", "raised_by", "responsible")}


def _number(job: Context) -> str:
    return str(job.variables["problem"]["number"])
