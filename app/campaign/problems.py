"""What may happen to a problem, and to the fields that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import messages, numbers
from app.campaign.errors import Conflict, NotFound
from app.campaign.models import Hold, Household, Problem
from app.db import new_key
from app.engine import events
from app.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Raised:
    """What is known when a problem is raised. ``holds``: the field waits until the problem is closed."""

    text: str
    text_en: str = ""
    village: str = ""
    household: str = ""
    field: str = ""
    field_label: str = ""
    dimension: str = ""
    code: str = "by_hand"
    #: shortfall, ledgers_differ, ledger_differs_from_fact, missed_risk, other
    kind: str = "shortfall"
    holds: bool = False
    breach: bool = False
    tags: Sequence[str] = ()
    linked_to: str = ""
    submission_key: int | None = None


def raise_problem(session: Session, campaign_id: int, raised: Raised, actor: Actor, *, at: datetime) -> Problem:
    """Write a problem into the ledger with its number and hold its field if it must be; its process starts with the commit."""
    home = _household(session, campaign_id, raised.household) if raised.household else None
    village = home.village if home else raised.village
    number = numbers.give(session, campaign_id, "problem", village=village)
    problem = Problem(
        key=new_key(),
        campaign_id=campaign_id,
        number=number,
        village=village,
        household=raised.household,
        head=home.head if home else "",
        work_group=home.work_group if home else "",
        field=raised.field,
        field_label=raised.field_label,
        dimension=raised.dimension,
        code=raised.code,
        kind=raised.kind,
        text=raised.text,
        text_en=raised.text_en,
        tags=list(raised.tags),
        breach=raised.breach,
        linked_to=raised.linked_to,
        submission_key=raised.submission_key,
        raised_by=actor.name,
        raised_at=at,
        raised_on=clock.local(at).date(),
        state="open",
        rung=1,
    )
    session.add(problem)
    if home:
        home.open_problems += 1
        if raised.holds and raised.field:
            waits_for, cause = f"village_cadre:{village}", f"problem:{number}"
            hold(session, home, problem.field, problem.field_label, cause, problem.text, waits_for, at)
    about = {name: value for name, value in (("field", raised.field), ("linked_to", raised.linked_to)) if value}
    _record(session, "problem.raised", problem, actor, at, {"text": raised.text, "code": raised.code, "held": raised.holds, **about})
    messages.begin(session, problem.campaign_id, "problem", problem.number, variables(problem))
    return problem


def variables(problem: Problem) -> dict[str, Any]:
    """The variable ``problem`` of the processes ``problem``, ``rectification`` and ``supervision``."""
    return {
        "number": problem.number,
        "household": problem.household,
        "village": problem.village,
        "group": problem.work_group,
        "field": problem.field,
        "dimension": problem.dimension,
        "code": problem.code,
        "kind": problem.kind,
        "text": problem.text,
        "rung": problem.rung,
        "breach": problem.breach,
        "tags": list(problem.tags),
    }


def hold(session: Session, home: Household, field: str, label: str, cause: str, reason: str, waits_for: str, at: datetime) -> None:
    """Let *field* of the household's form wait for *cause* (``problem:<number>`` or ``question:<number>``)."""
    session.add(
        Hold(
            campaign_id=home.campaign_id,
            household=home.code,
            field=field,
            field_label=label,
            cause=cause,
            reason=reason,
            waits_for=waits_for,
            held_at=at,
        )
    )
    home.open_holds += 1


def release(session: Session, campaign_id: int, cause: str, *, at: datetime, settled_value: Any = None) -> list[Hold]:
    """Free every field that waits for *cause* (``problem:<number>`` or ``question:<number>``). Again: nothing happens."""
    holds = session.scalars(select(Hold).where(Hold.campaign_id == campaign_id, Hold.cause == cause, Hold.released_at.is_(None))).all()
    for hold in holds:
        if hold.released_at is not None:  # freed a moment ago in this transaction
            continue
        hold.released_at = at
        hold.settled_value = settled_value
        home = _household(session, campaign_id, hold.household)
        home.open_holds = max(0, home.open_holds - 1)
    return list(holds)


def free_household(session: Session, campaign_id: int, code: str) -> None:
    """When nothing holds a field of the household any more, its process may go on if it waits for that."""
    session.flush()
    if code and _household(session, campaign_id, code).open_holds == 0:
        messages.publish(session, campaign_id, "household_released", code, waits=False)


def classify(
    session: Session,
    campaign_id: int,
    number: str,
    *,
    category: str,
    deadline: datetime,
    dimension: str = "",
    tags: Sequence[str] = (),
) -> Problem:
    """Write down what the classification decision said."""
    problem = get(session, campaign_id, number)
    problem.category, problem.deadline = category, deadline
    problem.dimension = dimension or problem.dimension
    problem.tags = list(tags) or problem.tags
    return problem


def rectify(
    session: Session, campaign_id: int, number: str, actor: Actor, *, text: str, evidence: Sequence[dict[str, Any]], at: datetime
) -> Problem:
    """It has been mended; somebody else must look (R33)."""
    problem = _open(session, campaign_id, number)
    problem.state, problem.rectified_by, problem.rectified_at = "rectified", actor.name, at
    problem.rectification, problem.evidence = text, list(evidence)
    _record(session, "problem.rectified", problem, actor, at, {"text": text, "evidence": len(problem.evidence)})
    return problem


def close(session: Session, campaign_id: int, number: str, actor: Actor, *, note: str = "", at: datetime) -> Problem:
    """Strike it off (销号): only with evidence, only by a second person; frees the field it held."""
    problem = get(session, campaign_id, number)
    if problem.state == "closed":
        return problem
    if not problem.evidence:
        raise Conflict("problem_without_evidence", number=number)
    if actor.name == problem.rectified_by:
        raise Conflict("problem_same_person", number=number)
    problem.state, problem.closed_by, problem.closed_at, problem.closure_note = "closed", actor.name, at, note
    _settle(session, problem, at)
    _record(session, "problem.closed", problem, actor, at, {"note": note, "rectified_by": problem.rectified_by})
    return problem


def reopen(session: Session, campaign_id: int, number: str, actor: Actor, *, note: str, at: datetime) -> Problem:
    """The second person was not satisfied: back to rectifying."""
    problem = get(session, campaign_id, number)
    problem.state, problem.closure_note = "open", note
    _record(session, "problem.reopened", problem, actor, at, {"note": note})
    return problem


def move_to_rung(
    session: Session,
    campaign_id: int,
    number: str,
    rung: int,
    actor: Actor,
    *,
    at: datetime,
    responsible: str = "",
    deadline: datetime | None = None,
    reason: str = "",
) -> Problem:
    """R45–R47: up to the office (2) or the principals (3), with the named person and deadline when there are any."""
    problem = _open(session, campaign_id, number)
    before, problem.rung = problem.rung, rung
    problem.responsible = responsible or problem.responsible
    problem.deadline = deadline or problem.deadline
    _record(session, "problem.moved", problem, actor, at, {"from": before, "to": rung, "reason": reason, "responsible": responsible})
    return problem


def decide(session: Session, campaign_id: int, number: str, actor: Actor, *, decision: str, at: datetime) -> Problem:
    """R47: the principals decided about what cannot be rectified now; it stays on the list, the field comes free."""
    problem = get(session, campaign_id, number)
    if problem.state == "closed":
        return problem
    problem.state, problem.decision, problem.decided_by, problem.decided_at = "decided", decision, actor.name, at
    _settle(session, problem, at)
    _record(session, "problem.decided", problem, actor, at, {"decision": decision})
    return problem


def get(session: Session, campaign_id: int, number: str) -> Problem:
    """The problem with this number; ``NotFound`` when there is none."""
    problem = session.scalar(select(Problem).where(Problem.campaign_id == campaign_id, Problem.number == number))
    if problem is None:
        problem = next((p for p in session.new if isinstance(p, Problem) and (p.campaign_id, p.number) == (campaign_id, number)), None)
    if problem is None:
        raise NotFound("problem", number)
    return problem


def _open(session: Session, campaign_id: int, number: str) -> Problem:
    problem = get(session, campaign_id, number)
    if problem.state in ("closed", "decided"):
        raise Conflict("problem_settled", number=number)
    return problem


def _settle(session: Session, problem: Problem, at: datetime) -> None:
    release(session, problem.campaign_id, f"problem:{problem.number}", at=at)
    if problem.household:
        home = _household(session, problem.campaign_id, problem.household)
        home.open_problems = max(0, home.open_problems - 1)


def _household(session: Session, campaign_id: int, code: str) -> Household:
    home = session.scalar(select(Household).where(Household.campaign_id == campaign_id, Household.code == code))
    if home is None:
        raise NotFound("household", code)
    return home


def _record(session: Session, kind: str, problem: Problem, actor: Actor, at: datetime, detail: dict[str, Any]) -> None:
    events.record(
        session,
        kind,
        actor,
        at=at,
        campaign_id=problem.campaign_id,
        subject=f"problem:{problem.number}",
        detail={"household": problem.household, "village": problem.village, **detail},
    )
