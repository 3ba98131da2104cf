"""The cells of accounts: what is mine is mine, and the security administrator's pages are nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.auth import accounts, sessions
from app.auth.models import ApiToken, LoginSession
from app.db import Database
from tests.idor import Cell, held
from tests.web import CLI

MINE = held("office")
GUARD = held("security_admin")


def _absence(db: Database) -> dict[str, Any]:
    now = datetime.now(UTC)
    made = db.in_transaction(
        lambda s: accounts.substitute(s, "office.here", "commander.here", now, now + timedelta(days=9), "病假", CLI).key
    )
    return {"key": made}


def _session(db: Database) -> dict[str, Any]:
    db.in_transaction(lambda s: sessions.open_session(s, "office.here", how="password", ip="127.0.0.1", agent="x"))
    with db.reading() as session:
        newest = select(LoginSession.key).where(LoginSession.username == "office.here", LoginSession.agent == "x")
        return {"key": session.scalars(newest.order_by(LoginSession.key.desc())).first()}


def _token(db: Database) -> dict[str, Any]:
    db.in_transaction(lambda s: accounts.make_token(s, "office.here", CLI))
    with db.reading() as session:
        return {"key": session.scalars(select(ApiToken.key).order_by(ApiToken.key.desc())).first()}


def _account(_db: Database) -> dict[str, Any]:
    return {"username": "office.here"}


def _role(db: Database) -> dict[str, Any]:
    db.in_transaction(lambda s: accounts.assign_role(s, "office.here", "commander", campaign_id=9, actor=CLI))
    return _account(db)


CELLS = [
    Cell("account.end_absence", _absence, MINE, "POST"),
    Cell("account.revoke_session", _session, MINE, "POST"),
    Cell("account.revoke_token", _token, MINE, "POST"),
    Cell("accounts.account", _account, GUARD),
    Cell("accounts.assign", _account, GUARD, "POST", {"role": "party_office", "campaign": "7"}),
    Cell("accounts.withdraw", _role, GUARD, "POST", {"role": "commander", "campaign": "9"}),
    Cell("accounts.unlock", _account, GUARD, "POST"),
    Cell("accounts.state", _account, GUARD, "POST", {"active": "1"}),
    Cell("accounts.reset_password", _account, GUARD, "POST"),
    Cell("accounts.revoke_session", lambda db: {**_account(db), **_session(db)}, GUARD, "POST"),
    Cell("accounts.revoke_token", lambda db: {**_account(db), **_token(db)}, GUARD, "POST"),
    Cell("accounts.end_absence", lambda db: {**_account(db), **_absence(db)}, GUARD, "POST"),
]
