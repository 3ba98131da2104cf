"""What was known at a moment: worked out from submissions and records, which never change, not from what stands in the ledger now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.audit import queries
from app.audit.queries import Filter, Record
from app.engine.models import Task
from app.forms.models import Submission


@dataclass(slots=True)
class Known:
    """A problem or question as it stood."""

    number: str
    #: open, rectified, closed, decided; open, answered
    state: str
    text: str
    raised: Record
    #: the newest record about it
    last: Record
    rung: int = 1
    held: bool = False
    #: path in the form
    field: str = ""
    #: R55: number of the earlier problem that this later finding is about
    linked_to: str = ""


@dataclass(slots=True)
class State:
    """A household as it was known."""

    at: datetime
    #: the newest submission of each form, oldest first
    forms: list[Submission] = field(default_factory=list)
    problems: list[Known] = field(default_factory=list)
    questions: list[Known] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)

    @property
    def open_problems(self) -> list[Known]:
        return [each for each in self.problems if each.state in ("open", "rectified")]


#: kind of record → state that it leaves a problem in
_PROBLEM = {
    "problem.raised": "open",
    "problem.rectified": "rectified",
    "problem.closed": "closed",
    "problem.reopened": "open",
    "problem.decided": "decided",
}
#: States in which a field that was held comes free.
_FREE = frozenset({"closed", "decided"})


def household(session: Session, campaign: int, code: str, at: datetime) -> State:
    """Everything that was known about a household at *at* (campaign time, that moment included)."""
    told = queries.every_record(session, Filter(campaign=campaign, household=code, kind="problem,question"), newest_first=False)
    rows = [row for row in told if row.event.at <= at]
    problems, questions = _problems(rows), _questions(rows)
    subjects = [f"household:{code}", *(f"problem:{each.number}" for each in problems), *(f"question:{each.number}" for each in questions)]
    return State(at, forms(session, campaign, f"household:{code}", at), problems, questions, open_tasks(session, campaign, subjects, at))


def forms(session: Session, campaign: int, subject: str, at: datetime) -> list[Submission]:
    """The newest submission of each form about a subject at a moment."""
    newest = (
        select(Submission.form_id, func.max(Submission.revision).label("revision"))
        .where(Submission.campaign_id == campaign, Submission.subject == subject, Submission.at <= at)
        .group_by(Submission.form_id)
        .subquery()
    )
    query = select(Submission).join(newest, (Submission.form_id == newest.c.form_id) & (Submission.revision == newest.c.revision))
    return list(session.scalars(query.where(Submission.campaign_id == campaign, Submission.subject == subject).order_by(Submission.at)))


def open_tasks(session: Session, campaign: int, subjects: Iterable[str], at: datetime) -> list[Task]:
    """User tasks that were open at a moment."""
    was_open = (Task.created_at <= at, or_(Task.completed_at.is_(None), Task.completed_at > at))
    query = select(Task).where(Task.campaign_id == campaign, Task.subject.in_(list(subjects)), *was_open)
    return list(session.scalars(query.order_by(Task.created_at, Task.key)))


def _problems(rows: Iterable[Record]) -> list[Known]:
    found: dict[str, Known] = {}
    for row in rows:
        kind, number = row.event.kind, _number(row)
        detail: dict[str, Any] = row.event.detail or {}
        if kind == "problem.raised":
            about: dict[str, Any] = {
                "held": bool(detail.get("held")),
                "field": str(detail.get("field") or ""),
                "linked_to": str(detail.get("linked_to") or ""),
            }
            found[number] = Known(number, "open", str(detail.get("text") or ""), row, row, **about)
        elif (known := found.get(number)) is not None and kind.startswith("problem."):
            known.state, known.last = _PROBLEM.get(kind, known.state), row
            known.held = known.held and known.state not in _FREE
            known.rung = int(detail.get("to") or known.rung) if kind == "problem.moved" else known.rung
    return list(found.values())


def _questions(rows: Iterable[Record]) -> list[Known]:
    found: dict[str, Known] = {}
    for row in rows:
        detail: dict[str, Any] = row.event.detail or {}
        if row.event.kind == "question.asked":
            text, path = str(detail.get("text") or ""), str(detail.get("field") or "")
            found[_number(row)] = Known(_number(row), "open", text, row, row, held=bool(path), field=path)
        elif row.event.kind == "question.answered" and (known := found.get(_number(row))) is not None:
            known.state, known.last, known.held = "answered", row, False
    return list(found.values())


def _number(row: Record) -> str:
    return row.event.subject.partition(":")[2]
