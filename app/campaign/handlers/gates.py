"""R02: what still stands when a phase of the plan is over."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import board, gates, schedule
from app.campaign.handlers import notifications
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.models import Campaign
from app.element_names import unbroken
from app.engine import definitions
from app.engine.jobs import Context, handler
from app.engine.models import ProcessInstance


@handler("gates.report", asks=[NOTIFICATIONS])
def report(session: Session, job: Context) -> dict[str, int]:
    """Count what the gate around the task still misses and tell ``recipients`` if it is anything. Returns ``missing``."""
    key = session.scalar(select(ProcessInstance.definition_key).where(ProcessInstance.key == job.instance_key)) or 0
    scope = definitions.process_of(session, key).elements[job.element_id].scope
    plan = schedule.of(session, session.get(Campaign, job.campaign_id))
    gate = next(each for each in plan.gates if each.element == scope)
    whole = board.total(board.lines(session, job.campaign_id))
    missing = gates.missing(session, job.campaign_id, whole)[gate.count]
    if missing:
        about = {
            "gate": unbroken(gate.label),
            "waiting": unbroken(gate.text),
            "missing": missing,
            "recipients": job.variables["recipients"],
        }
        notifications.tell(session, job, "gate_missed", f"gate:{gate.element}:{job.activity_key}", about)
    return {"missing": missing}
