"""Failed sign-ins: five in a row lock a user name for a quarter of an hour (machine's time).

An attempt is counted before the password is looked at and forgiven afterwards, so that many attempts at the same moment cannot slip
through. Names without an account are counted in the same way: a lock tells nobody whether an account exists.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.auth.models import LoginFailure
from app.engine import events
from app.engine.actor import Actor

LIMIT = 5
LOCK = timedelta(minutes=15)
#: A series that rests this long starts again at nothing.
FORGOTTEN = timedelta(hours=24)


def begin(session: Session, username: str, origin: str, how: str = "password") -> datetime | None:
    """Count an attempt. Returns until when the name is locked (recorded), or None: go on and look at the password."""
    now = clock.real_now()
    session.execute(delete(LoginFailure).where(LoginFailure.last_at < now - FORGOTTEN))
    row = _counted(session, username, now)
    if row.locked_until and row.locked_until > now:
        _refused(session, username, origin, how, locked=True)
        return row.locked_until
    if row.locked_until:  # the lock has run out: this attempt is the first of a new series
        row.locked_until, row.failures = None, 1
    return _lock(session, row, origin) if row.failures > LIMIT else None


def _counted(session: Session, username: str, now: datetime) -> LoginFailure:
    more = update(LoginFailure).where(LoginFailure.username == username).values(failures=LoginFailure.failures + 1, last_at=now)
    if session.execute(more).rowcount == 0:  # type: ignore[attr-defined]
        try:
            with session.begin_nested():
                session.add(LoginFailure(username=username, failures=1, last_at=now))
                session.flush()
        except IntegrityError:
            session.execute(more)
    return session.get_one(LoginFailure, username, populate_existing=True)


def failed(session: Session, username: str, origin: str, how: str = "password") -> datetime | None:
    """The password was wrong (or the ``code``; ``current``: of somebody signed in). Returns until when the name is locked now, or None.

    A lock is recorded as ``account.locked``.
    """
    row = session.get(LoginFailure, username, with_for_update=True, populate_existing=True)
    _refused(session, username, origin, how)
    if row is None or row.failures < LIMIT:
        return None
    return row.locked_until or _lock(session, row, origin)


def _refused(session: Session, username: str, origin: str, how: str, *, locked: bool = False) -> None:
    detail = {"username": username, "how": how, "locked": locked}
    events.record(session, "account.sign_in_failed", Actor(username, origin=origin), detail=detail)


def _lock(session: Session, row: LoginFailure, origin: str) -> datetime:
    row.locked_until = clock.real_now() + LOCK
    detail = {"username": row.username, "until": row.locked_until.isoformat()}
    events.record(session, "account.locked", Actor(row.username, origin=origin), detail=detail)
    return row.locked_until


def succeeded(session: Session, username: str) -> None:
    """The password was right: the series ends."""
    session.execute(delete(LoginFailure).where(LoginFailure.username == username))


def locked_until(session: Session, username: str) -> datetime | None:
    """Until when a name is locked, or None."""
    row = session.get(LoginFailure, username)
    return row.locked_until if row and row.locked_until and row.locked_until > clock.real_now() else None


def unlock(session: Session, username: str, actor: Actor) -> None:
    """Lift a lock. Recorded as ``account.unlocked``."""
    succeeded(session, username)
    events.record(session, "account.unlocked", actor, detail={"username": username})
