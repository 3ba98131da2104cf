"""Planned against actual: each user task of the campaign with when it was due and when it was done. One statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.engine.models import Definition, Task


@dataclass(frozen=True, slots=True)
class Step:
    """One user task of one process, over all its versions: how many, done, done late, late and still open; planned and actual span."""

    process: str
    element: str
    name: str
    total: int
    done: int
    done_late: int
    open_late: int
    due_first: datetime | None
    due_last: datetime | None
    done_first: datetime | None
    done_last: datetime | None


def steps(session: Session, campaign: int, now: datetime) -> list[Step]:
    """Every step of a campaign that had a task, in the order in which they were planned."""

    def number(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = (
        select(
            Task.process_id,
            Task.element_id,
            func.max(Task.name),
            func.count(),
            number(Task.state == "COMPLETED"),
            number((Task.state == "COMPLETED") & (Task.completed_at > Task.due_at)),
            number((Task.state == "OPEN") & (Task.due_at < now)),
            func.min(Task.due_at),
            func.max(Task.due_at),
            func.min(Task.completed_at),
            func.max(Task.completed_at),
        )
        .where(Task.campaign_id == campaign)
        .group_by(Task.process_id, Task.element_id)
    )
    rows = [Step(*row) for row in session.execute(query)]
    return sorted(rows, key=lambda each: (each.due_first is None, each.due_first or now, each.process, each.element))


def process_names(session: Session) -> Mapping[str, str]:
    """Process id → its newest name."""
    query = select(Definition.id, Definition.name).where(Definition.kind == "process").order_by(Definition.version)
    return {process_id: name or process_id for process_id, name in session.execute(query)}
