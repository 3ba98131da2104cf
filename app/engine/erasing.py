"""Erasing personal contents after a campaign while every chain stays whole.

What was hashed of them is a digest (``chains``): the digest is written in the place of the value. Rooms say what of theirs is personal:
``blank`` for columns of tables that no record answers for, ``step`` for the rest. One person asks, another confirms, workers do it in
chunks. Records themselves are never deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import String, cast, func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.engine import batches, chains, events
from app.engine.actor import SYSTEM, Actor
from app.engine.chain_models import Erasure, Retention
from app.engine.change_journal import restart
from app.engine.change_journal.followed_rows import STATES
from app.engine.child_instances import RUNNING
from app.engine.erased_contents import BLANK
from app.engine.errors import Conflict, NotFound
from app.engine.migration_models import InstanceMigration
from app.engine.models import Call, Event, Incident, JobRow, MessageRow, ProcessInstance, SubscriptionRow, Task
from app.engine.proof import adopt_rows

#: Less than six months is never kept.
LEAST = 183
DEFAULT = 730
#: What is kept for how long, each by its own setting.
KINDS = ("persons", "texts", "files", "staff")
_MANY = 500
NAME = "erasure"

#: Deals with the rows of a campaign after a key; returns (last key, how many were changed), or None when none were left.
Step = Callable[[Session, int, int], tuple[int, int] | None]

#: (kinds of which one is enough, what erases); those in ``_last`` come when every room is done
_steps: list[tuple[tuple[str, ...], Step]] = []
_last: list[tuple[tuple[str, ...], Step]] = []
_uploads: Path | None = None


def install(uploads: Path) -> None:
    """Where files lie that are erased with their attachments."""
    global _uploads
    _uploads = uploads


def uploads() -> Path | None:
    """The folder of ``install``."""
    return _uploads


def step(kind: str) -> Callable[[Step], Step]:
    """Register what erases contents of *kind*."""

    def register(function: Step) -> Step:
        _steps.append(((kind,), function))
        return function

    return register


def last(*kinds: str) -> Callable[[Step], Step]:
    """Register what comes after everything else when one of *kinds* is erased."""

    def register(function: Step) -> Step:
        _last.append((kinds, function))
        return function

    return register


def blank(kind: str, model: Any, **values: Any) -> None:
    """Write *values* over the columns of all rows of a campaign."""

    def erase(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
        return None if after else (1, _over(session, model, campaign_id, values))

    _steps.append(((kind,), erase))


# --- settings -------------------------------------------------------------------------------------------------------------


def days(session: Session) -> dict[str, int]:
    """Kind → days after a campaign's last instance has ended."""
    return dict.fromkeys(KINDS, DEFAULT) | {row.kind: row.days for row in session.scalars(select(Retention))}


def keep_for(session: Session, kind: str, number: int, actor: Actor) -> None:
    """Set how long a kind is kept. Conflict below six months."""
    if kind not in KINDS or not LEAST <= number <= 36_500:
        raise Conflict("retention_too_short", days=LEAST)
    before = days(session)[kind]
    if before != number:
        session.merge(Retention(kind=kind, days=number, set_by=actor.name, set_at=clock.real_now()))
        events.record(session, "retention.set", actor, detail={"kind": kind, "old": before, "new": number})


def due(session: Session, campaign_id: int) -> dict[str, datetime | None]:
    """Kind → when it may be erased (campaign time); None while the campaign runs."""
    mine = ProcessInstance.campaign_id == campaign_id
    running = select(ProcessInstance.key).where(mine, ProcessInstance.state.in_(RUNNING)).limit(1)
    last = session.scalar(select(func.max(ProcessInstance.ended_at)).where(mine))
    if last is None or session.scalar(running) is not None:
        return dict.fromkeys(KINDS)
    return {kind: last + timedelta(days=number) for kind, number in days(session).items()}


# --- two persons ----------------------------------------------------------------------------------------------------------


def ask(session: Session, campaign_id: int, kinds: list[str], reason: str, actor: Actor) -> Erasure:
    """Ask that these kinds be erased. Conflict while one of them must still be kept."""
    _require_due(session, campaign_id, kinds)
    made = Erasure(
        campaign_id=campaign_id, kinds=sorted(kinds), reason=reason[:500], requested_by=actor.name, requested_at=clock.real_now()
    )
    session.add(made)
    session.flush()
    detail = {"erasure": str(made.key), "kinds": made.kinds, "reason": made.reason}
    # Not a record of the campaign: it must not put off what it asks for.
    events.record(session, "erasure.requested", actor, subject=f"campaign:{campaign_id}", detail=detail)
    return made


def _require_due(session: Session, campaign_id: int, kinds: list[str]) -> None:
    when = due(session, campaign_id)
    for kind in kinds:
        moment = when.get(kind)
        if moment is None:
            raise Conflict("erasure_running_campaign")
        if moment > clock.now():
            raise Conflict("erasure_too_early", at=clock.local(moment).date().isoformat())
    if not kinds:
        raise Conflict("erasure_nothing")


def decide(session: Session, key: int, actor: Actor, *, confirm: bool) -> Erasure:
    """Confirm or reject, by another person than who asked."""
    row = session.get(Erasure, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("erasure", key)
    if row.state != "WAITING":
        raise Conflict("erasure_decided")
    if actor.name == row.requested_by:
        raise Conflict("erasure_same_person")
    if confirm:
        _require_due(session, row.campaign_id, row.kinds)
    row.state, row.decided_by, row.decided_at = "RUNNING" if confirm else "REJECTED", actor.name, clock.real_now()
    detail = {"erasure": str(key), "kinds": row.kinds, "requested_by": row.requested_by}
    kind = "erasure.confirmed" if confirm else "erasure.rejected"
    events.record(session, kind, actor, subject=f"campaign:{row.campaign_id}", detail=detail)
    if confirm:
        batches.begin(session, NAME, key)
    return row


# --- the work -------------------------------------------------------------------------------------------------------------


@batches.act(NAME)
def next_chunk(session: Session, key: int) -> bool:
    """Erase one more chunk; the last one is told of by a record."""
    row = session.get(Erasure, key, with_for_update=True, populate_existing=True)
    if row is None or row.state != "RUNNING":
        return False
    steps = [*_steps, *_last]
    while row.step < len(steps):
        kinds, function = steps[row.step]
        found = None if set(kinds).isdisjoint(row.kinds) else function(session, row.campaign_id, row.position)
        if found is not None:
            row.position, row.changed = found[0], row.changed + found[1]
            return True
        row.step, row.position = row.step + 1, 0
    row.state = "DONE"
    detail = {"erasure": str(key), "kinds": row.kinds, "changed": row.changed}
    events.record(session, "erasure.done", SYSTEM, subject=f"campaign:{row.campaign_id}", detail=detail)
    return False


@step("persons")
def _instances(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """Labels name people, and variables, also those that tokens carry, may hold what forms said. Nothing of the campaign runs any more."""
    if after:
        return None
    blanks: dict[Any, dict[str, Any]] = {
        ProcessInstance: {"label": BLANK, "business_key": "", "variables": {}, "tokens": b"", "result": None},
        Task: {"label": BLANK, "business_key": "", "variables": {}},
        Call: {"common": {}, "items": []},
        JobRow: {"payload": {}, "error": ""},
        MessageRow: {"variables": {}, "correlation_key": "", "message_id": cast(MessageRow.key, String)},
        SubscriptionRow: {"correlation_key": ""},
        Incident: {"message": BLANK},
        InstanceMigration: {"variables": {}, "tokens": b"", "changes": {}},
    }
    return 1, sum(_over(session, model, campaign_id, values) for model, values in blanks.items())


def _over(session: Session, model: Any, campaign_id: int, values: dict[str, Any]) -> int:
    whole = update(model).where(model.campaign_id == campaign_id).values(**values)
    return int(session.execute(whole.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def _records(session: Session, campaign_id: int, after: int, change: Callable[[Event], Any]) -> tuple[int, int] | None:
    query = select(Event).where(Event.campaign_id == campaign_id, Event.key > after).order_by(Event.key).limit(_MANY)
    found = list(session.scalars(query))
    if not found:
        return None
    changed = 0
    for entry in found:
        detail = change(entry)
        if detail != entry.detail:
            entry.detail, changed = detail, changed + 1
    return found[-1].key, changed


def _without(entry: Event, names: set[str]) -> dict[str, Any]:
    """The detail of a record with the digests of some of its free texts in their place; with the last of them goes its salt."""
    detail = {name: chains.hidden(entry.salt, name, value) if name in names else value for name, value in entry.detail.items()}
    kept = any(chains.hidden("", name, detail[name]) != detail[name] for name in chains.free_of(detail))
    entry.salt = entry.salt if kept else ""
    return detail


@step("persons")
def _ciphers(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """Encrypted values in records; those in a free text go with it."""

    def change(entry: Event) -> dict[str, Any]:
        free = chains.free_of(entry.detail)
        return {name: value if name in free else chains.without_ciphers(value) for name, value in entry.detail.items()}

    return _records(session, campaign_id, after, change)


@last(*KINDS)
def _rows(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """Tell the campaign's rows anew, as they are now: what was told of them before need not be kept any more."""
    if after:
        return None
    adopt_rows.tell(session, campaign_id)
    return 1, 0


@last(*KINDS)
def _told(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """What records told of rows before: from those digests names could be guessed."""
    epoch = restart.epoch(session, campaign_id)

    def change(entry: Event) -> dict[str, Any]:
        if STATES not in entry.detail or entry.key >= epoch:
            return entry.detail
        return _without(entry, {STATES})

    return _records(session, campaign_id, after, change)


#: Free texts that name people by themselves, or hold what forms said.
NAMING = frozenset({"label", "variables", "changes", "message", "file"})


@last("persons")
def _naming(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """All free texts of records that have one in ``NAMING``: beside a salt that others need, a name could be guessed from its digest."""

    def change(entry: Event) -> dict[str, Any]:
        return _without(entry, _erasable(entry)) if chains.free_of(entry.detail) & NAMING else entry.detail

    return _records(session, campaign_id, after, change)


@last("texts")
def _texts(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """Free texts in records, with their salt; what is told of rows has gone before, or still counts."""

    def change(entry: Event) -> dict[str, Any]:
        return _without(entry, _erasable(entry))

    return _records(session, campaign_id, after, change)


def _erasable(entry: Event) -> set[str]:
    """The free texts of a record, without what it tells of rows that still counts."""
    counts = isinstance(entry.detail.get(STATES), dict) and "" in entry.detail[STATES]
    return chains.free_of(entry.detail) - ({STATES} if counts else set())
