"""The scenarios of ``processes/scenarios``: files beside the diagrams that they try, loaded at each start as the diagrams are.

A file that has not changed changes nothing: what an administrator made of its scenario since then (another name, ticked expectations,
disabled, deleted) stays. A changed file counts again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, exact_json
from app.config import ROOT
from app.engine.actor import Actor
from app.modeler.trial import store
from app.modeler.trial.models import Scenario
from app.modeler.trial.steps import Play

FOLDER = ROOT / "processes" / "scenarios"


def files(folder: Path = FOLDER) -> dict[str, bytes]:
    """File name → content."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.json"))}


def load(session: Session, found: Mapping[str, bytes], actor: Actor) -> int:
    """Take new and changed files over; returns how many. Raises ``ValueError`` or ``StepRefused`` for a file that is no scenario."""
    rows = {row.resource: row for row in session.scalars(select(Scenario).where(Scenario.resource != ""))}
    taken = 0
    for name, content in found.items():
        checksum = hashlib.sha256(content).hexdigest()
        row = rows.get(name)
        if row is not None and row.checksum == checksum:
            continue
        given = exact_json.loads(content)
        play = Play.of(given)
        if row is None:
            row = store.keep(session, given["name"], play, actor)
            row.resource = name
        else:
            row.state, row.reason = "ACTIVE", ""
            store.change(session, row, given["name"], play, actor)
        row.checksum, row.changed_at = checksum, clock.real_now()
        taken += 1
    session.flush()
    return taken
