"""The gates of the plan: what it waits for, in its order, and how much holds each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.auth import Identity
from app.campaign import board, schedule
from app.campaign.models import Staff, Village


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


def of(session: Session, who: Identity, dates: dict[str, str], whole: board.Line, places: Sequence[Village]) -> list[Gate]:
    """Every gate of a campaign. One statement."""
    if not dates:
        return []
    rows = (*_people_and_forms(session, who, whole), *_closing(whole, places))
    coming = whole.submitted < whole.target
    return [
        Gate(phase, name, text, blocking, url, _state(phase, schedule.moment(dates[date]), blocking, whole, coming))
        for phase, date, name, text, blocking, url in rows
    ]


def unfinished(gates: Sequence[Gate]) -> frozenset[str]:
    """The phases that something still holds."""
    return frozenset(gate.phase for gate in gates if gate.state != "done")


def _state(phase: str, until: datetime, blocking: int, whole: board.Line, coming: bool) -> str:
    # While forms still come in, that no problem is open says nothing about tomorrow.
    if not blocking and not (phase == "rectification" and coming):
        return "done"
    if blocking and clock.now() > until:
        return "late"
    return "here" if whole.submitted else "wait"


Row = tuple[str, str, str, str, int, str]


def _people_and_forms(session: Session, who: Identity, whole: board.Line) -> tuple[Row, ...]:
    untrained = session.scalar(select(func.count()).where(Staff.campaign_id == who.campaign_id, Staff.trained_at.is_(None))) or 0

    def behind(stage: str) -> str:
        return url_for("campaign.households", mark=f"not_{stage}")

    return (
        ("training", "training", _("培训"), _("未培训人员"), untrained, url_for("campaign.staff_list", trained="no")),
        ("visits", "visits_to", _("入户"), _("未报送的户表"), whole.target - whole.submitted, behind("submitted")),
        ("joint_review", "joint_review_to", _("会审"), _("未会审的户表"), whole.target - whole.joint_reviewed, behind("joint_reviewed")),
        ("rereview", "rereview_to", _("复审"), _("未复审通过的户表"), whole.target - whole.approved, behind("approved")),
        ("entry", "entry_to", _("录入"), _("未录入APP的户表"), whole.target - whole.entered, behind("entered")),
    )


def _closing(whole: board.Line, places: Sequence[Village]) -> tuple[Row, ...]:
    forms = sum(1 for place in places if place.form_stage in ("waiting", "open", "returned", "filled"))
    reports = sum(1 for place in places if place.report_stage != "delivered")
    problems, villages = url_for("campaign.problems", state="open"), url_for("campaign.villages")
    return (
        ("", "entry_to", _("村表"), _("未签字的村表"), forms, villages),
        ("rectification", "rectification_deadline", _("销号"), _("未销号问题"), whole.problems_open, problems),
        ("reports", "report_deadline", _("报告"), _("未报送的报告"), reports, villages),
    )
