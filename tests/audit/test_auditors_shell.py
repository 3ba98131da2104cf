"""What the shell offers auditors: no tasks, which nobody gives them, and the number of requests that wait for them and not for others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.audit.exporting import pages
from app.db import Database
from app.engine.chain_models import Erasure
from tests import web


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    made = web.application(db, tmp_path, export_rows=1)
    for who in ("first", "second"):
        web.person(db, who, "auditor", campaign_id=0)
    web.person(db, "an", "security_admin", campaign_id=0)
    return made


def entries(page: str) -> dict[str, str]:
    """Label → the number beside it, of the rail."""
    rail = page.split('<nav class="rail"')[1].split("</nav>")[0]
    found = {}
    for link in rail.split("<a ")[1:]:
        label, _count, number = link.split(">", 1)[1].split("</a>")[0].partition('<span class="count">')
        found[label.strip()] = number.partition("<")[0]
    return found


def test_auditors_have_no_entry_for_tasks(app: Flask, db: Database) -> None:
    web.person(db, "nobody")
    for who, has in (("first", False), ("an", True), ("nobody", True)):
        assert ("待办" in entries(web.signed_in_as(app, who).get("/account").text)) is has, who
    assert web.signed_in_as(app, "first").get("/tasks").status_code == 200, "the page itself is there"


def test_requests_stand_beside_the_entry_of_those_who_may_decide(app: Flask, db: Database, statements: Callable[[Database], Any]) -> None:
    first, second, security = (web.signed_in_as(app, who) for who in ("first", "second", "an"))
    asked = first.post("/audit/exports", {"format": "csv", "kind": "account.created", "reason": "核查"})
    assert asked.status_code == 303
    row = Erasure(campaign_id=7, kinds=["texts"], reason="期满", requested_by="an", requested_at=clock.real_now())
    db.in_transaction(lambda session: session.add(row))
    assert (shown := entries(first.get("/account").text))["导出"] == "" and shown["留存"] == "1"
    assert (shown := entries(second.get("/account").text))["导出"] == "1" and shown["留存"] == "1"
    assert entries(security.get("/account").text)["留存"] == ""
    app.extensions.pop(pages._COUNTS)
    with statements(db) as one:
        second.get("/account")
    with statements(db) as kept:
        second.get("/account")
    assert len(kept) < len(one), "the number is kept for a moment"
    for _ in range(5):
        first.post("/audit/exports", {"format": "csv", "kind": "account.created", "reason": "核查"})
    with statements(db) as six:  # asking has made it be counted anew
        assert entries(second.get("/account").text)["导出"] == "6"
    assert len(six) == len(one), "the number of statements does not grow"
    key = first.get("/audit/exports").text
    for part in second.get("/audit/exports").text.split('action="/audit/exports/')[1:]:
        number = part.split("/")[0]
        second.post(f"/audit/exports/{number}/decision", {"decision": "reject"})
    assert "待" in key and entries(second.get("/account").text)["导出"] == ""
