"""The cells of the modeler: drafts are the administrators'."""

from __future__ import annotations

from typing import Any

from app.db import Database
from app.engine.actor import Actor
from app.modeler.drafts import starting, store
from tests.idor import Cell, held
from tests.modeler import operations_cells, release_cells, trial_cells

ADMIN = held("admin")


def _draft(db: Database) -> dict[str, Any]:
    content = starting.template("form", "paper", "一张纸")
    by = Actor("admin")
    return {"key": db.in_transaction(lambda s: store.create(s, by, kind="form", resource="paper.form", content=content)).key}


CELLS = [
    Cell("modeler.draft", _draft, ADMIN),
    Cell("modeler.draft_file", _draft, ADMIN),
    Cell("modeler.draft_versions", _draft, ADMIN),
    Cell("modeler.draft_save", _draft, ADMIN, "POST", {"from_number": 1, "content": "{}"}, json=True),
    Cell("modeler.draft_restore", _draft, ADMIN, "POST", {"number": 1, "from_number": 1}),
    Cell("modeler.draft_presence", _draft, ADMIN, "POST", {"leaving": False}, json=True),
    Cell("modeler.draft_check", _draft, ADMIN, "POST", {"content": "{}"}, json=True),
    Cell("modeler.draft_vocabulary", _draft, ADMIN),
    Cell("modeler.draft_discard", _draft, ADMIN, "POST"),
    *operations_cells.CELLS,
    *release_cells.CELLS,
    *trial_cells.CELLS,
]
