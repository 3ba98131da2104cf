"""Messages reach exactly one receiver, or wait for one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app import clock
from app.db import new_key
from app.engine import definition_lookup, events, rows, store
from app.engine import step as steps
from app.engine.actor import Actor
from app.engine.change_journal import bulk
from app.engine.errors import Conflict
from app.engine.leases import Leased
from app.engine.models import MessageRow, ProcessInstance, SubscriptionRow
from app.engine.work import ANY, Work

#: How long an ended message is kept, beyond its time to live (campaign time).
KEPT = timedelta(days=30)


def publish(
    session: Session,
    name: str,
    correlation_key: str,
    variables: dict[str, Any],
    actor: Actor,
    *,
    time_to_live: float = 0,
    message_id: str | None = None,
    campaign_id: int = 0,
) -> MessageRow:
    """Publish; exactly one waiting instance receives it, or it waits ``time_to_live`` seconds (campaign time) for one.

    A message start event of that name starts an instance (at most one running per process and correlation key). A job delivers it, a moment
    after the commit. The same ``message_id`` again within the time to live: the first message. Campaign 0 reaches every campaign, others
    only their own instances and those without a campaign.
    """
    now = clock.now()
    first = _published(session, campaign_id, name, correlation_key, message_id) if message_id is not None else None
    if first is not None:
        if first.expires_at > now:
            return first
        session.delete(first)
        session.flush()
    message = _written(session, name, correlation_key, variables, actor, now + timedelta(seconds=time_to_live), message_id, campaign_id)
    job = rows.job("message", instance_key=0, activity_key=message.key, campaign_id=campaign_id, now=now)
    store.write(session, rows.Batch(jobs=[job]))
    return message


def _written(
    session: Session,
    name: str,
    correlation_key: str,
    variables: dict[str, Any],
    actor: Actor,
    expires_at: datetime,
    message_id: str | None,
    campaign_id: int,
) -> MessageRow:
    """The message as a row, and in the history."""
    key, now = new_key(), clock.now()
    message = MessageRow(
        key=key,
        campaign_id=campaign_id,
        name=name,
        correlation_key=correlation_key,
        message_id=message_id or str(key),
        variables=variables,
        expires_at=expires_at,
        created_at=now,
    )
    session.add(message)
    detail = {"name": name, "correlation_key": correlation_key, "message": key}
    events.record(session, "message.published", actor, at=now, campaign_id=campaign_id, detail=detail)
    return message


def correlate(
    session: Session, name: str, correlation_key: str, variables: dict[str, Any], actor: Actor, *, campaign_id: int = 0
) -> MessageRow:
    """Hand the message over in this very transaction. Conflict ``message_not_awaited`` when nobody waits for it: then nothing is kept."""
    message = _written(session, name, correlation_key, variables, actor, clock.now(), None, campaign_id)
    session.flush()
    work = Work(session, actor)
    if not _correlate(work, message):
        raise Conflict("message_not_awaited", name=name)
    work.write()
    return message


def awaited(session: Session, name: str, correlation_keys: list[str], *, campaign_id: int = 0) -> set[str]:
    """Those of *correlation_keys* for which an active instance waits for the message *name*. One statement."""
    query = (
        select(SubscriptionRow.correlation_key)
        .join(ProcessInstance, ProcessInstance.key == SubscriptionRow.instance_key)
        .where(
            SubscriptionRow.kind == "message",
            SubscriptionRow.name == name,
            SubscriptionRow.correlation_key.in_(correlation_keys),
            ProcessInstance.state == "ACTIVE",
        )
    )
    return set(session.scalars(reached(query, campaign_id)))


_PUBLISHED = select(MessageRow).where(
    MessageRow.campaign_id == bindparam("campaign"),
    MessageRow.name == bindparam("message"),
    MessageRow.correlation_key == bindparam("correlation"),
    MessageRow.message_id == bindparam("number"),
)


def _published(session: Session, campaign_id: int, name: str, correlation_key: str, message_id: str) -> MessageRow | None:
    asked = {"campaign": campaign_id, "message": name, "correlation": correlation_key, "number": message_id}
    return session.scalar(_PUBLISHED, asked)


def deliver(work: Work, job: Leased) -> None:
    """A message was published: find its receiver. Nobody waits: it waits, if it has time to live."""
    message = work.session.get(MessageRow, job.activity_key, with_for_update=True, populate_existing=True)
    if message is None or message.state != "WAITING" or _correlate(work, message):
        return
    if message.expires_at > work.now:
        expiry = rows.job(
            "message_expiry",
            instance_key=0,
            activity_key=message.key,
            campaign_id=message.campaign_id,
            now=work.now,
            due_at=message.expires_at,
        )
        work.batch.jobs.append(expiry)
    else:
        _close(work, message, "EXPIRED")


def expire(work: Work, job: Leased) -> None:
    """The time to live of a message has ended."""
    message = work.session.get(MessageRow, job.activity_key, with_for_update=True, populate_existing=True)
    if message is not None and message.state == "WAITING":
        _close(work, message, "EXPIRED")


def look(work: Work, job: Leased) -> dict[str, Any] | None:
    """A subscription was opened: a message may have come before it."""
    waits = work.session.get(SubscriptionRow, job.activity_key)
    if waits is None:
        return None
    message = _waiting(work, waits.name, waits.correlation_key, waits.campaign_id, job.created_at)
    if message is None:
        return None
    instance = work.load(waits.instance_key)
    if not _still_open(work.session, waits.key):
        return None
    _trigger(work, message, waits, instance)
    # A non-interrupting subscription stays open: there may be one more.
    return {} if not waits.interrupting else None


def look_for_start(work: Work, job: Leased) -> None:
    """An instance that a message had started has ended: the next message with this key may start one."""
    key = job.payload["correlation_key"]
    starts = select(SubscriptionRow).where(SubscriptionRow.instance_key == 0, SubscriptionRow.kind == "message")
    for waits in work.session.scalars(starts).all():
        definition = definition_lookup.get(work.session, waits.definition_key or 0)
        if definition.id == job.payload["process_id"]:
            message = _waiting(work, waits.name, key, job.campaign_id, job.created_at)
            if message is not None and _correlate(work, message):
                return


_WAITS = select(MessageRow).where(
    MessageRow.name == bindparam("message"),
    MessageRow.correlation_key == bindparam("correlation"),
    MessageRow.state == "WAITING",
    MessageRow.expires_at > bindparam("moment"),
)
_WAITING = _WAITS.order_by(MessageRow.key).limit(1).with_for_update()
_WAITING_HERE = _WAITING.where(MessageRow.campaign_id.in_((0, bindparam("campaign"))))


def _waiting(work: Work, name: str, correlation_key: str, campaign_id: int, moment: datetime) -> MessageRow | None:
    """The oldest message that waits for such a receiver; *moment*: when it came to wait, however late somebody looks."""
    asked = {"message": name, "correlation": correlation_key, "moment": moment}
    return work.session.scalar(_WAITING_HERE, {**asked, "campaign": campaign_id}) if campaign_id else work.session.scalar(_WAITING, asked)


def _correlate(work: Work, message: MessageRow) -> bool:
    """Hand the message to the oldest instance that waits for it, otherwise let it start one. False: nobody is there."""
    passed: list[int] = []
    while True:
        waits = work.session.scalar(_receivers(message, passed))
        if waits is None:
            return _start(work, message)
        passed.append(waits.key)
        instance = work.load(waits.instance_key, states=ANY)
        if instance.state == "ACTIVE" and _still_open(work.session, waits.key):
            _trigger(work, message, waits, instance)
            return True


def _receivers(message: MessageRow, passed: list[int]) -> Any:
    """The oldest open subscription of an active instance that fits, without those that were looked at."""
    query = (
        select(SubscriptionRow)
        .join(ProcessInstance, ProcessInstance.key == SubscriptionRow.instance_key)
        .where(
            SubscriptionRow.kind == "message",
            SubscriptionRow.name == message.name,
            SubscriptionRow.correlation_key == message.correlation_key,
            ProcessInstance.state == "ACTIVE",
            SubscriptionRow.key.not_in(passed),
        )
    )
    return reached(query, message.campaign_id).order_by(SubscriptionRow.key).limit(1)


def reached(query: Any, campaign_id: int) -> Any:
    return query.where(SubscriptionRow.campaign_id.in_((0, campaign_id))) if campaign_id else query


_OPEN = select(exists().where(SubscriptionRow.key == bindparam("wanted")))


def _still_open(session: Session, key: int) -> bool:
    """After the instance was locked: another transaction may have closed the subscription while this one waited."""
    return bool(session.scalar(_OPEN, {"wanted": key}))


def _trigger(work: Work, message: MessageRow, waits: SubscriptionRow, instance: ProcessInstance) -> None:
    _close(work, message, "CORRELATED", instance, waits)
    work.step(instance, steps.Trigger(waits.key, message.variables))


def _start(work: Work, message: MessageRow) -> bool:
    """Start an instance at a message start event, unless one of that process and correlation key is running."""
    starts = select(SubscriptionRow).where(
        SubscriptionRow.kind == "message", SubscriptionRow.name == message.name, SubscriptionRow.instance_key == 0
    )
    for waits in work.session.scalars(starts.order_by(SubscriptionRow.key)).all():
        definition = definition_lookup.get(work.session, waits.definition_key or 0)
        key = message.correlation_key or None
        running = and_(
            ProcessInstance.campaign_id == message.campaign_id,
            ProcessInstance.process_id == definition.id,
            ProcessInstance.start_key == key,
        )
        if key is not None and work.session.scalar(select(exists().where(running))):
            continue
        instance = work.start(definition, message.variables, element_id=waits.element_id, campaign_id=message.campaign_id, start_key=key)
        _close(work, message, "CORRELATED", instance, waits)
        return True
    return False


def _close(
    work: Work, message: MessageRow, state: str, instance: ProcessInstance | None = None, waits: SubscriptionRow | None = None
) -> None:
    """End the message's wait, once: who comes second runs again and finds it ended."""
    ended = update(MessageRow).where(MessageRow.key == message.key, MessageRow.state == "WAITING").values(state=state)
    bulk.wrote_over(work.session, message, state=state)

    def end() -> None:
        if work.session.execute(ended, execution_options=bulk.TOLD).rowcount == 0:  # type: ignore[attr-defined]
            raise StaleDataError("the message was received by somebody else")

    work.later(end)
    # Its expiry, and its delivery if that has not been run yet.
    work.batch.closed_jobs.append((0, message.key))
    events.record(
        work.session,
        f"message.{state.lower()}",
        work.actor,
        at=work.now,
        campaign_id=instance.campaign_id if instance else message.campaign_id,
        instance=instance,
        activity_key=waits.key if waits and instance and waits.instance_key else None,
        element_id=waits.element_id if waits else "",
        subject=instance.subject if instance else "",
        detail={"name": message.name, "correlation_key": message.correlation_key, "message": message.key},
    )


def forget_old(session: Session, now: datetime) -> None:
    """Delete messages that ended long ago."""
    old = delete(MessageRow).where(MessageRow.state != "WAITING", MessageRow.expires_at < now - KEPT)
    session.execute(old.execution_options(synchronize_session=False))
