"""How often one address may try. The lock in the database is what protects an account; this keeps the machine free."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address)

#: A whole office stands behind one address.
SIGN_IN = "60 per minute; 600 per hour"


def install(app: Flask) -> None:
    """Switched off in tests, which would have to wait."""
    app.config.setdefault("RATELIMIT_STORAGE_URI", "memory://")
    app.config.setdefault("RATELIMIT_ENABLED", not app.config["DAOPAI"].testing)
    limiter.init_app(app)
