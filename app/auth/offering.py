"""Who may take open tasks changes with roles and accounts: what nobody can take any more is an incident in the same transaction."""

from __future__ import annotations

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.auth.models import RoleAssignment
from app.auth.roles import ROLES, group_of
from app.engine import assignment
from app.engine.actor import Actor
from app.engine.models import Task, TaskCandidate
from app.engine.people import PERSON


def changed(session: Session, username: str, actor: Actor, *others: tuple[str, str]) -> None:
    """Look at the open tasks of *username* again: those he holds, and those of the roles that he has or had (*others*: role, scope).

    All of them, because one of the three administrators' roles takes the others away, and gives them back when it goes.
    """
    session.flush()
    held = session.execute(select(RoleAssignment.role, RoleAssignment.scope).where(RoleAssignment.username == username))
    groups = {group_of(role, scope) for role, scope in (*held.all(), *others) if role in ROLES}
    offered = exists().where(TaskCandidate.task_key == Task.key, TaskCandidate.value.in_({*groups, f"{PERSON}{username}"}))
    assignment.look_again(session, actor, or_(Task.assignee == username, offered))
