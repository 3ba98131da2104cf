"""The campaign's blueprint, and the words its pages share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app import clock
from app.campaign import schedule, wording

blueprint = Blueprint("campaign", __name__, template_folder="templates")


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"w": wording, "either": wording.either, "shown_moment": schedule.shown, "shell_now": clock.now()}
