"""Fills the term index behind the records, a chunk at a time, in transactions of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, defer

from app import clock
from app.audit.models import RecordIndex, RecordSpan
from app.audit.search import store, terms
from app.db import Database
from app.engine.housekeeping import chore
from app.engine.models import Event, ProcessInstance

#: Records of one transaction: a few hundredths of a second of SQLite's write lock.
CHUNK = 400
#: Records of one stretch, about.
STRETCH = 2_000
#: Chunks between two looks for jobs.
CHUNKS_AT_ONCE = 3
#: Milliseconds for which records stay out of the index: a transaction that took its keys earlier may still be open.
SETTLED = 120_000
#: What an instance carries that no reader of records needs.
LIGHT = tuple(defer(column) for column in (ProcessInstance.tokens, ProcessInstance.variables, ProcessInstance.result))
_EPOCH = 1_577_836_800_000


def fill(db: Database, *, chunk: int = CHUNK, settled: int = SETTLED) -> int:
    """Put the next records into the index; returns how many. 0: it is up to date, or somebody else is at it."""
    with db.reading() as session:
        upto = session.scalar(select(RecordIndex.upto).where(RecordIndex.id == 1)) or 0
        sound = upto == 0 or store.holds(session, upto)
        rows = _next(session, upto, _horizon(settled), chunk)
    if not sound:
        db.in_transaction(lambda write: _begin_again(write, upto))
        return fill(db, chunk=chunk, settled=settled)
    if not rows:
        return 0
    found = [(record.key, terms.of(record, instance)) for record, instance in rows]
    times = [record.at for record, _instance in rows]
    return db.in_transaction(lambda write: _write(write, upto, found, min(times), max(times)))


@chore
def keep_up(db: Database) -> None:
    """A worker's share between jobs: a few chunks, so that jobs do not wait for a long list."""
    for _ in range(CHUNKS_AT_ONCE):
        if fill(db) < CHUNK:
            return


def fill_all(db: Database, *, settled: int = 0, chunk: int = 5_000) -> int:
    """Fill until nothing is left, e.g. in tests and tools."""
    total = 0
    while done := fill(db, chunk=chunk, settled=settled):
        total += done
    return total


def _next(session: Session, upto: int, horizon: int, chunk: int) -> Sequence[Any]:
    query = select(Event, ProcessInstance).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key).options(*LIGHT)
    return session.execute(query.where(Event.key > upto, Event.key <= horizon).order_by(Event.key).limit(chunk)).all()


def _write(session: Session, upto: int, found: list[tuple[int, list[int]]], first: datetime, last: datetime) -> int:
    """Move the mark first: of two that fill the same chunk, the second finds it moved and leaves it."""
    moved: Any = session.execute(update(RecordIndex).where(RecordIndex.id == 1, RecordIndex.upto == upto).values(upto=found[-1][0]))
    if moved.rowcount == 0:
        return 0
    store.write(session, found)
    _note_span(session, found[0][0], found[-1][0], len(found), first, last)
    return len(found)


def begin_again(session: Session) -> None:
    """Forget every record's words: contents were erased. The index fills itself from what is left."""
    _begin_again(session, session.scalar(select(RecordIndex.upto).where(RecordIndex.id == 1)) or 0)


def _begin_again(session: Session, upto: int) -> None:
    """The index was lost, or made by an earlier version. Meanwhile searches read the records."""
    moved: Any = session.execute(update(RecordIndex).where(RecordIndex.id == 1, RecordIndex.upto == upto).values(upto=0))
    if moved.rowcount:
        session.execute(delete(RecordSpan))
        store.make_again(session)


def _note_span(session: Session, first_key: int, last_key: int, count: int, first: datetime, last: datetime) -> None:
    """Lengthen the last stretch, or begin another one."""
    span = session.scalar(select(RecordSpan).order_by(RecordSpan.last_key.desc()).limit(1))
    if span is not None and span.records < STRETCH:
        first_key, count = span.first_key, count + span.records
        first, last = min(first, span.from_at), max(last, span.to_at)
        session.delete(span)
    session.add(RecordSpan(last_key=last_key, first_key=first_key, records=count, from_at=first, to_at=last))
    session.flush()


def _horizon(settled: int) -> int:
    return (int(clock.real_now().timestamp() * 1000) - settled - _EPOCH + 1) << 22
