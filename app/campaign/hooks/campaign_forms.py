"""Forms of the whole campaign: training, staff, the day's ledger, dispatch, collected reports."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.campaign.hooks import prefill_names, subjects
from app.campaign.hooks.problem_forms import moment
from app.campaign.models import (
    Notification,
    Staff,
    TrainingAttendance,
)
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.models import Submission


@hooks.accepts("training")
def trained(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> dict[str, Any]:
    """Who was there may visit (the gate is per person)."""
    held_at = moment(outcome.data.get("date")) or clock.now()
    rows = [row for row in outcome.data.get("attendance") or [] if row.get("username")]
    staff = {
        person.username: person
        for person in session.scalars(
            select(Staff).where(Staff.campaign_id == task.campaign_id, Staff.username.in_([row["username"] for row in rows]))
        )
    }
    present = 0
    for row in rows:
        there = row.get("present") == "yes"
        present += there
        session.add(
            TrainingAttendance(
                campaign_id=task.campaign_id, username=row["username"], held_at=held_at, present=there, recorded_by=actor.name
            )
        )
        person = staff.get(row["username"])
        if there and person is not None:
            person.trained_at = person.trained_at or clock.now()
    return {"trained": present, "absent": len(rows) - present}


@hooks.accepts("ledger_confirmation")
def confirmed(session: Session, task: Task, _submission: Submission, _outcome: Any, actor: Actor) -> None:
    """The office stands for the day's ledger."""
    ledger = subjects.needed(prefill_names.ledger_of(session, task), task, "ledger")
    ledger.confirmed_by, ledger.confirmed_at = actor.name, clock.now()


@hooks.accepts("dispatch")
def dispatched(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> None:
    """R49: every order is delivered to the person it names."""
    for number, row in enumerate(outcome.data.get("orders") or [], start=1):
        deadline = moment(row.get("deadline"))
        note = Notification(
            campaign_id=task.campaign_id,
            username=str(row.get("to")),
            message_id=f"dispatch:{submission.key}:{number}",
            kind="notice",
            subject=task.subject,
            title=_("指挥长调度事项"),
            text=" ".join(part for part in (row.get("text"), f"{clock.local(deadline):%m-%d %H:%M}" if deadline else "") if part),
            url="/progress",
            sent_at=clock.now(),
        )
        try:
            with session.begin_nested():
                session.add(note)
                session.flush()
        except IntegrityError:
            continue  # delivered already
