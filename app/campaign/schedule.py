"""The schedule of a campaign: the one that its root diagram states (``engine.schedule``)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.errors import Conflict
from app.campaign.models import Campaign
from app.engine import definitions
from app.engine.models import ProcessInstance
from app.engine.schedule import Calendar, Schedule, last_day, moment, read, shown, time_written, written

__all__ = ["PROCESS", "Calendar", "Schedule", "last_day", "moment", "name", "needed", "of", "shown", "time_written", "written"]

#: the process that is the campaign
PROCESS = "campaign"


def of(session: Session, campaign: Campaign | None = None) -> Schedule:
    """What the diagram says by which *campaign* runs; of a draft, and without a campaign, the newest. Empty when none is deployed."""
    key = None
    if campaign is not None and campaign.instance_key is not None:
        key = session.scalar(select(ProcessInstance.definition_key).where(ProcessInstance.key == campaign.instance_key))
    if key is None:
        newest = definitions.newest_file(session, "process", PROCESS)
        key = newest.key if newest else None
    return Schedule((), (), (), ()) if key is None else read(definitions.drawn(session, key))


def needed(session: Session, campaign: Campaign | None = None) -> Schedule:
    """As ``of``; ``Conflict`` when there is none, for what cannot do without."""
    plan = of(session, campaign)
    if not plan.anchor:
        raise Conflict("no_schedule")
    return plan


def name(session: Session) -> str:
    """What the newest root diagram is called; "" when none is deployed."""
    newest = definitions.newest_file(session, "process", PROCESS)
    return definitions.drawn(session, newest.key).name if newest else ""
