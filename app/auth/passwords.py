"""Passwords: argon2id hashes and what makes a password acceptable."""

from __future__ import annotations

import secrets
from functools import cache

from flask_babel import gettext as _
from passlib.context import CryptContext

#: The same context Flask-Security uses (SECURITY_PASSWORD_SCHEMES), usable without a request.
CONTEXT = CryptContext(schemes=["argon2"], argon2__type="ID", argon2__memory_cost=65536, argon2__time_cost=3, argon2__parallelism=2)

MINIMUM_LENGTH = 10
#: Longer input is refused before it is hashed.
MAXIMUM_LENGTH = 200

_COMMON = frozenset(
    {"password12", "1234567890", "0123456789", "qwertyuiop", "passw0rd12", "admin12345", "1q2w3e4r5t", "abcdefghij", "a123456789"}
)


@cache
def _decoy() -> str:
    """Verified when there is no such account, so that the answer takes the same time."""
    return hash_password("no account has this password")


def hash_password(password: str) -> str:
    """An argon2id hash. Takes about 50 ms on purpose."""
    return str(CONTEXT.hash(password))


def verify(password: str, password_hash: str | None) -> bool:
    """Whether *password* fits. Without a hash it takes as long and is False."""
    if len(password) > MAXIMUM_LENGTH:
        password = ""
    fits = bool(CONTEXT.verify(password, password_hash or _decoy()))
    return fits and password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return bool(CONTEXT.needs_update(password_hash))


def first_password() -> str:
    """Four groups of letters and digits that are not mistaken for each other: 80 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _each in range(4)) for _group in range(4))


def objection(password: str, username: str) -> str | None:
    """Why a new password is refused, as a sentence for the user; None when it is fine."""
    text: str | None = None
    if len(password) < MINIMUM_LENGTH:
        text = _("密码至少 %(count)s 个字符。建议使用便于记忆的短语。", count=MINIMUM_LENGTH)
    elif len(password) > MAXIMUM_LENGTH:
        text = _("密码最多 %(count)s 个字符。", count=MAXIMUM_LENGTH)
    elif username.lower() in password.lower():
        text = _("密码里不要包含用户名。")
    elif password.lower() in _COMMON or len(set(password)) < 4:
        text = _("这个密码太常见，容易被猜中，请换一个。")
    return text
