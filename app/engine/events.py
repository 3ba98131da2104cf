"""Append to the record of what happened, in the transaction of what it tells."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.engine.actor import Actor
from app.engine.models import Event


def record(
    session: Session,
    kind: str,
    actor: Actor,
    *,
    at: datetime | None = None,
    campaign_id: int = 0,
    instance_key: int | None = None,
    activity_key: int | None = None,
    element_id: str = "",
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> Event:
    """Add an event. ``at`` is campaign time (default: now); the machine's time is recorded beside it."""
    entry = Event(
        campaign_id=campaign_id,
        at=at or clock.now(),
        recorded_at=clock.real_now(),
        kind=kind,
        actor=actor.name,
        on_behalf_of=actor.on_behalf_of,
        origin=actor.origin,
        instance_key=instance_key,
        activity_key=activity_key,
        element_id=element_id,
        subject=subject,
        detail=detail or {},
    )
    session.add(entry)
    return entry
