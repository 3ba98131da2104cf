"""Who there is, as the engine asks it: roles that may work, accounts, and whether somebody can take a task."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from app import clock
from app.auth.holding import counts_at
from app.auth.models import Account, RoleAssignment
from app.auth.roles import ROLES, group_of, label
from app.engine.people import PERSON, Roles
from app.engine.problem_texts_tasks import TEXTS


class Directory:
    """Given to a ``Database`` (``knows``). *places*: kind of place (``village``, ``group``) → codes of those that there are."""

    roles = Roles({role.code: role.scope for role in ROLES.values()})

    def __init__(self, places: Callable[[Session], Mapping[str, frozenset[str]]]) -> None:
        self.places = places

    def accounts(self, session: Session) -> frozenset[str]:
        """User names of those who can sign in."""
        return frozenset(session.scalars(select(Account.username).where(Account.active)))

    def held(self, session: Session) -> frozenset[str]:
        """The candidate groups that somebody with an open account is now, in any campaign."""
        query = select(RoleAssignment.role, RoleAssignment.scope).join(Account, Account.username == RoleAssignment.username)
        found = session.execute(query.where(Account.active, counts_at(clock.now())).distinct())
        return frozenset(group_of(role, scope) for role, scope in found if role in ROLES)

    def takers(self, session: Session, wanted: Collection[tuple[int, str]], at: datetime) -> frozenset[tuple[int, str]]:
        """Of (campaign, candidate) those that somebody with an open account is at *at*. Campaign 0: in any."""
        names = {each.removeprefix(PERSON) for _campaign, each in wanted if each.startswith(PERSON)}
        held = [tuple(each.partition(":")[::2]) for _campaign, each in wanted if not each.startswith(PERSON)]
        people = select(literal(0), literal(""), Account.username).where(Account.active, Account.username.in_(names))
        roles = (
            select(RoleAssignment.campaign_id, RoleAssignment.role, RoleAssignment.scope)
            .join(Account, Account.username == RoleAssignment.username)
            .where(Account.active, RoleAssignment.role.in_({role for role, _ in held}), RoleAssignment.scope.in_({at for _, at in held}))
            .where(counts_at(at))
            .distinct()
        )
        parts = [query for query, asked in ((people, names), (roles, held)) if asked]
        found = {(int(row[0]), str(row[1]), str(row[2])) for row in session.execute(union_all(*parts))}
        return frozenset((campaign, each) for campaign, each in wanted if _is_somebody(campaign, each, found))

    def why_nobody(self, candidate: str) -> tuple[str, str]:
        """Why nobody is this candidate."""
        if candidate.startswith(PERSON):
            name = candidate.removeprefix(PERSON)
            return f"“{name}”没有可以登录的账号", f"“{name}” has no account that can sign in"
        wrong = self.roles.wrong(candidate)
        if wrong is not None:
            chinese, english = (text.format(**wrong[1]) for text in TEXTS[wrong[0]][:2])
            return chinese.rstrip("。"), english.rstrip(".")
        role, _colon, scope = candidate.partition(":")
        held = [" ".join(filter(None, (label(role, locale), scope))) for locale in ("zh", "en")]
        return f"角色“{held[0]}”无人担任", f"nobody holds the role “{held[1]}”"


def _is_somebody(campaign: int, candidate: str, found: set[tuple[int, str, str]]) -> bool:
    if candidate.startswith(PERSON):
        return (0, "", candidate.removeprefix(PERSON)) in found
    role, _colon, scope = candidate.partition(":")
    return any((role, scope) == held[1:] and (campaign == 0 or held[0] in (0, campaign)) for held in found)
