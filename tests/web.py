"""What tests of pages need: an application over a database, people with roles, and a browser-like client that keeps the CSRF rules."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from app import clock, create_app
from app.auth import accounts, passwords, sessions
from app.auth.roles import ROLES
from app.campaign import settings
from app.campaign.models import Campaign, CampaignDate, Village, WorkGroup
from app.config import Config
from app.db import Database
from app.engine.actor import Actor
from tests import told
from tests.shipped import PLAN, deploy_root

CLI = Actor("cli", origin="cli")
PASSWORD = "correct horse battery"
CAMPAIGN = 7


def application(db: Database, home: Path, **settings: Any) -> Flask:
    """The whole application over *db*, as ``run.py`` makes it, with test keys. What a request changes must be told by a record."""
    config = Config(home, db.url, "test-secret-" * 4, "5a" * 32, **{"testing": True, **settings})
    app = create_app(config, db)
    told.watch(app, db)
    return app


@cache
def password_hash() -> str:
    """Hashing is slow on purpose: once is enough."""
    return passwords.hash_password(PASSWORD)


def person(db: Database, username: str, *roles: str, campaign_id: int = CAMPAIGN, name: str = "", **more: Any) -> str:
    """An account with *roles*: ``"office"``, ``"investigator:G03"``. Its password is PASSWORD."""

    def work(session: Any) -> None:
        accounts.create_user(session, username, name or username, password_hash=password_hash(), actor=CLI, **more)
        for written in roles:
            role, _colon, scope = written.partition(":")
            accounts.assign_role(session, username, role, scope=scope, campaign_id=campaign_id, actor=CLI)

    db.in_transaction(work)
    return username


def place(db: Database) -> None:
    """Campaign 7 with the villages V05 and V06 and the groups G03 and G04: where the people of ``everybody`` and ``tests.idor`` work."""

    def work(session: Any) -> None:
        deadline = datetime(2020, 6, 1, tzinfo=clock.CAMPAIGN_ZONE)
        deploy_root(session)
        session.add(Campaign(id=CAMPAIGN, name="自查评估", state="running", created_at=clock.now()))
        session.add_all(CampaignDate(campaign_id=CAMPAIGN, name=name, value=value) for name, value in PLAN.compute(deadline).items())
        for village, group in (("V05", "G03"), ("V06", "G04")):
            session.add(Village(campaign_id=CAMPAIGN, code=village, name=village))
            session.add(WorkGroup(campaign_id=CAMPAIGN, code=group, name=group, village=village))
        settings.write(session, CAMPAIGN, settings.defaults())

    db.in_transaction(work)


def everybody(db: Database) -> dict[str, str]:
    """One account per role: role → user name. Scoped roles are held in G03 or V05."""
    scopes = {"group": ":G03", "village": ":V05"}
    return {code: person(db, code, code + scopes.get(role.scope, "")) for code, role in ROLES.items()}


@dataclass
class Browser:
    """A client that sends the CSRF token of the page that it is on, as a browser does."""

    app: Flask
    client: FlaskClient

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def token(self) -> str:
        """What a page of this browser would carry in its meta tag, without the cost of a page."""
        with self.client.session_transaction() as cookie:
            raw = cookie.setdefault("csrf_token", hashlib.sha256(secrets.token_bytes()).hexdigest())
        return str(URLSafeTimedSerializer(self.app.secret_key or "", salt="wtf-csrf-token").dumps(raw))

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        headers = {"X-CSRFToken": self.token(), **more.pop("headers", {})}
        return self.client.post(path, data=data, headers=headers, **more)

    def sign_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        """By the login page."""
        return self.post("/login", {"username": username, "password": password})


def browser(app: Flask) -> Browser:
    """An anonymous browser."""
    return Browser(app, app.test_client())


def signed_in_as(app: Flask, username: str) -> Browser:
    """A browser that is signed in already (without the cost of a password)."""
    db: Database = app.extensions["daopai.db"]
    return with_token(app, db.in_transaction(lambda s: sessions.open_session(s, username, how="password", ip="127.0.0.1", agent="test")))


def with_token(app: Flask, token: str) -> Browser:
    """A browser that has the session of *token*."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return Browser(app, client)
