"""Recovery codes: each takes the place of the second factor once, for whoever has lost his phone. Shown once, kept as hashes."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.auth import passwords, sessions
from app.auth.models import RecoveryCode
from app.engine import events
from app.engine.actor import Actor

COUNT = 10


def make(session: Session, username: str, actor: Actor) -> list[str]:
    """Ten new codes; the old ones are gone. Recorded as ``account.recovery_codes_made``."""
    forget(session, username)
    made = [passwords.first_password() for _each in range(COUNT)]
    now = clock.real_now()
    session.add_all(RecoveryCode(username=username, code_hash=_hash(username, code), created_at=now) for code in made)
    events.record(session, "account.recovery_codes_made", actor, detail={"username": username})
    return made


def use(session: Session, username: str, given: str, actor: Actor) -> bool:
    """Whether *given* is a code that was not used yet; it is from now on. Recorded as ``account.recovery_code_used``.

    The caller holds the account, so that a code cannot be used twice at the same moment.
    """
    query = select(RecoveryCode).where(
        RecoveryCode.username == username, RecoveryCode.code_hash == _hash(username, given), RecoveryCode.used_at.is_(None)
    )
    found = session.scalar(query)
    if found is None:
        return False
    found.used_at = clock.real_now()
    session.flush()
    events.record(session, "account.recovery_code_used", actor, detail={"username": username, "left": left(session, username)})
    return True


def left(session: Session, username: str) -> int:
    """How many codes still work."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.username == username, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def forget(session: Session, username: str) -> None:
    """No code works any more: the second factor is gone."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.username == username))


def _hash(username: str, code: str) -> str:
    plain = "".join(char for char in code.lower() if char.isalnum())
    return sessions.fingerprint(f"recovery {username} {plain}")
