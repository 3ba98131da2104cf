"""Tokens for programs that use the API. Only a hash is kept: a token is shown once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth import scopes
from app.auth.models import Account, ApiToken
from app.auth.sessions import fingerprint
from app.db import new_key
from app.engine import events
from app.engine.actor import Actor


def make(session: Session, username: str, actor: Actor, *, label: str, allowed: str, until: datetime) -> str:
    """Make a token for *username* and return it: it cannot be shown again. ``allowed`` as ``scopes.stored`` writes them.

    Recorded as ``account.token_made``.
    """
    token = f"dp_{secrets.token_urlsafe(32)}"
    key = new_key()
    entry = ApiToken(key=key, token_hash=fingerprint(token), username=username, label=label, scopes=allowed, expires_at=until)
    entry.created_at, entry.created_by = clock.real_now(), actor.name
    session.add(entry)
    detail = {"username": username, "label": label, "token": str(key), "until": until.isoformat(), "scopes": allowed}
    events.record(session, "account.token_made", actor, detail=detail)
    return token


@dataclass(frozen=True, slots=True)
class Owned:
    """A valid token with the account that it acts for."""

    account: Account
    key: int
    scopes: frozenset[str]


def owner(session: Session, token: str) -> Owned | None:
    """The active account whose valid token this is, in one statement."""
    query = (
        select(Account, ApiToken.key, ApiToken.scopes)
        .join(ApiToken, ApiToken.username == Account.username)
        .where(
            ApiToken.token_hash == fingerprint(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > clock.real_now(),
            Account.active,
        )
    )
    found = session.execute(query).one_or_none()
    return Owned(found[0], found[1], scopes.read(found[2])) if found else None


def is_given(session: Session, token: str) -> bool:
    """Whether somebody else than its owner made this token (at the console): two persons stand behind what it does."""
    query = select(ApiToken.username, ApiToken.created_by).where(ApiToken.token_hash == fingerprint(token))
    found = session.execute(query).one_or_none()
    return found is not None and found.username != found.created_by


def of_user(session: Session, username: str) -> list[ApiToken]:
    """The tokens of a user that still work, newest first."""
    works = (ApiToken.username == username) & ApiToken.revoked_at.is_(None) & (ApiToken.expires_at > clock.real_now())
    return list(session.scalars(select(ApiToken).where(works).order_by(ApiToken.key.desc())))


def revoke_all(session: Session, username: str, actor: Actor) -> None:
    """End all tokens of a user: his password is another one now, or his account is closed."""
    for entry in of_user(session, username):
        revoke(session, entry, actor)


def revoke(session: Session, entry: ApiToken, actor: Actor) -> None:
    """End a token. Recorded as ``account.token_revoked``."""
    if entry.revoked_at is None:
        entry.revoked_at = clock.real_now()
        events.record(
            session, "account.token_revoked", actor, detail={"username": entry.username, "label": entry.label, "token": str(entry.key)}
        )
