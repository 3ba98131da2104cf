"""R50: the day's progress of each work group, made and not typed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import progress
from app.campaign.handlers import notifications
from app.campaign.models import DayProgress, Household, Problem, Report, WorkGroup
from app.engine.jobs import Context, handler

_DAILY = "daily"


@handler("campaign.snapshot_progress")
def snapshot_progress(session: Session, job: Context) -> None:
    """Write each group's figures of the day and the daily report; a day that has its figures keeps them."""
    day = date.fromisoformat(job.variables["day"])
    if session.scalar(
        select(Report.key).where(Report.campaign_id == job.campaign_id, Report.kind == _DAILY, Report.scope == "", Report.day == day)
    ):
        return
    groups = session.scalars(select(WorkGroup).where(WorkGroup.campaign_id == job.campaign_id).order_by(WorkGroup.code)).all()
    figures = _figures(session, job.campaign_id, day)
    for group in groups:
        row = DayProgress(
            campaign_id=job.campaign_id, day=day, work_group=group.code, village=group.village, counts=figures(group.code), made_at=job.now
        )
        session.add(row)
    session.add(_report(job, day, [figures(group.code) for group in groups]))
    notifications.send(
        session,
        job.campaign_id,
        ["commander", "office"],
        message_id=f"progress:{day.isoformat()}",
        kind="report",
        title=f"{day.month}月{day.day}日自查评估进度",
        subject=job.subject,
        url="/progress",
        at=job.now,
    )


def _report(job: Context, day: date, counts: list[dict[str, int]]) -> Report:
    totals = {name: sum(entry[name] for entry in counts) for name in counts[0]} if counts else {}
    return Report(
        campaign_id=job.campaign_id,
        kind=_DAILY,
        scope="",
        day=day,
        state="delivered",
        content=totals,
        made_at=job.now,
        delivered_at=job.now,
    )


def _figures(session: Session, campaign_id: int, day: date) -> Any:
    """A function from a group's code to its counts, from four statements."""
    stages = progress.stage_counts(session, campaign_id, "work_group")
    expected = _by_group(session, campaign_id, Household.planned_on <= day)
    today = _by_group(session, campaign_id, *_on(Household.submitted_at, day))
    raised = case((Problem.raised_on == day, 1), else_=0)
    unsettled = case((Problem.state.in_(("open", "rectified")), 1), else_=0)
    query = select(Problem.work_group, func.sum(raised), func.sum(unsettled), func.count()).where(Problem.campaign_id == campaign_id)
    found = {group: (new, left, every) for group, new, left, every in session.execute(query.group_by(Problem.work_group))}

    def of(group: str) -> dict[str, int]:
        counts = stages.get(group, {})
        new, left, every = found.get(group, (0, 0, 0))
        return {
            "target": sum(counts.values()),
            "expected": expected.get(group, 0),
            "submitted": progress.at_least(counts, "submitted"),
            "submitted_today": today.get(group, 0),
            "returned": counts.get("returned", 0),
            "reviewed": progress.at_least(counts, "reviewed"),
            "joint_reviewed": progress.at_least(counts, "joint_reviewed"),
            "approved": progress.at_least(counts, "rereviewed"),
            "entered": progress.at_least(counts, "entered"),
            "problems_new": int(new),
            "problems_open": int(left),
            "problems_closed": int(every - left),
        }

    return of


def _by_group(session: Session, campaign_id: int, *conditions: Any) -> dict[str, int]:
    query = select(Household.work_group, func.count()).where(Household.campaign_id == campaign_id, *conditions)
    return dict(session.execute(query.group_by(Household.work_group)).all())


def _on(column: Any, day: date) -> tuple[Any, Any]:
    start = datetime.combine(day, time.min, clock.CAMPAIGN_ZONE)
    return column >= start, column < start + timedelta(days=1)
