"""Acts on many instances: kept as rows, done by the job worker one after the other, each in a transaction of its own.

One that fails is listed with its cause and does not stop the others. Who comes to the page later sees how far it has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app import clock, exact_json
from app.acts import operating, privacy
from app.db import new_key
from app.engine import batches, events, rehearsal, token_moves
from app.engine.actor import Actor
from app.engine.errors import EngineError, NotFound
from app.engine.models import Event, JobRow, ProcessInstance
from app.modeler.operations.errors import Conflict, NotYet, rehearsed
from app.modeler.operations.models import OperationBatch, OperationItem

#: The name under which the engine's workers know these batches.
NAME = "operations"
#: Rows per statement.
_MANY = 500
#: Records of one person's batches that may have been written in the moment in which a batch began.
_NEAR = 20


def begin(
    session: Session, kind: str, targets: Iterable[tuple[int, int | None]], actor: Actor, *, reason: str, **more: Any
) -> OperationBatch:
    """Keep an act on many and let the workers begin. *targets*: key of the instance (incident, migration) and of the instance it is in."""
    wanted = list(dict.fromkeys(targets))
    if not wanted:
        raise Conflict("nothing_chosen")
    if kind not in ("rehearse", "retry"):
        reason = operating.stated(reason)
    batch = OperationBatch(
        campaign_id=_campaign(session, [instance for _key, instance in wanted if instance]),
        kind=kind,
        reason=reason.strip(),
        actor=actor.name,
        origin=actor.origin,
        created_at=clock.now(),
        total=len(wanted),
        **more,
    )
    session.add(batch)
    session.flush()
    for start in range(0, len(wanted), _MANY):
        session.execute(
            insert(OperationItem),
            [
                {"key": new_key(), "campaign_id": batch.campaign_id, "batch_key": batch.key, "target_key": key, "instance_key": instance}
                for key, instance in wanted[start : start + _MANY]
            ],
        )
    detail = {"batch": str(batch.key), "act": kind, "total": batch.total, "reason": batch.reason, "mapping": batch.mapping or {}}
    events.record(session, "batch.started", actor, campaign_id=batch.campaign_id, detail=detail)
    batches.begin(session, NAME, batch.key, campaign_id=batch.campaign_id)
    return batch


def _campaign(session: Session, instances: list[int]) -> int:
    """The campaign of all these instances; 0 where they are of several (the first few hundred tell)."""
    found = session.scalars(select(ProcessInstance.campaign_id).where(ProcessInstance.key.in_(instances[:_MANY])).distinct()).all()
    return found[0] if len(found) == 1 else 0


def find(session: Session, key: int) -> OperationBatch:
    """The batch; ``NotFound`` when there is none."""
    found = session.get(OperationBatch, key)
    if found is None:
        raise NotFound("batch", key)
    return found


def counts(session: Session, keys: Iterable[int]) -> dict[int, dict[str, int]]:
    """Batch → state of an item → how many. One statement."""
    query = (
        select(OperationItem.batch_key, OperationItem.state, func.count())
        .where(OperationItem.batch_key.in_(list(keys)))
        .group_by(OperationItem.batch_key, OperationItem.state)
    )
    found: dict[int, dict[str, int]] = {}
    for key, state, number in session.execute(query):
        found.setdefault(key, {"WAITING": 0, "DONE": 0, "FAILED": 0})[state] = number
    return found


@batches.act(NAME)
def do_next(session: Session, batch_key: int) -> bool:
    """Do the next item of a batch; False when there is none left."""
    batch = find(session, batch_key)
    query = select(OperationItem).where(OperationItem.batch_key == batch_key, OperationItem.state == "WAITING")
    item = session.scalar(query.order_by(OperationItem.key).limit(1).with_for_update())
    if item is None:
        batch.finished_at = clock.now()
        session.flush()
        return False
    # Read before the savepoint: what it rolls back must not be asked for again.
    by, kind, target = _by(session, batch), batch.kind, item.target_key
    state, cause, cause_en, result = "DONE", "", "", None
    try:
        with session.begin_nested():
            result = _ACTS[kind](session, batch, target, by)
    except StaleDataError:
        raise  # somebody else was at it: the whole transaction runs again
    except EngineError as error:
        state, (cause, cause_en) = "FAILED", _told(error)
    except Exception as error:  # one that fails does not stop the others; it says why
        state, cause = "FAILED", privacy.message(f"{type(error).__name__}: {error}")
        cause_en = cause
    item.state, item.cause, item.cause_en = state, cause, cause_en
    item.result_key = result if isinstance(result, int) else None
    if isinstance(result, tuple):
        item.cause, item.cause_en = result
    session.flush()
    return True


def _by(session: Session, batch: OperationBatch) -> Actor:
    """Who began the batch, for whom and from where, as the record of it says: each act of it says the same."""
    begun = select(Event).where(Event.campaign_id == batch.campaign_id, Event.actor == batch.actor, Event.key > batch.key)
    for event in session.scalars(begun.where(Event.kind == "batch.started").order_by(Event.key).limit(_NEAR)):
        if event.detail.get("batch") == str(batch.key):
            return Actor(event.actor, event.on_behalf_of, event.origin)
    return Actor(batch.actor, origin=batch.origin)


def _told(error: EngineError) -> tuple[str, str]:
    say = getattr(error, "text", None)
    zh, en = (say("zh"), say("en")) if say else (str(error), str(error))
    return privacy.message(zh), privacy.message(en)


# --- acts: what they return is the key of what they made, or a remark in Chinese and English ------------------------------

_Act = Callable[[Session, OperationBatch, int, Actor], int | tuple[str, str] | None]


def _migrate(session: Session, batch: OperationBatch, target: int, by: Actor) -> int:
    made = operating.migrate(session, target, batch.to_key or 0, batch.mapping, by, batch.reason, recompute=batch.recompute)
    return made.key


def _rehearse(session: Session, batch: OperationBatch, target: int, _by: Actor) -> tuple[str, str]:
    instance = session.get(ProcessInstance, target)
    if instance is None:
        raise NotFound("instance", target)
    found = rehearsal.plan(session, instance, batch.to_key or 0, batch.mapping, recompute=batch.recompute)
    if found.verdict != rehearsal.FINE:
        raise NotYet(found)
    return rehearsed(found)


def _take_back(session: Session, batch: OperationBatch, target: int, by: Actor) -> None:
    operating.take_back_migration(session, target, by, batch.reason)


def _cancel(session: Session, batch: OperationBatch, target: int, by: Actor) -> None:
    operating.cancel(session, target, by, batch.reason)


def _suspend(session: Session, batch: OperationBatch, target: int, by: Actor) -> None:
    operating.suspend(session, target, by, batch.reason)


def _resume(session: Session, batch: OperationBatch, target: int, by: Actor) -> None:
    operating.resume(session, target, by, batch.reason)


def _variable(session: Session, batch: OperationBatch, target: int, by: Actor) -> None:
    for path, written in batch.mapping.items():
        operating.set_variables(session, target, {path: exact_json.loads(written)}, by, batch.reason)


def _move(session: Session, batch: OperationBatch, target: int, by: Actor) -> None:
    """Every token at the named element, in this instance."""
    instance = session.get(ProcessInstance, target)
    if instance is None:
        raise NotFound("instance", target)
    ((source, to),) = batch.mapping.items()
    tokens = [place.key for place in token_moves.places(instance) if place.element_id == source and not place.waits]
    if not tokens:
        raise Conflict("token_gone")
    for key in tokens:
        operating.move_token(session, target, key, to, by, batch.reason)


def _timer(session: Session, batch: OperationBatch, target: int, by: Actor) -> None:
    """Every timer at the named element fires now."""
    waiting = select(JobRow.key).where(
        JobRow.instance_key == target, JobRow.kind == "timer", JobRow.element_id.in_(list(batch.mapping)), JobRow.state == "READY"
    )
    keys = list(session.scalars(waiting))
    if not keys:
        raise Conflict("timer_gone")
    for key in keys:
        operating.pull_timer(session, target, key, clock.now(), by, batch.reason)


def _retry(session: Session, _batch: OperationBatch, target: int, by: Actor) -> None:
    operating.retry(session, target, by)


_ACTS: dict[str, _Act] = {
    "migrate": _migrate,
    "rehearse": _rehearse,
    "take_back": _take_back,
    "cancel": _cancel,
    "suspend": _suspend,
    "resume": _resume,
    "retry": _retry,
    "variable": _variable,
    "move": _move,
    "timer": _timer,
}
