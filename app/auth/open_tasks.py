"""What a user may see of the tasks. Every route starts here: what these do not return does not exist for the user."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from app.auth.current import Identity
from app.engine.models import Task, TaskCandidate


def tasks_open_to(identity: Identity) -> Select[Task]:
    """The open tasks this user may work on: those assigned to him, and unclaimed ones of his groups.

    While he acts for an absent person, ``identity`` holds that person's groups and assignee. The single entry of the inbox.
    """
    return select(Task).where(in_campaign(identity), Task.state == "OPEN", or_(mine(identity), unclaimed(identity)))


def still_open(session: Session, key: int) -> bool:
    """Whether a task that was found open is so at the moment of writing: whoever completes it now waits, or has been waited for."""
    return session.scalar(select(Task.state).where(Task.key == key).with_for_update()) == "OPEN"


def tasks_done_by(identity: Identity) -> Select[Task]:
    """The tasks this user completed himself."""
    return select(Task).where(in_campaign(identity), Task.completed_by == identity.username)


def open_task(session: Session, identity: Identity, key: int) -> Task | None:
    """One open task, or None."""
    return session.scalar(_one(identity.campaign_id, identity.assignee, identity.groups), {"wanted_task": key})


@lru_cache(maxsize=512)
def _one(campaign_id: int, assignee: str, groups: frozenset[str]) -> Select[Task]:
    """``tasks_open_to`` with a key to be given: a statement takes longer to make than to run. Nothing else of an identity matters to it."""
    return tasks_open_to(Identity(assignee, "", "", campaign_id, (), groups)).where(Task.key == bindparam("wanted_task"))


def known_task(session: Session, identity: Identity, key: int) -> Task | None:
    """A task that is closed, or that somebody else holds, and that this user did or could have done; otherwise None.

    For the sentence who did it and when. Its candidates stand in the row: ``task_candidate`` is emptied when a task closes.
    """
    task = session.scalar(select(Task).where(in_campaign(identity), Task.key == key))
    if task is None:
        return None
    could = identity.groups.intersection(task.candidate_groups) or identity.assignee in task.candidate_users
    did = identity.assignee == task.assignee or identity.username == task.completed_by
    return task if could or did else None


def in_campaign(identity: Identity) -> ColumnElement[bool]:
    """Tasks of the user's campaign and of diagrams deployed by hand (campaign 0)."""
    return Task.campaign_id.in_(sorted({0, identity.campaign_id}))


def mine(identity: Identity) -> ColumnElement[bool]:
    """Tasks the user (or the absent person he acts for) holds."""
    return Task.assignee == identity.assignee


def unclaimed(identity: Identity) -> ColumnElement[bool]:
    """Tasks nobody holds that the user's groups, or he by name, may take."""
    values = sorted({*identity.groups, f"user:{identity.assignee}"})
    return and_(Task.assignee.is_(None), Task.key.in_(select(TaskCandidate.task_key).where(TaskCandidate.value.in_(values))))
