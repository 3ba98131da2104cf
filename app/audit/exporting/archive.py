"""A whole campaign's archive, and how much is in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.audit.exporting.choice import COUNTED, Choice
from app.audit.exporting.tables import content
from app.engine import contents, erasing
from app.engine.models import Event
from app.engine.proof import verify_records, write_archive


def rows(session: Session, choice: Choice) -> int:
    """How many records and attached files the campaign has, up to ``COUNTED`` of each kind."""
    return sum(_count(session, table, choice) for table in (Event.__table__, *(contents.COVERED[name][0] for name in contents.FILES)))


def _count(session: Session, table: Any, choice: Choice) -> int:
    some = select(table.c.key).where(table.c.campaign_id == choice.wanted.campaign).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def as_zip(session: Session, choice: Choice, _locale: str) -> Iterator[bytes]:
    """The archive as of now: chains end where they end, so what came after the request is in it, too."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with tempfile.TemporaryDirectory(prefix="daopai-export-") as folder:
        path = Path(folder, "archive.zip")
        with verify_records.snapshot(engine) as connection:
            write_archive.write(connection, choice.wanted.campaign, path, erasing.uploads())
        yield from content(path)
