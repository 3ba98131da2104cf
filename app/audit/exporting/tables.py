"""Records as a table: CSV and xlsx. Personal values are masked as on the page, and no cell is ever a formula."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.audit import descriptions, sentence_lookups, stored, wording
from app.audit.exporting.choice import Choice, batches, records
from app.audit.exporting.texts import COLUMNS
from app.audit.queries import Record
from app.audit.search import terms
from app.lazy_import import Later

xlsxwriter = Later("xlsxwriter")

#: What a spreadsheet may run when a cell begins with it; full-width signs, too, where East Asian input is usual.
_RUN = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
#: A cell of a workbook holds no more.
LONGEST = 32_767
#: Rows below the heading of one sheet.
SHEET = 1_000_000


def inert(text: str) -> str:
    """*text* with a quote mark before it where a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(_RUN) else text


def heading(locale: str) -> list[str]:
    return [wording.both(zh, en, locale) for zh, en, _width in COLUMNS]


def lines(session: Session, choice: Choice, locale: str) -> Iterator[list[str]]:
    """The cells of every record, inert."""
    for some in batches(records(session, choice)):
        around = sentence_lookups.load(session, some)
        for row in some:
            yield [inert(cell) for cell in _cells(row, around, locale)]


def _cells(row: Record, around: sentence_lookups.Surroundings, locale: str) -> list[str]:
    event, instance = row.event, row.instance
    return [
        str(event.key),
        f"{clock.local(event.at):%Y-%m-%d %H:%M:%S}",
        f"{clock.local(event.recorded_at):%Y-%m-%d %H:%M:%S}",
        event.kind,
        descriptions.kind_name(event.kind, locale),
        descriptions.sentence(row, around, "zh"),
        descriptions.sentence(row, around, "en"),
        event.actor,
        event.on_behalf_of,
        event.origin,
        str(event.campaign_id or ""),
        instance.process_id if instance else "",
        str(event.instance_key or ""),
        event.element_id,
        event.subject,
        terms.village_of(event, instance),
        terms.household_of(event),
        json.dumps(stored.detail(event), ensure_ascii=False),
        str(event.chain),
        str(event.seq),
        event.hash,
    ]


def as_csv(session: Session, choice: Choice, locale: str) -> Iterator[bytes]:
    """UTF-8 with its mark, every cell quoted: where the semicolon separates, no part of a text becomes a cell of its own."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(heading(locale))
    yield "\ufeff".encode()
    for some in batches(lines(session, choice, locale)):
        writer.writerows(some)
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def as_xlsx(session: Session, choice: Choice, locale: str) -> Iterator[bytes]:
    """A workbook of text cells, written to a file row by row."""
    with tempfile.TemporaryDirectory(prefix="daopai-export-") as folder:
        path = Path(folder, "records.xlsx")
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(path), {**options, "strings_to_numbers": False}) as book:
            rest = lines(session, choice, locale)
            number = 1
            while _sheet(book, number, rest, locale):
                number += 1
        yield from content(path)


def _sheet(book: Any, number: int, rest: Iterable[list[str]], locale: str) -> bool:
    """One sheet of the workbook; whether it is full."""
    sheet, bold = book.add_worksheet(f"{number}"), book.add_format({"bold": True})
    sheet.freeze_panes(1, 1)
    for column, (_zh, _en, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
    sheet.write_row(0, 0, heading(locale), bold)
    last = 0
    for last, cells in enumerate(islice(rest, SHEET), start=1):
        for column, text in enumerate(cells):
            sheet.write_string(last, column, text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
    return last == SHEET


def content(path: Path) -> Iterator[bytes]:
    """A file piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(1 << 16):
            yield piece
