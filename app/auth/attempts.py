"""Failed sign-ins: they hold up where they come from, not whom they name (machine's time).

Five in a row from one source hold up that source for that name for a quarter of an hour; a source is a device that signed in before, a
signed-in session, or an address. Over all sources a name bears ``NAME_LIMIT``, over all names an address ``ADDRESS_LIMIT``: then whoever
is not known there waits. Known is a device or an address with an earlier good sign-in: so nobody keeps an owner out by failing in his name.

An attempt is counted before the password is looked at and forgiven afterwards, so that many attempts at the same moment cannot slip
through. Names without an account are counted in the same way: a lock tells nobody whether an account exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.auth import origins
from app.auth.models import LoginFailure, LoginSession
from app.engine import events
from app.engine.actor import Actor

LIMIT = 5
LOCK = timedelta(minutes=15)
#: failures of unknown sources in a series that a name bears, and that an address (a whole office stands behind one) makes under any names
NAME_LIMIT, ADDRESS_LIMIT = 20, 100
#: how long unknown sources wait then
LONG_LOCK = timedelta(hours=1)
#: A series that rests this long starts again at nothing.
FORGOTTEN = timedelta(hours=24)
#: An address is known for an account from which it signed in within this time.
KNOWN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an attempt comes from. As text it is what records say of it."""

    #: as records keep it: ``10.0.0.5`` or, of somebody signed in, ``10.0.0.5 login 1k2j``
    origin: str
    #: of a device that signed in as this user before (``devices``); ""
    device: str = ""

    @property
    def address(self) -> str:
        return origins.read(self.origin).address

    @property
    def name(self) -> str:
        """Under which its own failures are counted."""
        return f"device {self.device}"[:60] if self.device else self.origin[:60]

    def known(self, session: Session, username: str) -> bool:
        """Whether *username* signed in from here before."""
        if self.device or origins.read(self.origin).kind:
            return True
        since = clock.real_now() - KNOWN
        query = select(LoginSession.key).where(
            LoginSession.username == username, LoginSession.ip == self.address[:60], LoginSession.created_at > since
        )
        return session.scalar(query.limit(1)) is not None


def _source(given: Source | str) -> Source:
    return given if isinstance(given, Source) else Source(given)


def begin(session: Session, username: str, source: Source | str, how: str = "password") -> datetime | None:
    """Count an attempt. Returns until when this source has to wait (recorded), or None: go on and look at the password."""
    source, now = _source(source), clock.real_now()
    session.execute(delete(LoginFailure).where(LoginFailure.last_at < now - FORGOTTEN))
    bounds = [(username, source.name, LIMIT, LOCK)]
    if not source.known(session, username):
        bounds += [(username, "", NAME_LIMIT, LONG_LOCK), ("", source.address[:60], ADDRESS_LIMIT, LONG_LOCK)]
    for name, place, limit, lock in bounds:  # always in this order: two attempts never wait for each other
        row = _counted(session, name, place, now)
        if row.locked_until and row.locked_until > now:
            _refused(session, username, source, how, locked=True)
            return row.locked_until
        if row.locked_until:  # the lock has run out: this attempt is the first of a new series
            row.locked_until, row.failures = None, 1
        if row.failures > limit:
            return _lock(session, row, username, source, lock)
    return None


def _counted(session: Session, name: str, place: str, now: datetime) -> LoginFailure:
    mine = (LoginFailure.username == name) & (LoginFailure.source == place)
    more = update(LoginFailure).where(mine).values(failures=LoginFailure.failures + 1, last_at=now)
    if session.execute(more).rowcount == 0:  # type: ignore[attr-defined]
        try:
            with session.begin_nested():
                session.add(LoginFailure(username=name, source=place, failures=1, last_at=now))
                session.flush()
        except IntegrityError:
            session.execute(more)
    return session.get_one(LoginFailure, (name, place), populate_existing=True)


def failed(session: Session, username: str, source: Source | str, how: str = "password") -> datetime | None:
    """The password was wrong (or the ``code``; ``current``: of somebody signed in). Returns until when this source waits now, or None.

    A lock is recorded as ``account.locked``.
    """
    source = _source(source)
    row = session.get(LoginFailure, (username, source.name), with_for_update=True, populate_existing=True)
    _refused(session, username, source, how)
    if row is None or row.failures < LIMIT:
        return None
    return row.locked_until or _lock(session, row, username, source, LOCK)


def left(session: Session, username: str, source: Source) -> int:
    """How many attempts this source has before it waits."""
    row = session.get(LoginFailure, (username, source.name))
    return max(LIMIT - (row.failures if row else 0), 0)


def _refused(session: Session, username: str, source: Source, how: str, *, locked: bool = False) -> None:
    detail = {"username": username, "how": how, "locked": locked}
    events.record(session, "account.sign_in_failed", Actor(username, origin=source.origin), detail=detail)


def _lock(session: Session, row: LoginFailure, username: str, source: Source, lock: timedelta) -> datetime:
    row.locked_until = clock.real_now() + lock
    bound = "source" if row.username and row.source else "name" if row.username else "address"
    detail = {"username": username, "until": row.locked_until.isoformat(), "bound": bound}
    events.record(session, "account.locked", Actor(username, origin=source.origin), detail=detail)
    return row.locked_until


def succeeded(session: Session, username: str, source: Source | str) -> None:
    """The password was right: the series of this source ends, and what it added to the other two counts is taken off again."""
    source = _source(source)
    row = session.get(LoginFailure, (username, source.name), with_for_update=True, populate_existing=True)
    if row is None:
        return
    own = row.failures
    session.delete(row)
    session.flush()
    for name, place in ((username, ""), ("", source.address[:60])):
        mine = (LoginFailure.username == name) & (LoginFailure.source == place)
        session.execute(update(LoginFailure).where(mine).values(failures=LoginFailure.failures - own))
        session.execute(delete(LoginFailure).where(mine, LoginFailure.failures <= 0))


def locked_until(session: Session, username: str) -> datetime | None:
    """Until when somebody, somewhere waits before he may try this name again; None: nobody does."""
    query = select(LoginFailure.locked_until).where(LoginFailure.username == username, LoginFailure.locked_until > clock.real_now())
    return session.scalar(query.order_by(LoginFailure.locked_until.desc()).limit(1))


def unlock(session: Session, username: str, actor: Actor) -> None:
    """Everybody may try this name again. Recorded as ``account.unlocked``."""
    session.execute(delete(LoginFailure).where(LoginFailure.username == username))
    events.record(session, "account.unlocked", actor, detail={"username": username})
