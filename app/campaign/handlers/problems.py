"""Problems between two people: classified, lifted to the next rung, settled (R15, R23, R33, R43–R47, R54)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaign import judging, problems
from app.campaign.handlers import notifications
from app.engine.actor import SYSTEM
from app.engine.jobs import Context, handler

#: states in which nothing more is to be done
_SETTLED = ("closed", "decided")


@handler("campaign.open_problem")
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
    if said["rung"] > row.rung:
        problems.move_to_rung(session, job.campaign_id, row.number, said["rung"], SYSTEM, at=job.now, reason=said["category"])
    return {"deadline": job.variables["deadline"], "breach": row.breach, "rung": row.rung}


@handler("campaign.climb_problem")
def climb_problem(session: Session, job: Context) -> dict[str, Any]:
    """Where the evening's ``judgement`` has put it, otherwise (cannot be rectified, deadline: R43, R47) up to the principals."""
    row = problems.get(session, job.campaign_id, _number(job))
    judgement = job.variables.get("judgement")
    rung = 3 if judgement is None else max(row.rung, judging.RUNGS[judgement](job.variables["rung"]))
    answer = {"rung": rung, "breach": row.breach, "deadline": row.deadline.isoformat() if row.deadline else None}
    if row.state in _SETTLED:
        return answer
    if row.rung < rung:
        problems.move_to_rung(session, job.campaign_id, row.number, rung, SYSTEM, at=job.now, reason=judgement or job.element_id)
    if judgement in ("assign", "notice"):  # carried out at once: nobody has to look at it first
        return answer
    notifications.send(
        session,
        job.campaign_id,
        ["principal_party", "principal_gov", "commander"] if rung == 3 else ["office"],
        message_id=f"climb:{row.number}:{rung}",
        kind="escalation",
        title=f"问题 {row.number} " + ("报主要领导审定" if rung == 3 else "转镇扶贫办研判"),
        text=row.text,
        subject=f"problem:{row.number}",
        at=job.now,
    )
    return answer


@handler("campaign.transfer_problem")
def transfer_problem(session: Session, job: Context) -> None:
    """R54: a breach is handled apart; the ledger says where it went, and the fields it held come free."""
    row = problems.get(session, job.campaign_id, _number(job))
    if row.state not in _SETTLED:
        problems.decide(session, job.campaign_id, row.number, SYSTEM, decision="另案移送", at=job.now)
    problems.free_household(session, job.campaign_id, row.household)


@handler("campaign.close_problem")
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
    notifications.send(
        session,
        job.campaign_id,
        [f"user:{row.raised_by}", f"village_cadre:{row.village}"],
        message_id=f"settled:{row.number}",
        kind="answer",
        title=f"问题 {row.number} 已办结",
        text=row.text,
        subject=f"problem:{row.number}",
        at=job.now,
    )


def _number(job: Context) -> str:
    return str(job.variables["problem"]["number"])
