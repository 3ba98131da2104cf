"""Which tasks may be completed many at once: one rule, whatever the door."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from app.acts.refusals import Refusal
from app.engine.models import Task


def allowed(properties: Mapping[str, str]) -> bool:
    """Whether the diagram says so on the user task: its property ``bulk`` is ``true``."""
    return properties.get("bulk") == "true"


def require(task: Task) -> None:
    """Refuse a task that has to be completed by itself."""
    if not allowed(task.properties):
        raise Refusal(_("该任务须逐件办理，不支持批量。"))
