"""Incidents that last as long as what they say is so: nobody's failure, opened by what looks and over by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app import clock
from app.db import new_key
from app.engine import events
from app.engine.actor import Actor
from app.engine.models import Incident, ProcessInstance


def found(session: Session, kind: str, *where: ColumnElement[bool]) -> list[Incident]:
    """The open incidents of this kind."""
    return list(session.scalars(select(Incident).where(Incident.kind == kind, Incident.state == "OPEN", *where)))


def begin(session: Session, actor: Actor, about: Incident, **where: Any) -> None:
    """Open the incident *about*. *where*: ``at``; ``instance`` if this transaction has loaded it, otherwise ``definition_key``."""
    about.key, about.created_at = new_key(), where.get("at") or clock.now()
    session.add(about)
    _record(session, "incident.created", actor, about, where, message=about.message)


def end(session: Session, incidents: Iterable[Incident], actor: Actor, **where: Any) -> None:
    """What they say is so no more."""
    for incident in incidents:
        incident.state, incident.resolved_at, incident.resolved_by = "RESOLVED", where.get("at") or clock.now(), actor.name
        _record(session, "incident.resolved", actor, incident, where, retry=False, settled=True)


def _record(session: Session, kind: str, actor: Actor, incident: Incident, where: dict[str, Any], **more: Any) -> None:
    at: datetime | None = where.get("at")
    instance: ProcessInstance | None = where.get("instance")
    detail = {"incident": incident.key, "kind": incident.kind, **more}
    if instance is None and where.get("definition_key"):
        detail |= events.went_by(where["definition_key"])
    events.record(
        session,
        kind,
        actor,
        at=at,
        campaign_id=incident.campaign_id,
        instance_key=incident.instance_key,
        instance=instance,
        activity_key=incident.activity_key,
        element_id=incident.element_id,
        detail=detail,
    )
