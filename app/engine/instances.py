"""Suspending and resuming whole trees of instances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session, aliased

from app import clock
from app.engine import chains, events, rows
from app.engine.actor import Actor
from app.engine.change_journal import changes
from app.engine.errors import NotFound
from app.engine.models import JobRow, ProcessInstance, SubscriptionRow
from app.engine.work import require

#: Rows per statement; SQLite allows 32,766 parameters.
_MANY = 500


def suspend(session: Session, instance_key: int, actor: Actor, *, reason: str = "") -> None:
    """Hold an instance: no task can be completed, no job runs, until ``resume``. Children too."""
    _require(session, instance_key, "ACTIVE")
    # Again until nothing is found: a child may have been started while this transaction waited for its parent.
    while keys := _tree(session, instance_key, "ACTIVE"):
        _set(session, keys, "ACTIVE", "SUSPENDED", "instance.suspended", actor, reason)
        for some in _chunks(keys):
            # A new fence: a worker that is busy with such a job cannot finish it.
            session.execute(
                update(JobRow)
                .where(JobRow.instance_key.in_(some), JobRow.state == "READY")
                .values(state="SUSPENDED", fence=JobRow.fence + 1, lease_until=None)
                .execution_options(synchronize_session=False)
            )


def resume(session: Session, instance_key: int, actor: Actor, *, reason: str = "") -> None:
    """Let a suspended instance go on, and its children. What became due meanwhile runs now, in order."""
    _require(session, instance_key, "SUSPENDED")
    now = clock.now()
    keys = _tree(session, instance_key, "SUSPENDED")
    _set(session, keys, "SUSPENDED", "ACTIVE", "instance.resumed", actor, reason)
    for some in _chunks(keys):
        session.execute(
            update(JobRow)
            .where(JobRow.instance_key.in_(some), JobRow.state == "SUSPENDED")
            .values(state="READY", created_at=now)
            .execution_options(synchronize_session=False)
        )
        _look_for_messages(session, some, now)


def _look_for_messages(session: Session, keys: Sequence[int], now: datetime) -> None:
    """Messages that came meanwhile may wait for these instances."""
    looking = select(JobRow.activity_key).where(JobRow.instance_key.in_(keys), JobRow.kind == "subscription")
    waits = session.execute(
        select(SubscriptionRow).where(
            SubscriptionRow.instance_key.in_(keys), SubscriptionRow.kind == "message", SubscriptionRow.key.not_in(looking)
        )
    ).scalars()
    jobs = [
        rows.job(
            "subscription",
            instance_key=wait.instance_key,
            activity_key=wait.key,
            element_id=wait.element_id,
            campaign_id=wait.campaign_id,
            now=now,
        )
        for wait in waits
    ]
    if jobs:
        session.execute(insert(JobRow), jobs)


def _require(session: Session, instance_key: int, state: str) -> None:
    top = session.get(ProcessInstance, instance_key, with_for_update=True, populate_existing=True)
    if top is None:
        raise NotFound("instance", instance_key)
    require(top, (state,))


def _tree(session: Session, instance_key: int, state: str) -> list[int]:
    """The instance and all its descendants, those in *state*."""
    below = select(ProcessInstance.key, ProcessInstance.state).where(ProcessInstance.key == instance_key).cte("below", recursive=True)
    child = aliased(ProcessInstance)
    below = below.union_all(select(child.key, child.state).join(below, child.parent_key == below.c.key))
    return list(session.scalars(select(below.c.key).where(below.c.state == state)))


def _set(session: Session, keys: list[int], before: str, after: str, kind: str, actor: Actor, reason: str) -> None:
    for some in _chunks(keys):
        # The revision makes a step that is being computed from the old state run again.
        session.execute(
            update(ProcessInstance)
            .where(ProcessInstance.key.in_(some), ProcessInstance.state == before)
            .values(state=after, revision=ProcessInstance.revision + 1)
            .execution_options(synchronize_session=False)
        )
        _record(session, some, kind, actor, reason)
    for held in session.identity_map.values():
        if isinstance(held, ProcessInstance) and held.key in keys:
            session.expire(held)


#: Read under the lock that the change of state has taken.
_HEADS = ("key", "campaign_id", "subject", "definition_key", "chain_length", "chain_head")
_LINK = (
    update(ProcessInstance)
    .where(ProcessInstance.key == bindparam("wanted"))
    .values(chain_length=bindparam("length"), chain_head=bindparam("head"))
)


def _record(session: Session, keys: Sequence[int], kind: str, actor: Actor, reason: str) -> None:
    """One record in the chain of each instance, without loading their tokens."""
    columns = [getattr(ProcessInstance, name) for name in _HEADS]
    heads = []
    names = {f"process_instance:{key}" for key in keys}
    told = {name: step for _campaign, states in changes.take(session, names) for name, step in states.items()}
    for row in session.execute(select(*columns).where(ProcessInstance.key.in_(keys))).all():
        name = f"process_instance:{row.key}"
        states = events.stated({name: told[name]}) if name in told else {}
        detail = {"reason": reason, **events.went_by(row.definition_key), **states}
        entry = events.made(kind, actor, campaign_id=row.campaign_id, instance_key=row.key, subject=row.subject, detail=detail)
        head = chains.append(entry, row.key, row.chain_length, row.chain_head)
        heads.append({"wanted": row.key, "length": entry.seq, "head": head})
        session.add(entry)
    session.flush()
    session.connection().execute(_LINK, heads)


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for index in range(0, len(keys), _MANY):
        yield keys[index : index + _MANY]
