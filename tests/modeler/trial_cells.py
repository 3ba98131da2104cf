"""Cells of trials and scenarios: a trial is its administrator's own, scenarios are the administrators'."""

from __future__ import annotations

from typing import Any

from app import clock
from app.db import Database
from app.engine.actor import Actor
from app.modeler.drafts import starting
from app.modeler.drafts import store as drafts
from app.modeler.trial import store
from app.modeler.trial.steps import Play
from tests.idor import Cell, held

ADMIN = held("admin")


def _trial(db: Database) -> dict[str, Any]:
    """The trial of the matrix's administrator: its own, no second administrator has one of this draft."""
    by = Actor("admin")

    def work(session: Any) -> int:
        content = starting.template("process", "tried", "试")
        draft = drafts.create(session, by, kind="process", resource="tried.bpmn", content=content)
        store.begin_trial(session, "admin", draft.key, _play())
        return draft.key

    return {"key": db.in_transaction(work)}


def _play() -> Play:
    return Play("tried", clock.now(), [], [{"do": "start", "process": "tried"}])


def _scenario(db: Database) -> dict[str, Any]:
    return {"key": db.in_transaction(lambda session: store.keep(session, "试", _play(), Actor("admin"))).key}


CELLS = [
    Cell("modeler.trial", _trial, ADMIN),
    Cell("modeler.trial_begin", _trial, ADMIN, "POST", {"process": "tried", "begin": "2020-05-21T08:00", "variables": "{}"}),
    Cell("modeler.trial_step", _trial, ADMIN, "POST", {"do": "clock", "to": "next", "count": 1}),
    Cell("modeler.trial_form", _trial, ADMIN),
    Cell("modeler.trial_back", _trial, ADMIN, "POST"),
    Cell("modeler.trial_keep", _trial, ADMIN, "POST", {"name": "试"}),
    Cell("modeler.scenario", _scenario, ADMIN),
    Cell("modeler.scenario_run", _scenario, ADMIN, "POST"),
    Cell("modeler.scenario_change", _scenario, ADMIN, "POST", {"name": "又试"}),
    Cell("modeler.scenario_observe", _scenario, ADMIN, "POST"),
    Cell("modeler.scenario_state", _scenario, ADMIN, "POST", {"state": "DISABLED", "reason": "试"}),
]
