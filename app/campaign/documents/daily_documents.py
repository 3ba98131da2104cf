"""R50: each work group's progress at the close of a day, or as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth import Identity
from app.campaign import board, visibility
from app.campaign.documents import frozen, phrases
from app.campaign.documents.content import Column, Document, Sheet
from app.campaign.models import DayProgress, Household, Village, WorkGroup

#: figure as ``DayProgress.counts`` has it → its column
_FIGURES = {
    "target": "应核查",
    "expected": "应完成",
    "submitted": "已报送",
    "submitted_today": "当日报送",
    "returned": "退回",
    "reviewed": "审核通过",
    "joint_reviewed": "会审通过",
    "approved": "复审通过",
    "entered": "已录入",
    "problems_new": "当日新增问题",
    "problems_open": "未销号问题",
    "problems_closed": "已办结问题",
}


def daily_progress(session: Session, who: Identity, about: str) -> Document | None:
    """每日进度 of the groups whose households this user sees; groups stand in the order of their codes, not of their figures (R54)."""
    mine = _mine(session, who)
    if about:
        day = _date(about)
        rows = _kept(session, who.campaign_id, day, mine) if day else {}
        if day is None or not rows:
            return None
        closed = frozen.newest(session, who.campaign_id, "daily_progress", f"day:{day}")
        named: Mapping[str, Any] = closed.data["groups"] if closed else groups(session, who.campaign_id)
        lead, stem = f"{phrases.day(day)}日终", day.isoformat()
    else:
        named, now = groups(session, who.campaign_id), clock.now()
        rows = _now(session, who.campaign_id, [code for code in named if mine is None or code in mine])
        lead, stem = f"统计时间：{phrases.moment(now)}", f"{clock.local(now):%Y-%m-%d_%H%M}"
    table: list[tuple[Any, ...]] = []
    for number, (group, counts) in enumerate(rows.items(), start=1):
        name, village = named.get(group, (group, ""))
        rate = f"{100 * counts.get('submitted', 0) / counts['target']:.1f}%" if counts.get("target") else ""
        table.append((number, village, name, *(counts.get(figure) for figure in _FIGURES), rate))
    table.append(_sum(list(rows.values())))
    columns = (
        *(Column("序号", 5, "center"), Column("村（社区）", 12), Column("工作组", 16)),
        *(Column(title, 9, "right") for title in _FIGURES.values()),
        Column("完成率", 9, "right"),
    )
    sheet = Sheet("每日进度", "脱贫攻坚自查评估每日进度表", columns, table, lead=lead, notes=("由系统按户表和台账自动统计。",))
    return Document(f"每日进度_{stem}", f"campaign:{who.campaign_id}", sheets=(sheet,), detail={"groups": len(rows), "day": about})


def _sum(rows: list[dict[str, int]]) -> tuple[Any, ...]:
    sums = {figure: sum(row.get(figure) or 0 for row in rows) for figure in _FIGURES}
    rate = f"{100 * sums['submitted'] / sums['target']:.1f}%" if sums["target"] else ""
    return ("合计", "", "", *sums.values(), rate)


def groups(session: Session, campaign_id: int) -> dict[str, tuple[str, str]]:
    """Code → (name, name of the village) of the work groups."""
    query = select(WorkGroup.code, WorkGroup.name, Village.name, WorkGroup.village).outerjoin(
        Village, (Village.campaign_id == WorkGroup.campaign_id) & (Village.code == WorkGroup.village)
    )
    rows = session.execute(query.where(WorkGroup.campaign_id == campaign_id).order_by(WorkGroup.code))
    return {code: (name, place or village) for code, name, place, village in rows}


def _mine(session: Session, who: Identity) -> set[str] | None:
    """Codes of the groups whose households this user sees; None: all."""
    if who.has(*visibility.TOWN):
        return None
    return set(session.scalars(visibility.households_open_to(who).with_only_columns(Household.work_group)))


def _kept(session: Session, campaign_id: int, day: date, mine: set[str] | None) -> dict[str, dict[str, int]]:
    query = select(DayProgress.work_group, DayProgress.counts).where(DayProgress.campaign_id == campaign_id, DayProgress.day == day)
    rows = session.execute(query.order_by(DayProgress.work_group))
    return {code: counts for code, counts in rows if mine is None or code in mine}


def _now(session: Session, campaign_id: int, codes: list[str]) -> dict[str, dict[str, int]]:
    """As it is now."""
    lines = board.lines(session, campaign_id, "work_group", groups=codes)
    return {line.code: {figure: getattr(line, figure) for figure in _FIGURES} for line in lines}


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
