"""What was known at a moment is what had been recorded by then.

A record tells when something happened (``at``, campaign time) and when the machine wrote it (``recorded_at``). The two differ where
something was recorded later than it happened, as timers were once that a stopped worker could not serve in time. The machine's time
says nothing about a virtual clock, so two things tell that a record came late: it was written after one about something later (keys
tell the order), or so long after the one before it as its own time does not explain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.models import RecordIndex, RecordSpan
from app.audit.queries import END, Record
from app.audit.search.filling import LIGHT
from app.engine.models import Event, ProcessInstance

#: A worker that is this far behind is at work, not late.
LAG = timedelta(minutes=2)


def cut(session: Session, campaign: int, at: datetime) -> int:
    """Key of the campaign's first record of something later than *at*."""
    first = session.scalar(select(func.min(RecordSpan.first_key)).where(RecordSpan.to_at > at))
    if first is None:  # not in the index yet
        first = session.scalar(select(RecordIndex.upto).where(RecordIndex.id == 1)) or 0
    later = select(Event.key).where(Event.campaign_id == campaign, Event.key >= first, Event.at > at)
    return session.scalar(later.order_by(Event.key).limit(1)) or END


def about(session: Session, campaign: int, subjects: Collection[str], at: datetime) -> Sequence[Record]:
    """All records about *subjects* of what had happened by *at*, in the order in which they were written. One statement."""
    query = (
        select(Event, ProcessInstance)
        .outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key)
        .where(Event.campaign_id == campaign, Event.subject.in_(sorted(subjects)), Event.at <= at, Event.kind != "instance.stepped")
    )
    return [Record(event, instance) for event, instance in session.execute(query.options(*LIGHT).order_by(Event.key))]


def split(rows: Iterable[Record], at: datetime, before: int) -> tuple[list[Record], list[Record]]:
    """Those that were there at *at*, and those that came later. *before*: what ``cut`` says."""
    known: list[Record] = []
    late: list[Record] = []
    newest: Event | None = None
    for row in rows:
        written = _written(row.event, newest)
        (late if row.event.key >= before or written > at else known).append(row)
        if newest is None or row.event.at >= newest.at:
            newest = row.event
    return known, late


def _written(event: Event, newest: Event | None) -> datetime:
    """Campaign time at which a record was written, as far as the newest one before it tells."""
    if newest is None:
        return event.at
    told = newest.at + (event.recorded_at - newest.recorded_at)
    return told if told > event.at + LAG else event.at
