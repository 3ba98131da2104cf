"""Columns beside a process instance, for queries that are made anyway."""

from __future__ import annotations

from sqlalchemy import exists, select

from app.engine.models import Event, Incident, ProcessInstance

#: Has it open incidents?
HAS_INCIDENTS = exists().where(Incident.instance_key == ProcessInstance.key, Incident.state == "OPEN")
#: Campaign time of its newest record.
LAST_AT = (
    select(Event.at)
    .where(Event.chain == ProcessInstance.key, Event.seq == ProcessInstance.chain_length)
    .correlate(ProcessInstance)
    .scalar_subquery()
)
