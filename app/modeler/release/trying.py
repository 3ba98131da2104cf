"""The scenarios, run over what is to be released: when it is asked for, and again when it is released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.db import Database
from app.engine import events
from app.engine.actor import Actor
from app.modeler.release import queries
from app.modeler.trial import scenarios


def tried(database: Database, files: Mapping[str, bytes], actor: Actor) -> dict[str, Any]:
    """Run all scenarios over *files*: when, by whom, and how each went. Changes nothing."""
    results = [result.as_json() for result in scenarios.run_all(database, files)]
    return {"at": clock.real_now().isoformat(), "by": actor.name, "results": results}


def failed(trial: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The results that were not as expected."""
    return [result for result in (trial or {}).get("results", []) if not result["ok"]]


def warnings(trial: Mapping[str, Any] | None) -> list[str]:
    """What nobody could do today of what the scenarios came to."""
    return scenarios.warnings((trial or {}).get("results", []))


def keep(session: Session, key: int, trial: dict[str, Any], actor: Actor) -> None:
    """Note with the request how its scenarios went; recorded, since whoever releases relies on it."""
    queries.find(session, key).trial = trial
    session.flush()
    went = {"scenarios": len(trial["results"]), "failed": len(failed(trial))}
    events.record(session, "release.tried", actor, subject=f"release:{key}", detail=went)
