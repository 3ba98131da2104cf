"""A campaign's end: its first instance, which all the others came of, is over: its records are sealed at once (``proof``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from app.engine import rows
from app.engine.leases import OUTSIDE
from app.engine.models import ProcessInstance

#: Name of the job that follows.
NAME = "campaign.ended"

_EARLIER = select(exists().where(ProcessInstance.campaign_id == bindparam("campaign"), ProcessInstance.key < bindparam("first")))
_STILL = select(exists().where(ProcessInstance.root_key == bindparam("root"), ProcessInstance.state == "ACTIVE"))


def look(session: Session, batch: rows.Batch, instance: ProcessInstance, now: datetime) -> None:
    """*instance*, which nobody called, has ended: if it was the campaign's first one, leave a job for after the commit."""
    if not session.scalar(_EARLIER, {"campaign": instance.campaign_id, "first": instance.key}):
        job = rows.job(OUTSIDE, type=NAME, instance_key=0, activity_key=instance.key, campaign_id=instance.campaign_id, now=now)
        batch.jobs.append(job)


def still_ending(session: Session, root: int) -> bool:
    """Whether instances that were called are still on their way to the end: many are cancelled one after the other."""
    return bool(session.scalar(_STILL, {"root": root}))
