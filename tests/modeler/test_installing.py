"""Ways around four eyes are closed: the API for those who would act alone, and a restart that would undo a release."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask

from app.auth import accounts
from app.db import Database
from app.engine.actor import Actor
from app.modeler.release import installed
from tests import web
from tests.modeler.releasing import LI, ask, deploy, diagram, draft, release, versions

NEW = diagram("复核")


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    web.person(sqlite_db, "zhang", "admin")
    return web.application(sqlite_db, tmp_path)


@pytest.mark.parametrize(("made_by", "status"), [("cli", 200), ("zhang", 403)])
def test_a_token_deploys_only_if_somebody_else_made_it(app: Flask, sqlite_db: Database, made_by: str, status: int) -> None:
    token = sqlite_db.in_transaction(lambda session: accounts.make_token(session, "zhang", Actor(made_by)))
    sent = {"resources": (io.BytesIO(NEW), "p.bpmn"), "comment": "安装"}
    answer = app.test_client().post("/v2/deployments", data=sent, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status, answer.text
    assert len(versions(sqlite_db)) == (1 if status == 200 else 0)


def test_a_browser_does_not_deploy(app: Flask, sqlite_db: Database) -> None:
    answer = web.signed_in_as(app, "zhang").post("/v2/deployments", {"resources": (io.BytesIO(NEW), "p.bpmn")})
    assert (answer.status_code, versions(sqlite_db)) == (403, [])
    assert "second person" in answer.json["detail"]


def test_a_restart_does_not_undo_a_release(db: Database) -> None:
    """The shipped file was deployed once; what was released after it stays, and a file that is new here is installed."""
    shipped = {"p.bpmn": diagram(), "paper.form": b'{"type": "default", "id": "paper", "components": []}'}
    deploy(db, diagram())
    release(db, ask(db, draft(db, NEW)), LI)
    with db.reading() as session:
        assert installed.to_install(session, shipped) == ({"paper.form": shipped["paper.form"]}, [])
        # a newer product ships another diagram: the administrators decide
        newer = {**shipped, "p.bpmn": diagram("产品的新版")}
        assert installed.to_install(session, newer) == ({"paper.form": shipped["paper.form"]}, ["p.bpmn"])


def test_a_newer_product_replaces_what_it_had_shipped(db: Database) -> None:
    deploy(db, diagram())
    with db.reading() as session:
        assert installed.to_install(session, {"p.bpmn": NEW}) == ({"p.bpmn": NEW}, [])
