"""The cells of releases and deployments: the administrators'."""

from __future__ import annotations

from typing import Any

from app import clock
from app.db import Database
from app.engine import definitions
from app.engine.actor import Actor
from app.engine.models import Definition
from app.modeler.drafts import starting, store
from app.modeler.release import queries, requests
from tests.idor import Cell, held
from tests.web import CLI

ADMIN = held("admin")
FORM = starting.template("form", "paper", "一张纸")
NEWER = FORM.replace("一张纸".encode(), "两张纸".encode())


def _asked(db: Database) -> dict[str, Any]:
    """A request of another administrator."""
    by = Actor("somebody")

    def work(session: Any) -> int:
        draft = store.create(session, by, kind="form", resource="paper.form", content=FORM)
        return requests.ask_for_drafts(session, [draft.key], "新表", by).key

    return {"key": db.in_transaction(work)}


def _own(db: Database) -> dict[str, Any]:
    by = Actor("admin")

    def work(session: Any) -> int:
        draft = store.create(session, by, kind="form", resource="paper.form", content=FORM)
        return requests.ask_for_drafts(session, [draft.key], "新表", by).key

    return {"key": db.in_transaction(work)}


def _file(db: Database) -> dict[str, Any]:
    key = _asked(db)["key"]
    with db.reading() as session:
        return {"key": key, "file": queries.find(session, key).files[0].key}


def _draft(db: Database) -> dict[str, Any]:
    by = Actor("admin")
    return {"key": db.in_transaction(lambda s: store.create(s, by, kind="form", resource="paper.form", content=FORM)).key}


def _compared(db: Database) -> dict[str, Any]:
    return {"draft": _draft(db)["key"]}


def _deployed(db: Database) -> Definition:
    """Two versions; the first one's definition."""

    def work(session: Any) -> Definition:
        made = [definitions.deploy(session, {"paper.form": each}, CLI, now=clock.now()) for each in (FORM, NEWER)]
        return made[0].created[0] if made[0].created else definitions.newest(session, "form", "paper")

    return db.in_transaction(work)


def _definition(db: Database) -> dict[str, Any]:
    return {"key": _deployed(db).key}


def _deployment(db: Database) -> dict[str, Any]:
    return {"key": _deployed(db).deployment_key}


CELLS = [
    Cell("modeler.release_new", _draft, ADMIN),
    Cell("modeler.release_ask", _draft, ADMIN, "POST", {"comment": "新表"}),
    Cell("modeler.release", _asked, ADMIN),
    Cell("modeler.release_file", _file, ADMIN),
    Cell("modeler.release_try", _asked, ADMIN, "POST"),
    Cell("modeler.release_deploy", _asked, ADMIN, "POST", {"standing": ""}),
    Cell("modeler.release_reject", _asked, ADMIN, "POST", {"reason": "不好"}),
    Cell("modeler.release_withdraw", _own, ADMIN, "POST", {"reason": "再想想"}),
    Cell("modeler.difference", _compared, ADMIN),
    Cell("modeler.deployment", _deployment, ADMIN),
    Cell("modeler.deployment_again", _deployment, ADMIN, "POST", {"comment": "退回"}),
    Cell("modeler.definition", _definition, ADMIN),
    Cell("modeler.definition_file", _definition, ADMIN),
    Cell("modeler.definition_difference", _definition, ADMIN),
]
