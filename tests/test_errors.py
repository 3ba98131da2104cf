"""Errors say what happened, what is kept and what to do, in the form in which they were asked."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from flask import Flask, abort
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import auth
from app import db as db_module
from app.db import Database, Outage, RevisionConflict, outage
from app.engine.errors import Conflict, NotFound
from tests import web


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    app = web.application(sqlite_db, tmp_path, testing=False)

    def fail(how: str) -> str:
        if how == "conflict":
            raise Conflict("谭丽已在 10:05 办完这项工作。")
        if how == "missing":
            raise NotFound("x")
        if how == "revision":
            raise RevisionConflict("x")
        if how == "crash":
            raise ValueError("500235196507151234 is wrong")
        abort(int(how))

    app.add_url_rule("/fail/<how>", view_func=auth.public(fail))
    app.add_url_rule("/v2/fail/<how>", view_func=auth.public(fail), endpoint="v2fail")
    return app


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("conflict", 409, "谭丽已在 10:05 办完这项工作。"),
        ("missing", 404, "未找到该事项"),
        ("revision", 409, "数据已被他人更新"),
        ("crash", 500, "系统异常，本次操作未完成"),
        ("403", 403, "您没有访问该页面的权限"),
        ("413", 413, "太大"),
        ("418", 418, "请求格式有误"),
    ],
)
def test_a_page_says_what_happened_what_is_kept_and_what_to_do(app: Flask, how: str, status: int, words: str) -> None:
    answer = app.test_client().get(f"/fail/{how}")
    assert answer.status_code == status
    assert words in answer.text
    assert "已保存的内容" in answer.text
    assert "处理办法" in answer.text
    assert "<html" in answer.text


def test_htmx_gets_a_fragment_and_programs_get_json(app: Flask) -> None:
    fragment = app.test_client().get("/fail/conflict", headers={"HX-Request": "true"})
    assert fragment.status_code == 409
    assert "<html" not in fragment.text
    assert "谭丽" in fragment.text
    problem = app.test_client().get("/v2/fail/conflict")
    assert problem.content_type == "application/problem+json"
    assert problem.json is not None
    assert (problem.json["status"], problem.json["detail"]) == (409, "谭丽已在 10:05 办完这项工作。")
    asked = app.test_client().get("/fail/conflict", headers={"Accept": "application/json"})
    assert asked.content_type == "application/problem+json"


def test_a_crash_shows_a_number_that_is_in_the_log_and_nothing_of_its_inside(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    answer = app.test_client().get("/fail/crash")
    number = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)
    assert number
    assert number[1] in caplog.text
    assert "ValueError" not in answer.text
    assert "500235196507151234" not in caplog.text


def test_the_answer_does_not_need_the_database(app: Flask, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the database away a signed-in person still reads what happened."""
    web.person(sqlite_db, "ran", "office")
    browser = web.signed_in_as(app, "ran")

    def away(*_args: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(sqlite_db, "_sessions", away)
    answer = browser.get("/account")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "系统正忙或正在维护" in answer.text


def test_an_outage_keeps_what_was_typed(app: Flask, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a 503 sends the same form again; a password is not in it."""
    web.person(sqlite_db, "an", "security_admin")
    browser = web.signed_in_as(app, "an")

    def full(*_args: object, **_more: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise OperationalError("insert", {}, error)

    monkeypatch.setattr(sqlite_db, "in_transaction", full)
    answer = browser.post("/accounts/new", {"username": "zhou", "name": '周"平'})
    assert answer.status_code == 503
    assert 'name="name" value="周&#34;平"' in answer.text
    assert 'name="csrf_token"' in answer.text
    secret = browser.post("/account/password", {"current": "old one", "new": "x" * 12, "again": "x" * 12})
    assert secret.status_code in {422, 503}
    assert "old one" not in secret.text


def test_a_locked_file_is_answered_in_time(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds SQLite's lock: the transaction gives up with an outage, not with a conflict, and not before its time."""
    assert db_module._WAIT_FOR_LOCK + db_module._PATIENCE < 10
    monkeypatch.setattr(db_module, "_PATIENCE", 0)
    hasty = Database(sqlite_db.url, connect_args={"timeout": 0, "check_same_thread": False})
    holder = sqlite3.connect(sqlite_db.url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(OperationalError) as raised:
            hasty.in_transaction(lambda session: session.execute(text("DELETE FROM counter")))
    finally:
        holder.close()
        hasty.dispose()
    assert outage(raised.value) is Outage.LOCKED


def test_a_full_disk_is_an_outage(sqlite_db: Database) -> None:
    """SQLite's own word for it, made by a limit on the file's size."""

    def fill(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1"))
        for number in range(2000):
            session.execute(text("INSERT INTO idempotency VALUES ('a', :n, 'h', :r, '2020-01-01')"), {"n": str(number), "r": "x" * 900})

    with pytest.raises(OperationalError) as raised:
        sqlite_db.in_transaction(fill)
    assert outage(raised.value) is Outage.FULL


def test_a_postgresql_that_is_away_is_an_outage() -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(OperationalError) as raised, away.reading() as session:
        session.execute(text("SELECT 1"))
    assert outage(raised.value) is Outage.AWAY
    away.dispose()


@pytest.mark.parametrize("message", ["no such table: x", "UNIQUE constraint failed"])
def test_a_fault_of_ours_is_no_outage(message: str) -> None:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorname = "SQLITE_ERROR"
    assert outage(OperationalError("select", {}, error)) is None


def test_an_unknown_method_names_the_allowed_ones(app: Flask) -> None:
    answer = app.test_client().delete("/login")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
