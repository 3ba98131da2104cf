"""The work that waits for a user, by kind: the numbers of a first page, each with the list of the inbox that it counts."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from sqlalchemy import case, func
from sqlalchemy.orm import Session

from app import clock
from app.auth import Identity, open_tasks
from app.engine.models import Task


@dataclass(frozen=True, slots=True)
class Work:
    """Open tasks of one element of one process."""

    name: str
    process: str
    element: str
    #: held by the user; otherwise his groups may take them
    mine: bool
    number: int
    overdue: int

    @property
    def url(self) -> str:
        """The inbox's list of just these tasks."""
        return url_for("inbox.tasks", list=None if self.mine else "group", kind=f"{self.process}/{self.element}")


def by_kind(session: Session, who: Identity) -> list[Work]:
    """What is open to this user, the most first. One statement."""
    held = case((open_tasks.mine(who), 1), else_=0)
    late = func.coalesce(func.sum(case((Task.due_at < clock.now(), 1), else_=0)), 0)
    counted = open_tasks.tasks_open_to(who).with_only_columns(
        func.max(Task.name), Task.process_id, Task.element_id, held.label("held"), func.count(), late
    )
    grouped = counted.group_by(Task.process_id, Task.element_id, "held").order_by(func.count().desc(), Task.process_id, Task.element_id)
    return [
        Work(name, process, element, bool(mine), number, int(overdue))
        for name, process, element, mine, number, overdue in session.execute(grouped)
    ]
