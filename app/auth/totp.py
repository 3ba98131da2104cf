"""Second factor: time-based codes of an authenticator app (RFC 6238), with Flask-Security's encrypted secrets.

A code works once: the time step of the last accepted code is kept with the account.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import current_app
from flask_security import Totp

from app.auth.models import Account

ISSUER = "倒排 Daopai"


class Codes(Totp):
    """Flask-Security's TOTP with protection against replay."""

    def get_last_counter(self, user: Any) -> int | None:
        counter: int = user.totp_counter
        return counter or None

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        user.totp_counter = tmatch.counter


def codes() -> Codes:
    """The factory of this application; its key is derived from the secret key."""
    if "daopai.totp" not in current_app.extensions:
        secret = hashlib.sha256(b"daopai totp " + current_app.config["SECRET_KEY"].encode()).hexdigest()
        current_app.extensions["daopai.totp"] = Codes({"1": secret}, ISSUER)
    found: Codes = current_app.extensions["daopai.totp"]
    return found


def accepts(account: Account, code: str) -> bool:
    """Whether *code* is right now and was not used before; changes ``account.totp_counter``. Allows one step (30 s) of clock skew."""
    if not account.totp_secret or not code.isdigit():
        return False
    holder: Any = account  # Flask-Security asks for its UserMixin but only hands it on to the two methods above
    return bool(codes().verify_totp(token=code, totp_secret=account.totp_secret, user=holder, window=30))
