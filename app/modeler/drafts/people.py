"""People by their user names."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.models import Account


def names(session: Session, usernames: Iterable[str]) -> dict[str, str]:
    """User name → name. One statement, none when nobody is asked for."""
    wanted = sorted({username for username in usernames if username})
    if not wanted:
        return {}
    return dict(session.execute(select(Account.username, Account.name).where(Account.username.in_(wanted))).all())
