"""The gates of the plan, as its root diagram states them: what it waits for, in its order, and how much holds each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import board, schedule
from app.campaign.models import Staff, Village
from app.element_names import spoken
from app.engine.schedule import COUNTED


@dataclass(frozen=True, slots=True)
class Gate:
    """Something the plan waits for."""

    #: the bar of the timeline that it ends; "" when it has none
    phase: str
    name: str
    #: what it is waiting for, in words
    text: str
    blocking: int
    #: the list behind the number
    url: str
    #: done, here, late, wait
    state: str


def of(session: Session, plan: schedule.Schedule, dates: dict[str, str], whole: board.Line, campaign_id: int) -> list[Gate]:
    """Every gate of a campaign, by the date at which it closes. Two statements."""
    if not dates:
        return []
    counts = missing(session, campaign_id, whole)
    coming = whole.submitted < whole.target
    found = []
    for gate in sorted(plan.gates_at(dates), key=lambda each: schedule.moment(dates[each.until])):
        endpoint, values = LISTS[gate.count]
        state = _state(gate.count, schedule.moment(dates[gate.until]), counts[gate.count], whole, coming)
        url = url_for(endpoint, **values)
        found.append(Gate(gate.phase, spoken(gate.label), spoken(gate.text), counts[gate.count], url, state))
    return found


def unfinished(gates: Sequence[Gate]) -> frozenset[str]:
    """The phases that something still holds."""
    return frozenset(gate.phase for gate in gates if gate.state != "done")


def _state(count: str, until: datetime, blocking: int, whole: board.Line, coming: bool) -> str:
    # While forms still come in, that no problem is open says nothing about tomorrow.
    if not blocking and not (count == PROBLEMS and coming):
        return "done"
    if blocking and clock.now() > until:
        return "late"
    return "here" if whole.submitted else "wait"


#: open items of the ledger, as ``gate.count`` writes it
PROBLEMS = "problem:closed"
#: what a gate may count → the list behind the number
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "staff:trained": ("campaign.staff_list", {"trained": "no"}),
    "household:submitted": ("campaign.households", {"mark": "not_submitted"}),
    "household:joint_reviewed": ("campaign.households", {"mark": "not_joint_reviewed"}),
    "household:approved": ("campaign.households", {"mark": "not_approved"}),
    "household:entered": ("campaign.households", {"mark": "not_entered"}),
    "village:form.signed": ("campaign.villages", {}),
    "village:report.delivered": ("campaign.villages", {}),
    PROBLEMS: ("campaign.problems", {"state": "open"}),
}

COUNTED.update(LISTS)


def missing(session: Session, campaign_id: int, whole: board.Line) -> dict[str, int]:
    """How many have not come so far, for each of ``LISTS``. *whole*: the campaign's line. Two statements."""
    untrained = session.scalar(select(func.count()).where(Staff.campaign_id == campaign_id, Staff.trained_at.is_(None))) or 0
    places = session.execute(select(Village.form_stage, Village.report_stage).where(Village.campaign_id == campaign_id)).all()
    return {
        "staff:trained": untrained,
        "household:submitted": whole.target - whole.submitted,
        "household:joint_reviewed": whole.target - whole.joint_reviewed,
        "household:approved": whole.target - whole.approved,
        "household:entered": whole.target - whole.entered,
        "village:form.signed": sum(1 for form, _report in places if form in ("waiting", "open", "returned", "filled")),
        "village:report.delivered": sum(1 for _form, report in places if report != "delivered"),
        PROBLEMS: whole.problems_open,
    }
