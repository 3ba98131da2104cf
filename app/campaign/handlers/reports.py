"""R52, R53: reports drafted from data; their delivery."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.campaign.documents import village_figures
from app.campaign.handlers import notifications
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.models import Report, Village
from app.engine import events
from app.engine.actor import SYSTEM
from app.engine.errors import NotFound
from app.engine.jobs import Context, handler


@handler("campaign.draft_village_report")
def draft_village_report(session: Session, job: Context) -> None:
    """The village report's four sections and seven tasks in words and figures, from household forms and ledger. Figures go on counting
    until it is signed."""
    village = job.variables["village"]
    if newest(session, job.campaign_id, "village_report", village["code"]) is None:
        found = village_figures.figures(session, job.campaign_id, village["code"])
        content = {"village": village["name"], **village_figures.sentences(found), "figures": found}
        keep_draft(session, job, "village_report", village["code"], content)
    row = _village(session, job.campaign_id, village["code"])
    if row.report_stage == "waiting":
        row.report_stage, row.report_stage_at = "drafted", job.now


@handler("campaign.deliver_report", asks=[NOTIFICATIONS])
def deliver_report(session: Session, job: Context) -> None:
    """The report reaches the office; whether it was in time is recorded."""
    kind, scope = job.headers["kind"], job.variables.get("report_scope") or ""
    report = newest(session, job.campaign_id, kind, scope)
    if report is None:
        raise NotFound("report", f"{kind} {scope}".strip())
    if report.delivered_at is not None:
        return
    report.state, report.delivered_at = "delivered", job.now
    if kind == "village_report":
        village = _village(session, job.campaign_id, scope)
        village.report_stage, village.report_stage_at = "delivered", job.now
    late = bool(job.variables.get("late"))
    detail = {"kind": kind, "scope": scope, "late": late}
    events.record(
        session,
        "report.delivered",
        SYSTEM,
        at=job.now,
        campaign_id=job.campaign_id,
        instance_key=job.instance_key,
        subject=job.subject,
        detail=detail,
    )
    notifications.tell(session, job, "report_delivered", f"report:{kind}:{scope}", {"variant": kind, "village": scope, "late": late})


def newest(session: Session, campaign_id: int, kind: str, scope: str) -> Report | None:
    """The newest report of this kind for a village ("" for the town)."""
    query = select(Report).where(Report.campaign_id == campaign_id, Report.kind == kind, Report.scope == scope)
    return session.scalar(query.order_by(Report.day.desc(), Report.key.desc()).limit(1))


def keep_draft(session: Session, job: Context, kind: str, scope: str, content: dict[str, Any]) -> Report:
    """Write a drafted report of today."""
    report = Report(campaign_id=job.campaign_id, kind=kind, scope=scope, day=clock.local(job.now).date(), content=content, made_at=job.now)
    session.add(report)
    return report


def _village(session: Session, campaign_id: int, code: str) -> Village:
    row = session.scalar(select(Village).where(Village.campaign_id == campaign_id, Village.code == code))
    if row is None:
        raise NotFound("village", code)
    return row
