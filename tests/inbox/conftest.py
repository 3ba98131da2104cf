"""The application with a small process of two people: one fills a form, the other reviews it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from app.auth import accounts, sessions
from app.config import Config
from app.db import Database
from app.engine import definitions, runtime
from app.engine.actor import Actor
from app.engine.models import Task
from tests.browser.serving import aside
from tests.web import CLI

FILES = Path(__file__).parent / "files"
CAMPAIGN = 1
ADMIN = Actor("admin", origin="test")
STAFF = {
    "li": ("李调查", "investigator"),
    "sun": ("孙调查", "investigator"),
    "wang": ("王指导", "instructor"),
    "zhao": ("赵指导", "instructor"),
}


class Person:
    """A signed-in browser."""

    def __init__(self, app: Flask, database: Database, username: str) -> None:
        self.username = username
        self.client: FlaskClient = app.test_client()
        token = database.in_transaction(lambda session: sessions.open_session(session, username, how="password", ip="", agent=""))
        with self.client.session_transaction() as session:
            session["_user_id"] = token
        self.csrf = ""

    def get(self, path: str, **options: Any) -> Any:
        return aside(lambda: self.client.get(path, buffered=True, **options))

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:400])
        return str(answer.text)

    def send(self, method: str, path: str, json: Any = None, data: Any = None) -> Any:
        if not self.csrf:
            found = re.search(r'name="csrf-token" content="([^"]+)"', self.page("/tasks"))
            assert found
            self.csrf = found.group(1)
        headers = {"X-CSRFToken": self.csrf, "Accept": "application/json"}
        return aside(lambda: self.client.open(path, method=method, json=json, data=data, headers=headers, buffered=True))

    def complete(self, key: int, data: dict[str, Any], request_id: str = "request-0001", query: str = "") -> Any:
        return self.send("POST", f"/tasks/{key}/completion{query}", {"data": data, "request_id": request_id})


@pytest.fixture
def app(db: Database, at: Callable[[str], datetime], tmp_path: Path) -> Iterator[Flask]:
    """The application on a database with four accounts and the process ``visit``; the time is 2020-05-22 10:00 in Shashi."""
    at("2020-05-22T10:00:00+08:00")
    config = Config(home=tmp_path, database_url=db.url, secret_key="s" * 64, data_key="ab" * 32, testing=True)
    made = create_app(config, database=db)

    def work(session: Any) -> None:
        for username, (name, role) in STAFF.items():
            accounts.create_user(session, username, name, actor=CLI)
            accounts.assign_role(session, username, role, scope="G03", campaign_id=CAMPAIGN, actor=CLI)
        files = {path.name: path.read_bytes() for path in FILES.iterdir()}
        definitions.deploy(session, files, ADMIN, now=datetime.fromisoformat("2020-05-20T08:00:00+08:00"))

    def deploy() -> None:
        with made.app_context():
            db.in_transaction(work)

    aside(deploy)
    yield made


@pytest.fixture
def person(app: Flask, db: Database) -> Callable[[str], Person]:
    """``person("li")`` is a browser in which li is signed in."""
    return lambda username: Person(app, db, username)


@pytest.fixture
def household(app: Flask, db: Database) -> Callable[..., int]:
    """``household("H0001")`` starts a visit and returns the key of its open task."""

    def start(code: str = "H0001", *, label: str = "", village: str = "V01", due: str = "2020-05-22T18:00:00+08:00") -> int:
        about = {"code": code, "label": label or f"柏树村 3组 户主{code}", "village": village, "group": "G03"}

        def work(session: Any) -> int:
            instance = runtime.start(session, "visit", {"household": about, "due": due}, ADMIN, campaign_id=CAMPAIGN)
            return int(instance.key)

        return open_task(db, aside(lambda: db.in_transaction(work)))

    return start


def open_task(db: Database, instance_key: int) -> int:
    """The key of an instance's open task."""
    with db.reading() as session:
        return int(session.scalars(select(Task.key).where(Task.instance_key == instance_key, Task.state == "OPEN")).one())


def next_task(db: Database, key: int) -> int:
    """The open task of the instance in which *key* was."""
    with db.reading() as session:
        instance = session.scalars(select(Task.instance_key).where(Task.key == key)).one()
    return open_task(db, instance)
