"""Open an uploaded workbook safely and hand out its rows."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.campaign.importing.columns import Column, Sheets
from app.campaign.importing.texts import say
from app.lazy_import import Later

openpyxl = Later("openpyxl")

#: largest file, and largest content after unpacking, in bytes
FILE_LIMIT = 30 * 1024 * 1024
UNPACKED_LIMIT = 400 * 1024 * 1024
#: largest part that is read into memory as a whole (texts, styles), in bytes after unpacking; sheets are read row by row
PART_LIMIT = 100 * 1024 * 1024
#: most rows and columns of a sheet: what a file claims to have is not believed
ROW_LIMIT, COLUMN_LIMIT = 300_000, 300

Progress = Callable[[int], None]


class BadWorkbook(ValueError):
    """The file cannot be read; the message says why and what to do."""


@dataclass(slots=True)
class CellError:
    """One mistake. ``row`` counts from 1 as in the sheet, ``column`` from 0; -1: the whole row."""

    sheet: str
    row: int
    column: int
    text: str
    #: a warning does not stop the import
    warning: bool = False


@dataclass(slots=True)
class Sheet:
    """A sheet as it was uploaded: heading and rows, each cell as Excel holds it."""

    name: str
    heading: list[Any]
    #: column key (with ``|source``) → index in the row
    index: dict[str, int]
    #: (row number as in the sheet, cells)
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)


def name_of(column: Column) -> str:
    """A column's name within its sheet: its key, with the source behind it where there is one."""
    return f"{column.key}|{column.source}" if column.source else column.key


def read(
    content: bytes, wanted: Sheets, *, optional: Collection[str] = (), progress: Progress = lambda _rows: None
) -> tuple[dict[str, Sheet], list[CellError]]:
    """The *wanted* sheets, and what is wrong with their headings. Raises ``BadWorkbook``; empty rows are left out."""
    _look_inside(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # openpyxl raises whatever a broken part makes it raise
        raise BadWorkbook(say("cannot_open")) from error
    found: dict[str, Sheet] = {}
    errors: list[CellError] = []
    seen = 0
    for name, columns in wanted.items():
        if name not in book.sheetnames:
            if name not in optional:
                raise BadWorkbook(say("no_sheet", sheet=name))
            continue
        book[name].reset_dimensions()
        rows = book[name].iter_rows(max_row=ROW_LIMIT + 1, max_col=COLUMN_LIMIT, values_only=True)
        sheet = _heading(name, columns, list(next(rows, ())), errors)
        for row in _rows(name, rows, len(sheet.heading)):
            sheet.rows.append(row)
            seen += 1
            if seen % 1000 == 0:
                progress(seen)
        found[name] = sheet
    book.close()
    progress(seen)
    return found, errors


def _look_inside(content: bytes) -> None:
    """Refuse what is no workbook, unpacks to too much, or carries a document type."""
    if len(content) > FILE_LIMIT:
        raise BadWorkbook(say("too_large"))
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise BadWorkbook(say("no_xlsx")) from error
    whole = [part.file_size for part in parts if not part.filename.startswith("xl/worksheets/")]
    if sum(part.file_size for part in parts) > UNPACKED_LIMIT or max(whole, default=0) > PART_LIMIT or len(parts) > 2000:
        raise BadWorkbook(say("unpacked"))
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                if b"<!DOCTYPE" in stream.read(4096).upper():
                    raise BadWorkbook(say("doctype"))


def _heading(name: str, columns: tuple[Column, ...], heading: list[Any], errors: list[CellError]) -> Sheet:
    """Find the columns by their titles, in any order; what is not known is left alone, what is missing and needed is an error."""
    titles = {_plain(str(cell)): number for number, cell in reversed(list(enumerate(heading))) if cell is not None}
    index = {}
    for column in columns:
        place = titles.get(_plain(column.zh), titles.get(_plain(column.en)))
        if place is not None:
            index[name_of(column)] = place
        elif column.required:
            errors.append(CellError(name, 1, -1, say("no_column", column=column.zh)))
    return Sheet(name, heading[: len(_used(heading))], index)


def _plain(title: str) -> str:
    """A heading without its star and blanks; full-width and half-width signs are the same."""
    return unicodedata.normalize("NFKC", title).strip().rstrip("*").replace(" ", "").lower()


def _used(row: Sequence[Any]) -> list[Any]:
    """A row without the empty cells at its end."""
    end = next((place for place in range(len(row), 0, -1) if row[place - 1] not in (None, "")), 0)
    return list(row[:end])


def _rows(name: str, rows: Iterator[tuple[Any, ...]], width: int) -> Iterator[tuple[int, list[Any]]]:
    """Row number and cells of each row that has any, as wide as the heading at least."""
    for number, row in enumerate(rows, start=2):
        if number > ROW_LIMIT:
            raise BadWorkbook(say("too_many_rows", sheet=name, count=ROW_LIMIT))
        if cells := _used(row):
            yield number, cells + [None] * (width - len(cells))
