"""What was known at a moment: worked out from submissions and records, which never change, not from what stands in the ledger now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import queries
from app.audit.history import recorded, waiting
from app.audit.history.waiting import Running, Waiting
from app.audit.queries import Filter, Record
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
    tasks: list[Waiting] = field(default_factory=list)
    instances: list[Running] = field(default_factory=list)
    #: what had happened by then, but was recorded afterwards
    late: Sequence[Record] = ()

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


def household(session: Session, campaign: int, code: str, at: datetime, *, with_late: bool = False) -> State:
    """Everything that was known about a household at *at* (campaign time, that moment included).

    *with_late*: also what had happened by then and was recorded only afterwards (``recorded``).
    """
    about = f"household:{code}"
    told = queries.every_record(session, Filter(campaign=campaign, household=code, kind="problem,question"), newest_first=False)
    subjects = {about, *(row.event.subject for row in told if row.event.at <= at)}
    rows = recorded.about(session, campaign, subjects, at)
    known, late = recorded.split(rows, at, recorded.cut(session, campaign, at))
    if with_late:
        known = list(rows)
    stood = waiting.standing(row.event for row in known)
    submitted = forms(session, campaign, about, at, but=[] if with_late else late)
    return State(at, submitted, _problems(known), _questions(known), list(stood.tasks.values()), list(stood.instances.values()), late)


def forms(session: Session, campaign: int, subject: str, at: datetime, *, but: Iterable[Record] = ()) -> list[Submission]:
    """The newest submission of each form about a subject at a moment, apart from those that the records *but* tell of."""
    left_out = {int(key) for row in but if (key := str((row.event.detail or {}).get("submission") or "")).isdecimal()}
    wanted = (Submission.campaign_id == campaign, Submission.subject == subject, Submission.at <= at)
    newest: dict[str, Submission] = {}
    for row in session.scalars(select(Submission).where(*wanted).order_by(Submission.revision)):
        if row.key not in left_out:
            newest[row.form_id] = row
    return sorted(newest.values(), key=lambda row: row.at)


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
            found[number] = Known(number, "open", _text(detail), row, row, **about)
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
            text, path = _text(detail), str(detail.get("field") or "")
            found[_number(row)] = Known(_number(row), "open", text, row, row, held=bool(path), field=path)
        elif row.event.kind == "question.answered" and (known := found.get(_number(row))) is not None:
            known.state, known.last, known.held = "answered", row, False
    return list(found.values())


def _text(detail: dict[str, Any]) -> str:
    """What was written; nothing where it has been erased."""
    text = detail.get("text")
    return text if isinstance(text, str) else ""


def _number(row: Record) -> str:
    return row.event.subject.partition(":")[2]
