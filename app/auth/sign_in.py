"""Signing in: counted first, then verified, then either a session or a second step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import accounts, activation, attempts, passwords, recovery, sessions, totp
from app.auth.models import Account
from app.db import Database
from app.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt."""

    kind: Literal["ok", "code", "activation", "refused", "locked"]
    #: ok: the session's token, for the cookie
    token: str = ""
    #: locked: until when (machine's time)
    until: datetime | None = None
    #: refused: attempts left before a lock
    left: int = attempts.LIMIT


@dataclass(frozen=True, slots=True)
class Sender:
    """Where an attempt comes from."""

    ip: str
    agent: str
    production: bool
    #: of a device that this user signed in on before (``devices``); ""
    device: str = ""

    @property
    def source(self) -> attempts.Source:
        return attempts.Source(self.ip, self.device)


def with_password(db: Database, username: str, password: str, sender: Sender) -> Outcome:
    """Try a password. ``code``: right, but the account has a second factor; ``activation``: it waits for its activation code."""
    until = db.in_transaction(lambda session: attempts.begin(session, username, sender.source))
    if until is not None:
        return Outcome("locked", until=until)
    with db.reading() as session:
        account = _usable(session.scalar(select(Account).where(Account.username == username)), sender)
        stored = account.password_hash if account else None
        second = account is not None and account.totp_secret is not None
        waits = account is not None and activation.waits(session, username) is not None
    if not passwords.verify(password, stored) or stored is None:
        return _refused(db, username, sender)
    if waits or second:
        return Outcome("activation" if waits else "code")
    new_hash = passwords.hash_password(password) if passwords.needs_rehash(stored) else None
    return _accepted(db, username, sender, "password", new_hash)


def with_code(db: Database, username: str, code: str, sender: Sender) -> Outcome:
    """Try the code of the second factor or a recovery code, of a new account its activation code, after the password was right."""
    until = db.in_transaction(lambda session: attempts.begin(session, username, sender.source, "code"))
    if until is not None:
        return Outcome("locked", until=until)

    def check(session: Session) -> bool:
        accounts.hold(session, username)  # so that one code cannot be used twice at the same moment
        account = _usable(session.scalar(select(Account).where(Account.username == username)), sender)
        by = Actor(username, origin=sender.ip)
        if account is None or activation.waits(session, username) is not None:
            return account is not None and activation.use(session, username, code, by)
        return account.totp_secret is not None and (totp.accepts(account, code) or recovery.use(session, username, code, by))

    if not db.in_transaction(check):
        return _refused(db, username, sender, "code")
    return _accepted(db, username, sender, "password+totp")


def _usable(account: Account | None, sender: Sender) -> Account | None:
    """Closed accounts do not count, nor do the demonstration's in production."""
    if account is None or not account.active or (account.demonstration and sender.production):
        return None
    return account


def _refused(db: Database, username: str, sender: Sender, how: str = "password") -> Outcome:
    def note(session: Session) -> tuple[datetime | None, int]:
        until = attempts.failed(session, username, sender.source, how)
        return until, attempts.left(session, username, sender.source)

    until, left = db.in_transaction(note)
    return Outcome("locked", until=until) if until else Outcome("refused", left=left)


def _accepted(db: Database, username: str, sender: Sender, how: str, new_hash: str | None = None) -> Outcome:
    def enter(session: Session) -> str:
        attempts.succeeded(session, username, sender.source)
        if new_hash is not None:
            session.scalars(select(Account).where(Account.username == username)).one().password_hash = new_hash
        return sessions.open_session(session, username, how=how, ip=sender.ip, agent=sender.agent)

    return Outcome("ok", token=db.in_transaction(enter))
