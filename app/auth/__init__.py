"""Accounts, roles, sessions, and what every route needs to know about its caller."""

from app.auth.current import Identity, actor, database, identity
from app.auth.guard import access, public, signed_in
from app.auth.holding import Held

__all__ = ["Held", "Identity", "access", "actor", "database", "identity", "public", "signed_in"]
