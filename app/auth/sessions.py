"""Login sessions: rows that can be revoked. The cookie carries a random token, the row its hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.auth import origins
from app.auth.models import Account, LoginSession
from app.db import new_key
from app.engine import events
from app.engine.actor import Actor

#: A session ends after this long without a request, and at the latest after LONGEST.
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
#: ``last_seen_at`` is written at most this often.
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Found:
    """A live session and its account."""

    key: int
    last_seen_at: datetime
    account: Account


def fingerprint(token: str) -> str:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(session: Session, username: str, *, how: str, ip: str, agent: str) -> str:
    """Open a login session and return its token, which only the browser keeps. Recorded as ``account.signed_in``."""
    token = secrets.token_urlsafe(32)
    now, key = clock.real_now(), new_key()
    entry = LoginSession(key=key, token_hash=fingerprint(token), username=username, how=how, created_at=now, last_seen_at=now)
    entry.ip, entry.agent = ip[:60], agent[:200]
    session.add(entry)
    by = Actor(username, origin=origins.of_login(ip, key))
    events.record(session, "account.signed_in", by, detail={"how": how, "agent": agent[:200], "session": str(key)})
    return token


def find(session: Session, token: str) -> Found | None:
    """The live session of a token, with its active account, in one statement."""
    now = clock.real_now()
    query = (
        select(LoginSession, Account)
        .join(Account, Account.username == LoginSession.username)
        .where(
            LoginSession.token_hash == fingerprint(token),
            LoginSession.revoked_at.is_(None),
            LoginSession.last_seen_at > now - IDLE,
            LoginSession.created_at > now - LONGEST,
            Account.active,
        )
    )
    row = session.execute(query).first()
    return Found(row[0].key, row[0].last_seen_at, row[1]) if row else None


def owner(session: Session, token: str) -> str:
    """Whose session a token is or was, also when it has ended; "" for an unknown one."""
    return session.scalar(select(LoginSession.username).where(LoginSession.token_hash == fingerprint(token))) or ""


def live(session: Session, *, username: str | None = None, before: int | None = None, limit: int = 50) -> list[LoginSession]:
    """Live sessions, newest first, of one user or of all."""
    now = clock.real_now()
    query = select(LoginSession).where(
        LoginSession.revoked_at.is_(None), LoginSession.last_seen_at > now - IDLE, LoginSession.created_at > now - LONGEST
    )
    if username is not None:
        query = query.where(LoginSession.username == username)
    if before is not None:
        query = query.where(LoginSession.key < before)
    return list(session.scalars(query.order_by(LoginSession.key.desc()).limit(limit)))


def touch(session: Session, key: int) -> None:
    """Note that the session was used just now."""
    session.execute(update(LoginSession).where(LoginSession.key == key).values(last_seen_at=clock.real_now()))


def revoke(session: Session, entry: LoginSession, actor: Actor) -> None:
    """End a session: its next request is anonymous. Recorded as ``account.session_revoked``; again: no change."""
    if entry.revoked_at is not None:
        return
    entry.revoked_at = clock.real_now()
    entry.revoked_by = actor.name
    kind = "account.signed_out" if actor.name == entry.username else "account.session_revoked"
    events.record(session, kind, actor, detail={"username": entry.username, "session": str(entry.key)})


def revoke_all(session: Session, username: str, actor: Actor, *, but: int = 0) -> int:
    """End all sessions of a user except the one with key *but*; returns how many."""
    query = select(LoginSession).where(LoginSession.username == username, LoginSession.revoked_at.is_(None), LoginSession.key != but)
    entries = list(session.scalars(query))
    for entry in entries:
        revoke(session, entry, actor)
    return len(entries)
