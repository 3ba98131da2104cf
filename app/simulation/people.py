"""The simulated staff: real accounts of the campaign, each with the identity the inbox would see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth.current import Identity
from app.auth.holding import Held, counts_at
from app.auth.models import Account, RoleAssignment
from app.auth.roles import group_of
from app.engine.models import Task
from app.simulation.chance import Chance


@dataclass(slots=True)
class People:
    """Who holds which candidate group."""

    identities: dict[str, Identity]
    holders: dict[str, list[str]] = field(default_factory=dict)

    def for_task(self, task: Task, chance: Chance, *, busy: frozenset[str] = frozenset()) -> Identity | None:
        """Who does a task: its assignee, or one of its candidates. None when nobody may."""
        if task.assignee:
            return self.identities.get(task.assignee)
        names = {user for user in task.candidate_users if user in self.identities}
        for group in task.candidate_groups:
            names.update(self.holders.get(group, ()))
        free = sorted(names - busy) or sorted(names)
        return self.identities[chance.pick(free, "who")] if free else None

    def colleague(self, other_than: str, group: str, chance: Chance) -> str:
        """Another holder of *group*, or the same person when there is none."""
        others = [name for name in self.holders.get(group, ()) if name != other_than]
        return chance.pick(others, "colleague", group) if others else other_than


def read(session: Session, campaign_id: int) -> People:
    """All accounts that hold a role in the campaign now."""
    names = dict(session.execute(select(Account.username, Account.name)).all())
    held: dict[str, list[Held]] = defaultdict(list)
    rows = session.execute(
        select(RoleAssignment.username, RoleAssignment.role, RoleAssignment.scope, RoleAssignment.campaign_id)
        .where(RoleAssignment.campaign_id.in_((0, campaign_id)), counts_at(clock.now()))
        .order_by(RoleAssignment.username, RoleAssignment.role, RoleAssignment.scope)
    )
    for username, role, scope, campaign in rows:
        held[username].append(Held(role, scope, campaign))
    people = People({})
    for username, roles in held.items():
        groups = frozenset(group_of(each.role, each.scope) for each in roles)
        people.identities[username] = Identity(username, names[username], "zh", campaign_id, tuple(roles), groups)
        for group in groups:
            people.holders.setdefault(group, []).append(username)
    return people
