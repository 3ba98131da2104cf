"""The conditions behind the chips, shared by the rows of a list and by its numbers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, case, or_, select, tuple_

from app import clock
from app.acts.models import Draft, FieldComment
from app.auth.current import Identity
from app.auth.open_tasks import in_campaign, mine, unclaimed
from app.engine.models import Task
from app.inbox.address import DONE, MINE

#: What kind of work a task is: which element of which process.
KIND = Task.process_id + "/" + Task.element_id


def in_list(identity: Identity, name: str) -> ColumnElement[bool]:
    """Tasks of the list *name*."""
    if name == DONE:
        return and_(in_campaign(identity), Task.completed_by == identity.username)
    whose = mine(identity) if name == MINE else unclaimed(identity)
    return and_(in_campaign(identity), Task.state == "OPEN", whose)


def found(q: str) -> list[ColumnElement[bool]]:
    """Every word of the search must stand in what the task is about (village, group, head) or in its number."""
    return [or_(Task.label.contains(word, autoescape=True), Task.business_key.contains(word, autoescape=True)) for word in q.split()]


def due_bucket() -> ColumnElement[str]:
    """overdue, today (the midnight that ends it belongs to it), soon (the three days after today), later (or no due date)."""
    now = clock.now()
    midnight = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return case(
        (Task.due_at <= now, "overdue"),
        (Task.due_at <= midnight + timedelta(days=1), "today"),
        (Task.due_at <= midnight + timedelta(days=4), "soon"),
        else_="later",
    )


def state(identity: Identity) -> ColumnElement[str]:
    """draft (begun by this user), commented (a reviewer returned it with open remarks), fresh."""
    commented = select(FieldComment.subject, FieldComment.form_id).where(
        FieldComment.campaign_id.in_(sorted({0, identity.campaign_id})), FieldComment.resolved_at.is_(None)
    )
    return case(
        (Task.key.in_(select(Draft.task_key).where(Draft.username == identity.username)), "draft"),
        (tuple_(Task.subject, Task.form_id).in_(commented), "commented"),
        else_="fresh",
    )
