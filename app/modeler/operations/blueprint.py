"""The administrator's first page and everything behind it: what runs, what is broken, and the means to mend it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint

from app import clock
from app.acts import privacy
from app.auth.language import locale
from app.engine import assignment, causes
from app.modeler.operations import words
from app.modeler.operations.models import OperationBatch

operations = Blueprint("operations", __name__, url_prefix="/operations")


@operations.context_processor
def _words() -> dict[str, Any]:
    """What the templates of this room say and hide."""
    return {
        "words": words,
        "subject_of": privacy.subject,
        "lasting": lambda incident: incident.kind in causes.LASTING,
        "plainly": lambda incident: causes.plain(incident.kind, locale()),
        "technical": lambda incident: assignment.in_language(incident.kind, privacy.message(incident.message), locale()),
        "mapped": _mapped,
        "why": lambda obstacles: " ".join(privacy.message(each.text(locale())) for each in obstacles),
        "now": clock.now(),
    }


def _mapped(batch: OperationBatch) -> dict[str, str]:
    """What a batch does besides its act, as it may be seen: a variable's new value may tell of somebody."""
    if batch.kind != "variable":
        return batch.mapping
    return {path: privacy.shown(path, json.loads(written)).text for path, written in batch.mapping.items()}
