"""What the engine's check knows of people: the roles that may work, and who has an account."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.auth.roles import ROLES
from app.engine.people import Roles


class Directory:
    """Given to a ``Database`` as ``people``."""

    roles = Roles({role.code: role.scope for role in ROLES.values()})

    def accounts(self, session: Session) -> frozenset[str]:
        """User names of those who can sign in."""
        return frozenset(session.scalars(select(Account.username).where(Account.active)))
