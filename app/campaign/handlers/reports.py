"""R52, R53: reports drafted from data; their delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import board
from app.campaign.handlers import notifications
from app.campaign.models import CodeItem, Household, Problem, Report, Village
from app.engine import events
from app.engine.actor import SYSTEM
from app.engine.errors import NotFound
from app.engine.jobs import Context, handler

#: kind → its name in the delivery
_NAMES = {"village_report": "自查评估报告", "spot_check_report": "抽查验收报告"}


@handler("campaign.draft_village_report")
def draft_village_report(session: Session, job: Context) -> None:
    """The village report's four sections and seven tasks in words and figures, from household forms and ledger. An edited one stays."""
    village = job.variables["village"]
    if newest(session, job.campaign_id, "village_report", village["code"]) is None:
        keep_draft(session, job, "village_report", village["code"], _village_content(session, job.campaign_id, village))
    row = _village(session, job.campaign_id, village["code"])
    if row.report_stage == "waiting":
        row.report_stage, row.report_stage_at = "drafted", job.now


@handler("campaign.deliver_report")
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
    notifications.send(
        session,
        job.campaign_id,
        ["office"],
        message_id=f"report:{kind}:{scope}",
        kind="report",
        title=f"收到{_NAMES[kind]}{'（逾期）' if late else ''}",
        subject=job.subject,
        at=job.now,
    )


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


def _village_content(session: Session, campaign_id: int, village: dict[str, Any]) -> dict[str, Any]:
    """Keys of the form ``village_report``."""
    code = village["code"]
    line = board.total(board.lines(session, campaign_id, villages=[code]))
    kinds = _counts(session, Household.kind, Household.campaign_id == campaign_id, Household.village == code)
    query = select(Problem.state, Problem.dimension, Problem.tags)
    found = session.execute(query.where(Problem.campaign_id == campaign_id, Problem.village == code)).all()
    states = Counter(state for state, _, _ in found)
    left = len(found) - states["closed"] - states["decided"]
    return {
        "village": village["name"],
        "achievements": f"全村应核查 {line.target} 户"
        f"（贫困户 {kinds.get('registered', 0)} 户、重点户 {kinds.get('key_general', 0)} 户），"
        f"已完成核查 {line.submitted} 户，通过全覆盖复审 {line.approved} 户。",
        "main_problems": _problem_text(found, _labels(session, campaign_id, "dimensions")),
        "rectified_at_once": f"已整改销号 {states['closed']} 个，整改率 {_percent(states['closed'], len(found))}。",
        "next_steps": f"尚有 {left} 个问题正在整改，经主要领导审定 {states['decided']} 个，按期跟进销号。",
        "tasks": [
            {"name": name, "text": _task_text([state for state, _, tags in found if task in tags])}
            for task, name in _labels(session, campaign_id, "seven_tasks").items()
        ],
    }


def _problem_text(found: Sequence[tuple[str, str, list[str]]], names: dict[str, str]) -> str:
    dimensions = Counter(dimension for _, dimension, _ in found)
    worst = sorted(dimensions.items(), key=lambda item: (-item[1], item[0]))
    listed = "；".join(f"{names.get(name, name or '其他')} {count} 个" for name, count in worst)
    return f"共发现问题 {len(found)} 个。{listed}{'。' if listed else ''}"


def _task_text(states: list[str]) -> str:
    """R51: the problems that carry the tag of one of the seven tasks."""
    return f"相关问题 {len(states)} 个，已办结 {sum(state in ('closed', 'decided') for state in states)} 个。"


def _counts(session: Session, column: Any, *conditions: Any) -> dict[str, int]:
    return dict(session.execute(select(column, func.count()).where(*conditions).group_by(column)).all())


def _labels(session: Session, campaign_id: int, name: str) -> dict[str, str]:
    query = select(CodeItem.code, CodeItem.label_zh).where(CodeItem.campaign_id == campaign_id, CodeItem.list == name)
    return dict(session.execute(query.order_by(CodeItem.position)).all())


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "100%"
