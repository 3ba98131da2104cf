"""Tokens for programs that use the API. Only a hash is kept: a token is shown once."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock
from app.auth.models import Account, ApiToken
from app.auth.sessions import fingerprint
from app.db import new_key
from app.engine import events
from app.engine.actor import Actor


def make(session: Session, username: str, actor: Actor, *, label: str = "", expires_at: datetime | None = None) -> str:
    """Make a token for *username* and return it: it cannot be shown again. Recorded as ``account.token_made``."""
    token = f"dp_{secrets.token_urlsafe(32)}"
    key = new_key()
    session.add(
        ApiToken(
            key=key,
            token_hash=fingerprint(token),
            username=username,
            label=label,
            created_at=clock.real_now(),
            created_by=actor.name,
            expires_at=expires_at,
        )
    )
    detail = {"username": username, "label": label, "token": str(key), "until": expires_at.isoformat() if expires_at else ""}
    events.record(session, "account.token_made", actor, detail=detail)
    return token


def owner(session: Session, token: str) -> tuple[Account, int] | None:
    """The active account whose valid token this is, and the token's key, in one statement."""
    query = (
        select(Account, ApiToken.key)
        .join(ApiToken, ApiToken.username == Account.username)
        .where(
            ApiToken.token_hash == fingerprint(token),
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > clock.real_now()),
            Account.active,
        )
    )
    found = session.execute(query).one_or_none()
    return (found[0], found[1]) if found else None


def is_given(session: Session, token: str) -> bool:
    """Whether somebody else than its owner made this token (at the console): two persons stand behind what it does."""
    query = select(ApiToken.username, ApiToken.created_by).where(ApiToken.token_hash == fingerprint(token))
    found = session.execute(query).one_or_none()
    return found is not None and found.username != found.created_by


def of_user(session: Session, username: str) -> list[ApiToken]:
    """The tokens of a user that still work, newest first."""
    query = select(ApiToken).where(ApiToken.username == username, ApiToken.revoked_at.is_(None)).order_by(ApiToken.key.desc())
    return list(session.scalars(query))


def revoke(session: Session, entry: ApiToken, actor: Actor) -> None:
    """End a token. Recorded as ``account.token_revoked``."""
    if entry.revoked_at is None:
        entry.revoked_at = clock.real_now()
        events.record(
            session, "account.token_revoked", actor, detail={"username": entry.username, "label": entry.label, "token": str(entry.key)}
        )
