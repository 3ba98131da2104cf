"""Workbooks that go out: the template, and the uploaded rows with their mistakes marked. No cell is ever a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app import unreadable
from app.campaign.importing import texts
from app.campaign.importing.columns import FOUR, Column, Sheets
from app.campaign.importing.reading import CellError, Sheet
from app.campaign.importing.texts import say
from app.lazy_import import Later

xlsxwriter = Later("xlsxwriter")

#: more marks than this help nobody and make the file slow
MARK_LIMIT = 5000

FONT = {"font_name": texts.FONT, "font_size": 10, "valign": "vcenter"}
HEADING = {**FONT, "bold": True, "bg_color": "#EDE9E0", "border": 1, "border_color": "#BDB6A6", "text_wrap": True}


def new_book(buffer: io.BytesIO) -> Any:
    """A workbook to write in which nothing that looks like a formula, a link or a number in text becomes one."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return xlsxwriter.Workbook(buffer, {**options, "default_date_format": "yyyy-mm-dd", "remove_timezone": True})


def inert(text: str) -> bool:
    """Whether Excel would take this text for text even when somebody edits the cell."""
    return not text.startswith(("=", "+", "-", "@", "\t", "\r"))


def write_cell(sheet: Any, row: int, column: int, value: Any, plain: Any, quoted: Any) -> None:
    """A cell that is never run: text as text, with Excel's quote mark where it could be taken for a formula."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, plain)
    elif isinstance(value, bool):
        sheet.write_string(row, column, texts.YES if value else texts.NO, plain)
    elif isinstance(value, int | float) and abs(value) < 1e15:
        sheet.write_number(row, column, value, plain)
    elif isinstance(value, unreadable.Unreadable):
        sheet.write_string(row, column, unreadable.WORDS, plain)
    elif isinstance(value, datetime | date):
        sheet.write_string(row, column, value.isoformat()[:10], plain)
    else:
        text = str(value)[:32000]
        sheet.write_string(row, column, text, plain if inert(text) else quoted)


def template(wanted: Sheets, lists: Mapping[str, Sequence[tuple[str, str]]]) -> bytes:
    """The empty workbook: headings, drop-downs, a sheet that documents every column, and the code lists (name → code and label)."""
    buffer = io.BytesIO()
    book = new_book(buffer)
    head = book.add_format(HEADING)
    needed = book.add_format({**HEADING, "font_color": "#B4372A"})
    text = book.add_format({**FONT, "num_format": "@"})
    for name, columns in wanted.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        sheet.set_row(0, 42)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, 22 if column.kind == "id_number" else 14, text)
            sheet.write_string(0, place, column.title, needed if column.required else head)
            labels = [zh for _, zh, _ in column.options] or [label for _, label in lists.get(column.kind.removeprefix("list:"), ())]
            if column.kind == "boolean":
                labels = [texts.YES, texts.NO]
            if labels and len(",".join(labels)) < 250:
                sheet.data_validation(1, place, 20_000, place, {"validate": "list", "source": labels})
    _documentation(book, head, wanted)
    codes = book.add_worksheet(texts.CODES)
    codes.set_column(0, 2, 24)
    for place, title in enumerate((say("list"), say("code"), say("label"))):
        codes.write_string(0, place, title, head)
    rows = [(name, code, label) for name, items in lists.items() for code, label in items]
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            codes.write_string(number, place, value)
    book.close()
    return buffer.getvalue()


def _documentation(book: Any, head: Any, wanted: Sheets) -> None:
    sheet = book.add_worksheet(texts.DOCUMENTATION)
    wrap = book.add_format({**FONT, "text_wrap": True})
    for place, width in enumerate((10, 30, 34, 8, 44, 60)):
        sheet.set_column(place, place, width, wrap)
    for place, title in enumerate((say("sheet"), say("column"), "Column", say("needed"), say("content"), say("note"))):
        sheet.write_string(0, place, title, head)
    number = 1
    for name, columns in wanted.items():
        for column in columns:
            note = " / ".join(part for part in (column.help_zh, column.help_en) if part)
            if name == FOUR and not note and column.source:
                note = say("optional_four")
            for place, value in enumerate((name, column.zh, column.en, texts.YES if column.required else "", expected(column), note)):
                sheet.write_string(number, place, value)
            number += 1
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, number - 1, 5)


_KINDS = frozenset({"text", "integer", "number", "year", "boolean", "phone", "id_number", "role"})


def expected(column: Column) -> str:
    """What may stand in a column, in words."""
    if column.options:
        return "、".join(zh for _, zh, _ in column.options)
    return say(f"kind_{column.kind}" if column.kind in _KINDS else "kind_list")


def mark(book: Mapping[str, Sheet], errors: Sequence[CellError]) -> bytes:
    """The uploaded rows again, with each wrong row tinted, each wrong cell red with a comment, and a list of all mistakes in front."""
    buffer = io.BytesIO()
    out = new_book(buffer)
    shown = list(errors[:MARK_LIMIT])
    _list(out, shown, len(errors))
    formats = {kind: _pair(out, style) for kind, style in _STYLES.items()}
    head = out.add_format(HEADING)
    for name, sheet in book.items():
        _marked_sheet(out.add_worksheet(name), sheet, [error for error in shown if error.sheet == name], formats, head)
    out.close()
    return buffer.getvalue()


#: nothing wrong in the row; a wrong row; a cell to look at; a wrong cell
_STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "row": {"bg_color": "#FBEDEA"},
    "warning": {"bg_color": "#F6E7C8"},
    "cell": {"bg_color": "#E8A79F", "bold": True},
}


def _pair(out: Any, style: dict[str, Any]) -> tuple[Any, Any]:
    """The format, and the same with Excel's quote mark."""
    return out.add_format({**FONT, **style}), out.add_format({**FONT, **style, "quote_prefix": True})


def _list(out: Any, errors: Sequence[CellError], total: int) -> None:
    sheet = out.add_worksheet(texts.MISTAKES)
    head, link = out.add_format(HEADING), out.add_format({**FONT, "font_color": "#B4372A", "underline": 1})
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 2, 8)
    sheet.set_column(3, 3, 70)
    sheet.set_column(4, 4, 8)
    for place, title in enumerate((say("sheet"), say("row"), say("cell"), say("problem"), say("kind"))):
        sheet.write_string(0, place, title, head)
    for number, error in enumerate(errors, start=1):
        cell = xlsxwriter.utility.xl_rowcol_to_cell(error.row - 1, max(0, error.column))
        sheet.write_string(number, 0, error.sheet)
        sheet.write_number(number, 1, error.row)
        if number <= 2000:  # Excel allows 65,530 links; nobody follows more than a few
            sheet.write_url(number, 2, f"internal:'{error.sheet}'!{cell}", link, cell)
        else:
            sheet.write_string(number, 2, cell)
        sheet.write_string(number, 3, error.text)
        sheet.write_string(number, 4, say("warning" if error.warning else "error"))
    if total > len(errors):
        sheet.write_string(len(errors) + 1, 3, say("more", count=total - len(errors)))
    sheet.freeze_panes(1, 0)


def _marked_sheet(out: Any, sheet: Sheet, errors: Iterable[CellError], formats: Mapping[str, tuple[Any, Any]], head: Any) -> None:
    comments: dict[tuple[int, int], list[str]] = {}
    rows: dict[int, bool] = {}
    hard: set[tuple[int, int]] = set()
    for error in errors:
        place = (error.row, max(0, error.column))
        comments.setdefault(place, []).append(error.text)
        rows[error.row] = rows.get(error.row, False) or not error.warning
        if not error.warning:
            hard.add(place)
    out.freeze_panes(1, 1)
    out.set_column(0, max(0, len(sheet.heading) - 1), 15)
    for column, title in enumerate(sheet.heading):
        out.write_string(0, column, str(title or ""), head)
    for row, cells in sheet.rows:
        width = max(len(cells), len(sheet.heading)) if row in rows else len(cells)
        for column in range(width):
            kind = _kind((row, column), comments, hard, rows)
            write_cell(out, row - 1, column, cells[column] if column < len(cells) else None, *formats[kind])
    for (row, column), said in comments.items():
        out.write_comment(row - 1, column, "\n".join(said), {"x_scale": 1.6, "font_name": texts.FONT, "font_size": 10, "author": "Daopai"})


def _kind(place: tuple[int, int], comments: Mapping[tuple[int, int], Any], hard: set[tuple[int, int]], rows: Mapping[int, bool]) -> str:
    if place in comments:
        return "cell" if place in hard else "warning"
    return "row" if rows.get(place[0]) else "plain"
