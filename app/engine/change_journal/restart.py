"""Every row told of once more: from then on older steps of its campaign do not count, so that they can be erased."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import events
from app.engine.actor import SYSTEM
from app.engine.change_journal import changes, followed_rows
from app.engine.change_journal.changes import States
from app.engine.models import Event

#: The record that tells rows anew. Its ``epoch`` is the key of the first of those that were written together.
KIND = "rows.told"


def is_due(session: Session) -> bool:
    """Whether every row must be told: it never was, or not for the columns that are followed now."""
    query = select(Event.detail).where(Event.kind == KIND, Event.campaign_id == 0).order_by(Event.key.desc()).limit(1)
    last = session.scalar(query)
    return last is None or last.get("fingerprint") != followed_rows.fingerprint()


def begin(session: Session, found: Sequence[dict[str, Any]] = ()) -> None:
    """Tell every row. Until then rows are not held against records.

    *found*: what was wrong with them by what had been told before (``proof.adopting``); the record keeps it for ever.
    """
    for campaign in sorted({0, *_campaigns(session)}):
        tell(session, campaign, [] if campaign else found)


def _campaigns(session: Session) -> Iterator[int]:
    for how in followed_rows.FOLLOWED.values():
        if how.campaign:
            yield from session.scalars(select(how.table.c[how.campaign]).distinct())


def epoch(session: Session, campaign: int) -> int:
    """Key of the first record that counts."""
    query = select(Event.detail).where(Event.campaign_id == campaign, Event.kind == KIND).order_by(Event.key.desc()).limit(1)
    last = session.scalar(query)
    return int(last["epoch"]) if last is not None else 0


def tell(session: Session, campaign: int, found: Sequence[dict[str, Any]] = ()) -> int:
    """Tell every row of a campaign (0: of none); returns the epoch. *found*: as for ``begin``."""
    first = 0
    for states in _pages(_steps(session, campaign)):
        entry = events.record(session, KIND, SYSTEM, campaign_id=campaign, subject=f"campaign:{campaign}" if campaign else "")
        first = first or entry.key
        known: dict[str, Any] = {"epoch": str(first), "fingerprint": followed_rows.fingerprint()}
        if entry.key == first:
            known |= {"found": list(found)} if found else {}
            known |= {"columns": followed_rows.way()} if campaign == 0 else {}
        entry.detail = {**known, followed_rows.STATES: {"": secrets.token_hex(8), **states}}
    return first


def _steps(session: Session, campaign: int) -> Iterator[tuple[str, str]]:
    row: Any
    for how in followed_rows.FOLLOWED.values():
        if not how.campaign and campaign:
            continue
        query = how.query.where(how.table.c[how.campaign] == campaign) if how.campaign else how.query
        for row in session.execute(query).mappings():
            yield how.name(row), how.digest(row)


def _pages(steps: Iterator[tuple[str, str]]) -> Iterator[States]:
    """At most so many in a record; one record at least."""
    page: States = {}
    for name, digest in steps:
        page[name] = ["", digest]
        if len(page) == changes.MOST:
            yield page
            page = {}
    yield page
