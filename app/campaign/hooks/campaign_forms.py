"""Forms of the whole campaign: training, staff, the day's ledger, dispatch, collected reports."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.campaign import campaigns, people, schedule
from app.campaign.hooks import subjects
from app.campaign.hooks.problem_forms import moment
from app.campaign.models import (
    Campaign,
    LedgerDay,
    Notification,
    Report,
    Staff,
    TrainingAttendance,
    Village,
    WorkGroup,
)
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Prepared
from app.forms.models import Submission

#: most people on one attendance list
ATTENDANCE = 300


@hooks.prepares("training")
def training(session: Session, task: Task, identity: Any) -> Prepared:
    """R04: everybody who is seconded and not yet trained stands on the list."""
    dates = campaigns.dates(session, task.campaign_id)
    place = session.scalar(select(Campaign.place).where(Campaign.id == task.campaign_id)) or ""
    people = session.execute(
        select(Staff.username, Staff.name)
        .where(Staff.campaign_id == task.campaign_id, Staff.trained_at.is_(None))
        .order_by(Staff.key)
        .limit(ATTENDANCE)
    )
    data = {
        "date": schedule.moment(dates["training"]).date().isoformat() if "training" in dates else None,
        "place": _("%(place)s政府会议室", place=place),
        "trainer": identity.name if identity is not None else None,
        "content": ["filling", "indicators", "definitions", "quality"],
        "attendance": [{"username": username, "name": name, "present": "yes"} for username, name in people],
    }
    return Prepared(data=data)


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


@hooks.prepares("training_materials")
def materials(session: Session, task: Task, _identity: Any) -> Prepared:
    """R05: four parts, one copy for each."""
    count = session.scalar(select(func.count()).select_from(Staff).where(Staff.campaign_id == task.campaign_id))
    today = clock.local(clock.now()).date().isoformat()
    parts = ["filling", "indicators", "definitions", "quality"]
    return Prepared(data={"parts": parts, "title": _("自查评估培训材料"), "copies": count, "finished_on": today})


@hooks.prepares("staff")
def staff_table(session: Session, task: Task, _identity: Any) -> Prepared:
    """附件1: the people as they are recorded, and what may be chosen."""
    villages = session.execute(select(Village.code, Village.name).where(Village.campaign_id == task.campaign_id).order_by(Village.position))
    groups = session.execute(
        select(WorkGroup.code, WorkGroup.name).where(WorkGroup.campaign_id == task.campaign_id).order_by(WorkGroup.code)
    )
    return Prepared(
        context={
            "villages": [{"value": code, "label": name} for code, name in villages],
            "work_groups": [{"value": code, "label": name} for code, name in groups],
        }
    )


def _day(task: Task) -> date:
    """The day the task is about: its input ``day``, or today."""
    given = task.variables.get("day")
    return date.fromisoformat(given) if isinstance(given, str) and given else clock.local(clock.now()).date()


def _ledger(session: Session, task: Task) -> LedgerDay | None:
    return session.scalar(select(LedgerDay).where(LedgerDay.campaign_id == task.campaign_id, LedgerDay.day == _day(task)))


def _progress(session: Session, task: Task) -> dict[str, int]:
    """The whole town's progress at the close of the day."""
    query = select(Report.content).where(
        Report.campaign_id == task.campaign_id, Report.kind == "daily", Report.scope == "", Report.day == _day(task)
    )
    return session.scalar(query) or {}


@hooks.prepares("ledger_confirmation", "daily_report", "dispatch")
def day_figures(session: Session, task: Task, _identity: Any) -> Prepared:
    """R16, R50: the day's ledger and progress as they were made."""
    ledger, sums = _ledger(session, task), _progress(session, task)
    counts = dict(ledger.counts) if ledger else {}
    wanted = ("new", "rectified", "closed", "open", "overdue")
    summary = _(
        "目标 %(target)s 户，已报送 %(submitted)s 户（当日 %(today)s 户），已审核 %(reviewed)s 户；"
        "新增问题 %(new)s 个，未销号 %(open)s 个，超期 %(overdue)s 个。",
        target=sums.get("target", 0),
        submitted=sums.get("submitted", 0),
        today=sums.get("submitted_today", 0),
        reviewed=sums.get("reviewed", 0),
        new=counts.get("new", 0),
        open=counts.get("open", 0),
        overdue=counts.get("overdue", 0),
    )
    data = {
        "day": _day(task).isoformat(),
        "number": ledger.number if ledger else None,
        "counts": {name: counts.get(name, 0) for name in wanted},
        "progress": {name: sums.get(name, 0) for name in ("target", "submitted", "submitted_today", "reviewed")},
        "summary": summary,
    }
    return Prepared(data=data, context={"people": people.options(session, task.campaign_id)})


@hooks.accepts("ledger_confirmation")
def confirmed(session: Session, task: Task, _submission: Submission, _outcome: Any, actor: Actor) -> None:
    """The office stands for the day's ledger."""
    ledger = subjects.needed(_ledger(session, task), task, "ledger")
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


@hooks.prepares("report_collection")
def reports(session: Session, task: Task, _identity: Any) -> Prepared:
    """R52, R53: which reports have come in."""
    villages = session.execute(
        select(Village.name, Village.report_stage).where(Village.campaign_id == task.campaign_id).order_by(Village.position)
    )
    rows = [
        {"name": _("自查评估报告"), "from": name, "status": "received" if stage == "delivered" else "missing"} for name, stage in villages
    ]
    spot = session.scalar(
        select(Report.state)
        .where(Report.campaign_id == task.campaign_id, Report.kind == "spot_check_report")
        .order_by(Report.key.desc())
        .limit(1)
    )
    rows.append({"name": _("抽查验收报告"), "from": _("普查小组"), "status": "received" if spot == "delivered" else "missing"})
    return Prepared(data={"reports": rows, "complete": all(row["status"] == "received" for row in rows)})
