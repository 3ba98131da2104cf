"""Tables of accounts, roles, sessions and tokens. Secrets are kept as hashes or encrypted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Key, UtcDateTime, new_key
from app.engine.change_journal.followed_rows import follow


def _key() -> Mapped[int]:
    return mapped_column(Key, primary_key=True, default=new_key)


def _username() -> Mapped[str]:
    return mapped_column(ForeignKey("account.username"))


class Account(Base):
    """A person who can sign in."""

    __tablename__ = "account"

    key: Mapped[int] = _key()
    #: what diagrams, tasks and history call the person; never changes
    username: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    #: argon2id; None: nobody can sign in with a password (demonstration accounts that are only switched to)
    password_hash: Mapped[str | None] = mapped_column(String(300))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    #: "zh", "en" or "" (as the browser asks)
    locale: Mapped[str] = mapped_column(String(5), default="")
    #: encrypted; None: no second factor
    totp_secret: Mapped[str | None] = mapped_column(Text)
    #: the time step of the last accepted code: no code works twice
    totp_counter: Mapped[int] = mapped_column(Integer, default=0)
    #: made by the demonstration; refused in production
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RoleAssignment(Base):
    """A role held within a scope of a campaign, for a time (campaign time)."""

    __tablename__ = "role_assignment"
    __table_args__ = (
        UniqueConstraint("username", "role", "scope", "campaign_id"),
        Index("ix_role_holders", "campaign_id", "role", "scope"),
    )

    key: Mapped[int] = _key()
    username: Mapped[str] = _username()
    role: Mapped[str] = mapped_column(String(40))
    #: code of the village or work group; "" for town and system roles
    scope: Mapped[str] = mapped_column(String(40), default="")
    #: 0: every campaign
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    valid_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    granted_by: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Substitution(Base):
    """Somebody stands in for an absent person from ``from_`` until ``until`` (campaign time)."""

    __tablename__ = "substitution"
    __table_args__ = (Index("ix_substitution_substitute", "substitute", "until"),)

    key: Mapped[int] = _key()
    absent: Mapped[str] = _username()
    substitute: Mapped[str] = _username()
    from_: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(300))
    created_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginSession(Base):
    """One signed-in browser. Times are the machine's. The cookie's token is kept as SHA-256 only."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_user", "username", "key"),)

    key: Mapped[int] = _key()
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    username: Mapped[str] = _username()
    #: password, password+totp, demonstration
    how: Mapped[str] = mapped_column(String(20), default="password")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ip: Mapped[str] = mapped_column(String(60), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[str] = mapped_column(String(100), default="")


class LoginFailure(Base):
    """Failures in a row for a user name from a source, whether or not there is such an account (so that a lock tells nothing).

    ``source`` "": from all unknown sources together; ``username`` "": under all names from an address.
    """

    __tablename__ = "login_failure"
    __table_args__ = (Index("ix_login_failure_age", "last_at"),)

    username: Mapped[str] = mapped_column(String(100), primary_key=True)
    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiToken(Base):
    """A key for programs: acts with its owner's roles. Only its SHA-256 is kept."""

    __tablename__ = "api_token"

    key: Mapped[int] = _key()
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    username: Mapped[str] = _username()
    label: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))
    #: what it may do (``scopes``), codes with a blank between
    scopes: Mapped[str] = mapped_column(String(100))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A code that takes the place of the second factor once. Only its SHA-256 is kept."""

    __tablename__ = "recovery_code"

    key: Mapped[int] = _key()
    username: Mapped[str] = mapped_column(ForeignKey("account.username"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Activation(Base):
    """An account with a first password that somebody else knows: it opens with the code of a second person only (``activation``)."""

    __tablename__ = "activation"

    username: Mapped[str] = mapped_column(ForeignKey("account.username"), primary_key=True)
    #: user name of who made the account or reset its password, and of the absent person whom he acted for
    made_by: Mapped[str] = mapped_column(String(100))
    made_for: Mapped[str] = mapped_column(String(100), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: of the code that was handed out last; "": none yet
    code_hash: Mapped[str] = mapped_column(String(64), default="")
    handed_by: Mapped[str] = mapped_column(String(100), default="")
    handed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


# Records tell of every change of these. Not followed: the last code of the second factor and the language, which sign-ins write.
follow(Account, without=("totp_counter", "locale"), campaign="")
follow(RoleAssignment)
follow(Substitution, campaign="")
follow(ApiToken, campaign="")
follow(RecoveryCode, campaign="")
follow(Activation, campaign="")
