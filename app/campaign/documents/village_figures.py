"""What a village's report says in figures (R51, R52): counted from household forms and ledger at the moment it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaign import board
from app.campaign.models import CodeItem, Household, Problem

#: figure → its name where changes are listed
NAMES = {
    "households": "应核查户",
    "registered": "贫困户",
    "key_general": "重点户",
    "submitted": "已完成核查户",
    "rereviewed": "通过全覆盖复审户",
    "unreviewed": "未通过全覆盖复审户",
    "problems": "发现问题",
    "closed": "已整改销号问题",
    "decided": "经主要领导审定问题",
    "left": "未销号问题",
}


def figures(session: Session, campaign_id: int, village: str) -> dict[str, Any]:
    """``{figure: number …, "dimensions": {name: problems}, "tasks": {name of a key task: [problems, settled]}}``."""
    line = board.total(board.lines(session, campaign_id, villages=[village]))
    mine = Household.campaign_id == campaign_id, Household.village == village
    kinds = dict(session.execute(select(Household.kind, func.count()).where(*mine).group_by(Household.kind)).all())
    query = select(Problem.state, Problem.dimension, Problem.tags).where(Problem.campaign_id == campaign_id, Problem.village == village)
    found = session.execute(query.order_by(Problem.number)).all()
    states, names = Counter(state for state, _, _ in found), _labels(session, campaign_id, "dimensions")
    return {
        "households": line.target,
        "registered": kinds.get("registered", 0),
        "key_general": kinds.get("key_general", 0),
        "submitted": line.submitted,
        "rereviewed": line.approved,
        "unreviewed": line.target - line.approved,
        "problems": len(found),
        "closed": states["closed"],
        "decided": states["decided"],
        "left": len(found) - states["closed"] - states["decided"],
        "dimensions": _dimensions(Counter(dimension for _, dimension, _ in found), names),
        "tasks": {
            name: _settled([state for state, _, tags in found if task in tags])
            for task, name in _labels(session, campaign_id, "seven_tasks").items()
        },
    }


def _dimensions(counted: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    """The most frequent first."""
    worst = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return {names.get(code, code or "其他"): count for code, count in worst}


def _settled(states: Sequence[str]) -> list[int]:
    return [len(states), sum(state in ("closed", "decided") for state in states)]


def sentences(found: Mapping[str, Any]) -> dict[str, Any]:
    """The report's four parts and seven tasks in words, by the keys of the form ``village_report``."""
    listed = "；".join(f"{name} {count} 个" for name, count in found["dimensions"].items())
    open_ones = f"，尚有 {found['unreviewed']} 户未通过全覆盖复审" if found["unreviewed"] else ""
    return {
        "achievements": f"全村应核查 {found['households']} 户"
        f"（贫困户 {found['registered']} 户、重点户 {found['key_general']} 户），"
        f"已完成核查 {found['submitted']} 户，通过全覆盖复审 {found['rereviewed']} 户{open_ones}。",
        "main_problems": f"共发现问题 {found['problems']} 个。{listed}{'。' if listed else ''}",
        "rectified_at_once": f"已整改销号 {found['closed']} 个，整改率 {_percent(found['closed'], found['problems'])}。",
        "next_steps": f"尚有 {found['left']} 个问题正在整改，经主要领导审定 {found['decided']} 个，按期跟进销号。",
        # R51: the problems that carry the tag of one of the seven tasks
        "tasks": [
            {"name": name, "text": f"相关问题 {total} 个，已办结 {settled} 个。"} for name, (total, settled) in found["tasks"].items()
        ],
    }


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "100%"


def _labels(session: Session, campaign_id: int, name: str) -> dict[str, str]:
    query = select(CodeItem.code, CodeItem.label_zh).where(CodeItem.campaign_id == campaign_id, CodeItem.list == name)
    return dict(session.execute(query.order_by(CodeItem.position)).all())
