"""R50: the day's progress of each work group, made and not typed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import board
from app.campaign.documents import daily_documents, frozen
from app.campaign.documents.content import Document
from app.campaign.handlers import notifications
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.models import DayProgress, Report
from app.engine.actor import SYSTEM
from app.engine.jobs import Context, handler

_DAILY = "daily"
#: the figures of ``board.Line`` that a day keeps
KEPT = (
    *("target", "expected", "submitted", "submitted_today", "returned", "reviewed", "joint_reviewed", "approved", "entered"),
    *("problems_new", "problems_open", "problems_closed"),
)


@handler("campaign.snapshot_progress", asks=[NOTIFICATIONS])
def snapshot_progress(session: Session, job: Context) -> None:
    """Write each group's figures of the day and the daily report; a day that has its figures keeps them."""
    day = date.fromisoformat(job.variables["day"])
    if session.scalar(
        select(Report.key).where(Report.campaign_id == job.campaign_id, Report.kind == _DAILY, Report.scope == "", Report.day == day)
    ):
        return
    for line in board.lines(session, job.campaign_id, "work_group", day=day):
        counts = _counts(line)
        session.add(
            DayProgress(campaign_id=job.campaign_id, day=day, work_group=line.code, village=line.village, counts=counts, made_at=job.now)
        )
    session.add(_report(job, day, _counts(board.total(board.lines(session, job.campaign_id, day=day)))))
    named = {"groups": daily_documents.groups(session, job.campaign_id)}
    document = Document(f"每日进度_{day}", f"campaign:{job.campaign_id}")
    frozen.keep(session, job.campaign_id, "daily_progress", f"day:{day}", document, SYSTEM, stage="issued", at=job.now, data=named)
    notifications.tell(session, job, "progress_made", f"progress:{day.isoformat()}", {"day": day.isoformat()})


def _report(job: Context, day: date, counts: dict[str, int]) -> Report:
    return Report(
        campaign_id=job.campaign_id,
        kind=_DAILY,
        scope="",
        day=day,
        state="delivered",
        content=counts,
        made_at=job.now,
        delivered_at=job.now,
    )


def _counts(line: board.Line) -> dict[str, int]:
    """What is kept of a line at the close of the day."""
    return {name: getattr(line, name) for name in KEPT}
