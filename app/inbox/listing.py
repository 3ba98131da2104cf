"""The rows of a task list: one statement a page, keyset paging, and the task that comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from app.acts import bulk
from app.acts.models import Draft, FieldComment
from app.auth.current import Identity
from app.db import UtcDateTime
from app.engine.models import Task
from app.inbox import filters
from app.inbox.address import DONE, NEVER, Cursor, View

PAGE = 25

AnySelect = Select[*tuple[Any, ...]]


class Row(NamedTuple):
    """One line of a list."""

    key: int
    name: str
    label: str
    business_key: str
    scope: str
    kind: str
    form_id: str | None
    properties: dict[str, str]
    due_at: datetime | None
    created_at: datetime
    completed_at: datetime | None
    on_behalf_of: str | None
    #: when this user last saved a draft of it
    draft_at: datetime | None
    #: open remarks of reviewers on this task's form and subject
    comments: int

    @property
    def bulk(self) -> bool:
        """Whether it may be completed together with others of its kind."""
        return bulk.allowed(self.properties)


class Page(NamedTuple):
    """Rows of one page with the places before and after it (None: there is nothing)."""

    rows: Sequence[Row]
    before: Cursor | None
    after: Cursor | None


def page(session: Session, identity: Identity, view: View, *, size: int = PAGE) -> Page:
    """The rows at the place the address names, by keyset: the place stays right while tasks come and go above it."""
    backward = view.cursor is not None and view.cursor.backward
    rows = session.execute(_ordered(_rows(identity, view), view).limit(size + 1)).all()
    more = len(rows) > size
    found = [Row(*row) for row in rows[:size]]
    if backward:
        found.reverse()
    if not found:
        return Page([], None, None)
    has_before = more if backward else view.cursor is not None
    has_after = True if backward else more
    return Page(
        found,
        Cursor(_sort_value(found[0], view), found[0].key, True) if has_before else None,
        Cursor(_sort_value(found[-1], view), found[-1].key) if has_after else None,
    )


def next_key(session: Session, identity: Identity, view: View, task: Task) -> int | None:
    """The task that follows *task*: the next step for the same household first (one stays at the door until all is done there), then the
    next of the list, from the top again after the last; None when the list is empty."""
    if view.list == DONE:
        view = View()
    if task.subject:
        same = _rows(identity, view.at(None)).where(Task.key != task.key, Task.subject == task.subject)
        if (row := session.execute(_ordered(same, view.at(None)).limit(1)).first()) is not None:
            return int(row.key)
    place = Cursor(task.due_at or NEVER, task.key)
    for at in (place, None):
        statement = _ordered(_rows(identity, view.at(at)).where(Task.key != task.key), view.at(at)).limit(1)
        if (row := session.execute(statement).first()) is not None:
            return int(row.key)
    return None


def _sort_column(view: View) -> ColumnElement[Any]:
    if view.list == DONE:
        return Task.completed_at.expression
    return func.coalesce(Task.due_at, literal(NEVER, UtcDateTime()), type_=UtcDateTime())


def _sort_value(row: Row, view: View) -> datetime:
    return (row.completed_at if view.list == DONE else row.due_at) or NEVER


def _ordered(statement: AnySelect, view: View) -> AnySelect:
    """Overdue and due first; done tasks newest first. A backward page is read backward and turned round by the caller."""
    column = _sort_column(view)
    cursor = view.cursor
    descending = (view.list == DONE) != (cursor is not None and cursor.backward)
    if cursor is not None:
        place = tuple_(literal(cursor.moment, UtcDateTime()), literal(cursor.key))
        here = tuple_(column, Task.key)
        statement = statement.where(here < place if descending else here > place)
    if descending:
        return statement.order_by(column.desc(), Task.key.desc())
    return statement.order_by(column, Task.key)


def _rows(identity: Identity, view: View) -> AnySelect:
    draft = select(Draft.saved_at).where(Draft.task_key == Task.key, Draft.username == identity.username)
    comments = select(func.count()).where(
        FieldComment.campaign_id == Task.campaign_id,
        FieldComment.subject == Task.subject,
        FieldComment.form_id == Task.form_id,
        FieldComment.resolved_at.is_(None),
    )
    statement = select(
        Task.key,
        Task.name,
        Task.label,
        Task.business_key,
        Task.scope,
        filters.KIND.label("kind"),
        Task.form_id,
        Task.properties,
        Task.due_at,
        Task.created_at,
        Task.completed_at,
        Task.on_behalf_of,
        draft.scalar_subquery().label("draft_at"),
        comments.scalar_subquery().label("comments"),
    ).where(filters.in_list(identity, view.list), *filters.found(view.q))
    if view.village:
        statement = statement.where(Task.scope == view.village)
    if view.kind:
        statement = statement.where(filters.KIND == view.kind)  # noqa: SIM300 - a column, not a constant
    if view.due:
        statement = statement.where(filters.due_bucket() == view.due)
    if view.state:
        statement = statement.where(filters.state(identity) == view.state)
    return statement
