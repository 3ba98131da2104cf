"""What can be taken away: how many rows it has and how it is made, by the format's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.exporting import archive, log, ocel, ocel_sqlite, tables, xes
from app.audit.exporting.choice import COUNTED, Choice, records
from app.audit.filters import Filter
from app.engine.models import Event


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file."""

    name: Any
    ending: str
    media_type: str
    #: how many rows about people it has, up to ``COUNTED``
    rows: Callable[[Session, Choice], int]
    #: the file piece by piece, in the reader's language
    make: Callable[[Session, Choice, str], Iterator[bytes]]
    #: made of one campaign, not of a filtered view
    of_campaign: bool = False


def _records(session: Session, choice: Choice) -> int:
    wanted = choice.wanted
    if wanted.campaign and wanted == Filter(campaign=wanted.campaign):
        # A whole campaign: an index knows, and nothing need be read.
        some = select(Event.key).where(Event.campaign_id == wanted.campaign, Event.key <= choice.upto).limit(COUNTED).subquery()
        return session.scalar(select(func.count()).select_from(some)) or 0
    return sum(1 for _each in islice(records(session, choice), COUNTED))


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMATS = {
    "csv": Format(_l("记录（CSV）"), "csv", "text/csv", _records, tables.as_csv),
    "xlsx": Format(_l("记录（Excel）"), "xlsx", _XLSX, _records, tables.as_xlsx),
    "xes": Format(_l("流程挖掘日志（XES）"), "xes", "application/xml", log.rows, xes.as_xes, True),
    "ocel": Format(_l("对象事件日志（OCEL 2.0 JSON）"), "jsonocel", "application/json", log.rows, ocel.as_json, True),
    "ocel-sqlite": Format(
        _l("对象事件日志（OCEL 2.0 SQLite）"), "sqlite", "application/vnd.sqlite3", log.rows, ocel_sqlite.as_sqlite, True
    ),
    "archive": Format(_l("活动档案（zip，含照片和文书，可离线核验）"), "zip", "application/zip", archive.rows, archive.as_zip, True),
}
