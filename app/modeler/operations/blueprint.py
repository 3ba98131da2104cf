"""The administrator's first page and everything behind it: what runs, what is broken, and the means to mend it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app import clock
from app.acts import privacy
from app.auth.language import locale
from app.modeler.operations import causes, words

operations = Blueprint("operations", __name__, url_prefix="/operations")


@operations.context_processor
def _words() -> dict[str, Any]:
    """What the templates of this room say and hide."""
    return {
        "words": words,
        "subject_of": privacy.subject,
        "plainly": lambda incident: causes.plain(incident.kind, incident.message, locale()),
        "technical": privacy.message,
        "why": lambda obstacles: " ".join(privacy.message(each.text(locale())) for each in obstacles),
        "now": clock.now(),
    }
