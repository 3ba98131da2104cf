"""Signals reach everybody who waits for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import new_key
from app.engine import definition_lookup, events, messages, rows, store
from app.engine import step as steps
from app.engine.actor import Actor
from app.engine.leases import Leased
from app.engine.models import SubscriptionRow
from app.engine.work import Work


def broadcast(session: Session, name: str, variables: dict[str, Any], actor: Actor, *, campaign_id: int = 0) -> None:
    """Reach every waiting instance and every signal start event, a moment after the commit."""
    now = clock.now()
    events.record(session, "signal.sent", actor, at=now, campaign_id=campaign_id, detail={"name": name})
    payload = {"name": name, "variables": variables}
    row = rows.job("signal", instance_key=0, activity_key=new_key(), campaign_id=campaign_id, now=now, payload=payload)
    store.write(session, rows.Batch(jobs=[row]))


def spread(work: Work, job: Leased) -> None:
    """A signal was sent: one delivery for each who waits, so that none holds up another."""
    waiting = select(SubscriptionRow).where(SubscriptionRow.kind == "signal", SubscriptionRow.name == job.payload["name"])
    waiting = messages.reached(waiting, job.campaign_id).order_by(SubscriptionRow.key)
    for waits in work.session.scalars(waiting).all():
        work.batch.jobs.append(
            rows.job(
                "signal_delivery",
                instance_key=waits.instance_key,
                activity_key=waits.key,
                element_id=waits.element_id,
                # A non-interrupting wait may have several signals before it.
                occurrence=new_key() & 0x7FFFFFFF,
                campaign_id=waits.campaign_id or job.campaign_id,
                now=work.now,
                payload=job.payload,
            )
        )


def signal(work: Work, job: Leased) -> None:
    """Hand a signal to one who waits."""
    waits = work.session.get(SubscriptionRow, job.activity_key)
    if waits is None:
        return
    variables = job.payload["variables"]
    if waits.instance_key:
        instance = work.load(waits.instance_key)
        work.record("signal.received", instance, key=waits.key, element_id=waits.element_id, detail={"name": waits.name})
        work.step(instance, steps.Trigger(waits.key, variables))
        return
    definition = definition_lookup.get(work.session, waits.definition_key or 0)
    work.start(definition, variables, element_id=waits.element_id, campaign_id=job.campaign_id)
