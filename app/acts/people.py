"""Names of people, and who could do a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth.current import Identity
from app.auth.holding import counts_at
from app.auth.models import Account, RoleAssignment
from app.auth.roles import group_of
from app.engine.models import Task


def names(session: Session, usernames: Iterable[str | None]) -> dict[str, str]:
    """User name → the person's name. One statement; none without user names."""
    wanted = {username for username in usernames if username}
    if not wanted:
        return {}
    return dict(session.execute(select(Account.username, Account.name).where(Account.username.in_(wanted))).all())


def successors(session: Session, task: Task, identity: Identity) -> list[tuple[str, str]]:
    """(user name, name) of those who may take *task* over: holders of a role it is meant for, today, without its present holder.

    A task that names only a person may go to whoever holds one of that person's roles in the same scope.
    """
    groups = set(task.candidate_groups) or set(identity.groups)
    held = (
        select(Account.username, Account.name, RoleAssignment.role, RoleAssignment.scope)
        .join(RoleAssignment, RoleAssignment.username == Account.username)
        .where(
            Account.active,
            RoleAssignment.campaign_id.in_(sorted({0, task.campaign_id or identity.campaign_id})),
            RoleAssignment.role.in_(sorted({group.partition(":")[0] for group in groups})),
            counts_at(clock.now()),
        )
        .order_by(Account.name, Account.username)
    )
    found = {username: name for username, name, role, scope in session.execute(held) if group_of(role, scope) in groups}
    if task.candidate_users:
        found.update(names(session, task.candidate_users))
    found.pop(task.assignee or identity.assignee, None)
    return list(found.items())


class Names:
    """Names of people on this page, each looked up once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.known: dict[str, str] = {}

    def load(self, usernames: Iterable[str | None]) -> Mapping[str, str]:
        missing = {username for username in usernames if username and username not in self.known}
        found = names(self.session, missing)
        self.known.update({username: found.get(username, username) for username in missing})
        return self.known

    def one(self, username: str | None) -> str:
        return self.load([username])[username] if username else ""
