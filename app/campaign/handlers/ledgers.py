"""The day's ledger and list: frozen once, delivered to exactly the people it concerns (R16, R17, R32)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import numbers
from app.campaign.documents import frozen, problem_documents
from app.campaign.documents.content import Document
from app.campaign.handlers import notifications
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.models import LedgerDay, LedgerEntry, Problem
from app.engine.actor import SYSTEM
from app.engine.jobs import Context, handler

#: states of a problem that is still on the way
_UNSETTLED = ("open", "rectified")


@handler("campaign.list_problem_households")
def list_problem_households(session: Session, job: Context) -> dict[str, Any]:
    """How many households have a problem that is still open; the evening goes through them one by one."""
    count = select(func.count(func.distinct(Problem.household))).where(
        Problem.campaign_id == job.campaign_id, Problem.state.in_(_UNSETTLED), Problem.household != ""
    )
    return {"problem_households": session.scalar(count) or 0}


@handler("campaign.freeze_ledger")
def freeze_ledger(session: Session, job: Context) -> dict[str, Any]:
    """Copy every problem that is open, or was settled today, into the ledger of the day. A day is frozen once."""
    day = date.fromisoformat(job.variables["day"])
    closed = session.scalar(select(LedgerDay).where(LedgerDay.campaign_id == job.campaign_id, LedgerDay.day == day))
    if closed is not None:
        return {"ledger_number": closed.number}
    rows = _lines(session, job.campaign_id, day, job.now)
    number = numbers.next_number(session, job.campaign_id, "ledger")
    session.add(LedgerDay(campaign_id=job.campaign_id, day=day, number=number, frozen_at=job.now, counts=_counts(rows, day, job.now)))
    for line, row in enumerate(rows, start=1):
        session.add(
            LedgerEntry(
                campaign_id=job.campaign_id,
                day=day,
                line=line,
                problem=row.number,
                village=row.village,
                snapshot=_snapshot(row),
            )
        )
    names = problem_documents.names_of(session, job.campaign_id, [{name: getattr(row, name) for name in _KEPT} for row in rows])
    document = Document(f"问题台账_{day}", f"campaign:{job.campaign_id}")
    frozen.keep(session, job.campaign_id, "ledger", f"day:{day}", document, SYSTEM, stage="issued", at=job.now, data=names)
    return {"ledger_number": number}


@handler("campaign.deliver_ledger", asks=[NOTIFICATIONS])
def deliver_ledger(session: Session, job: Context) -> None:
    """The whole town's, and to each village that it names a problem of; the table ``notifications`` says to whom."""
    day = date.fromisoformat(job.variables["day"])
    lines = Counter(session.scalars(select(LedgerEntry.village).where(LedgerEntry.campaign_id == job.campaign_id, LedgerEntry.day == day)))
    _deliver(session, job, day, lines.total(), variant="town")
    for village, count in sorted(lines.items()):
        _deliver(session, job, day, count, variant="village", village=village)


def _deliver(session: Session, job: Context, day: date, count: int, **about: str) -> None:
    written = day.isoformat()
    notifications.tell(session, job, "ledger_frozen", f"ledger:{written}", {"day": written, "count": count, **about})


def _lines(session: Session, campaign_id: int, day: date, now: datetime) -> Sequence[Problem]:
    """Open, or settled in the course of *day*; by village and number."""
    dawn = datetime.combine(day, datetime.min.time(), clock.CAMPAIGN_ZONE)
    query = select(Problem).where(
        Problem.campaign_id == campaign_id,
        Problem.raised_at <= now,
        or_(Problem.state.in_(_UNSETTLED), Problem.closed_at >= dawn, Problem.decided_at >= dawn),
    )
    return session.scalars(query.order_by(Problem.village, Problem.number)).all()


def _counts(rows: Sequence[Problem], day: date, now: datetime) -> dict[str, Any]:
    unsettled = [row for row in rows if row.state in _UNSETTLED]
    return {
        "new": sum(row.raised_on == day for row in rows),
        "rectified": sum(row.state == "rectified" for row in rows),
        "closed": len(rows) - len(unsettled),
        "open": len(unsettled),
        "overdue": sum(row.deadline is not None and row.deadline < now for row in unsettled),
        "by_rung": Counter(str(row.rung) for row in unsettled),
        "by_dimension": Counter(row.dimension for row in unsettled),
        "by_village": Counter(row.village for row in unsettled),
    }


#: columns that a line keeps as they stood
_KEPT = (
    "number",
    "village",
    "household",
    "head",
    "work_group",
    "field",
    "field_label",
    "dimension",
    "kind",
    "category",
    "text",
    "text_en",
    "tags",
    "rung",
    "state",
    "deadline",
    "responsible",
    "measure",
    "raised_by",
    "raised_at",
    "rectified_by",
    "rectified_at",
    "rectification",
    "closed_by",
    "closed_at",
    "decision",
    "decided_by",
    "decided_at",
    "notice",
    "list_number",
)


def _snapshot(row: Problem) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _KEPT}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
