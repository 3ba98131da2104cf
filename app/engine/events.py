"""Append to the record of what happened, in the transaction of what it tells.

Records wait in their session until it writes or commits: then each gets its place in a chain (``chains``) and its hash. An act on an
instance goes into that instance's chain; what is recorded beside it in the transaction of a step goes there, too; everything else goes
into the chain of the person who acts. A savepoint that is rolled back takes its records with it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event as listening
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.orm.exc import StaleDataError

from app import clock
from app.db import new_key
from app.engine import chains
from app.engine.actor import SYSTEM, Actor
from app.engine.change_journal import (
    bulk,  # noqa: F401  (sees statements)
    changes,
    engine_tables,  # noqa: F401  (what of the engine is followed)
)
from app.engine.change_journal.followed_rows import STATES
from app.engine.models import Event, ProcessInstance, Task

_WAITING = "daopai.events"
#: the record that this transaction wrote last
_LAST = "daopai.events.last"


@dataclass(slots=True)
class _Waiting:
    entry: Event
    #: the instance that this transaction holds and whose chain it goes into
    instance: ProcessInstance | None
    #: the savepoint in which it was recorded
    within: SessionTransaction | None


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
    instance: ProcessInstance | None = None,
) -> Event:
    """Add a record. ``at`` is campaign time (default: now); the machine's time is recorded beside it.

    ``instance``: the instance that it is about, if this transaction has loaded it for writing (``Work.load``).
    The record names the version of its process by which it went then; who records with ``instance_key`` does so by ``went_by``.
    """
    entry = made(
        kind,
        actor,
        at=at,
        campaign_id=campaign_id,
        instance_key=instance.key if instance is not None else instance_key,
        activity_key=activity_key,
        element_id=element_id,
        subject=subject,
        detail=detail if instance is None else {**(detail or {}), **went_by(instance.definition_key)},
    )
    if not session.in_transaction():
        session.begin()  # so that a rollback is told of, even before the first statement
    session.info.setdefault(_WAITING, []).append(_Waiting(entry, instance, session.get_nested_transaction()))
    return entry


def record_at(session: Session, kind: str, actor: Actor, task: Task, detail: dict[str, Any]) -> Event:
    """Add a record about *task*, with the version of the process by which it went."""
    return record(
        session,
        kind,
        actor,
        campaign_id=task.campaign_id,
        instance_key=task.instance_key,
        activity_key=task.key,
        element_id=task.element_id,
        subject=task.subject,
        detail={**detail, **went_by(task.definition_key)},
    )


def went_by(definition_key: int) -> dict[str, Any]:
    """What a record says about the version of the process: its instance may be migrated later."""
    return {"definition": str(definition_key)}


def made(
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
    """A record without a place: whoever asks for it links it (``chains.append``)."""
    return Event(
        key=new_key(),
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


def write(session: Session, stepped: ProcessInstance | None = None) -> bool:
    """Link what waits and hand it to the session; whether there was anything. With it goes what happened to followed rows.

    *stepped*: the instance that this transaction moves; it takes what is recorded beside.
    """
    told = list(changes.take(session))  # may flush, which leaves what waits where it is
    waiting: list[_Waiting] = session.info.pop(_WAITING, [])
    beside = session.info[_LAST] = waiting[-1] if waiting else session.info.get(_LAST)
    for campaign, states in told:
        _tell(session, waiting, campaign, states, beside)
    outside = []
    for each in waiting:
        instance = each.instance or stepped
        if instance is None:
            outside.append(each.entry)
        else:
            chains.append_to_instance(instance, each.entry)
    if outside:
        chains.append_outside(session, outside)
    session.add_all(each.entry for each in waiting)
    return bool(waiting)


def _tell(session: Session, waiting: list[_Waiting], campaign: int, states: changes.States, beside: _Waiting | None) -> None:
    """Put the changes of rows into the newest record of their campaign; one of their own, as *beside*, when there is none that is free."""
    free = (each for each in reversed(waiting) if each.entry.campaign_id == campaign and STATES not in each.entry.detail)
    found = next(free, None)
    if found is None:
        by = Actor(beside.entry.actor, beside.entry.on_behalf_of, beside.entry.origin) if beside else SYSTEM
        entry = made("rows.written", by, at=beside.entry.at if beside else None, campaign_id=campaign)
        found = _Waiting(entry, beside.instance if beside else None, session.get_nested_transaction())
        waiting.append(found)
    found.entry.detail = {**found.entry.detail, **stated(states)}


def stated(states: changes.States) -> dict[str, Any]:
    """What a record says of changed rows. The nonce keeps them from being guessed once the digests are erased."""
    return {STATES: {"": secrets.token_hex(8), **states}}


@listening.listens_for(Session, "before_commit")
def _at_commit(session: Session) -> None:
    savepoint = session.get_nested_transaction()
    if savepoint is not None:
        # What a savepoint keeps belongs to what is around it.
        around = savepoint.parent if savepoint.parent is not None and savepoint.parent.nested else None
        changes.kept(session, savepoint, around)
        for each in session.info.get(_WAITING, ()):
            each.within = around if each.within is savepoint else each.within
        return
    if not write(session):
        return
    try:
        session.flush()
    except IntegrityError as error:
        # Somebody else made the same chain, or wrote the same place in it.
        if any(name in (error.statement or "").lower() for name in ("into chain", "into event")):
            raise StaleDataError("somebody else recorded this first") from error
        raise


@listening.listens_for(Session, "after_transaction_end")
def _at_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_WAITING, None)
        session.info.pop(_LAST, None)
        changes.forget(session)


@listening.listens_for(Session, "after_soft_rollback")
def _at_rollback(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        changes.undone(session, transaction)
    waiting = session.info.get(_WAITING, [])
    session.info[_WAITING] = [each for each in waiting if each.within is not transaction] if transaction.nested else []
