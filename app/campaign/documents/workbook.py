"""Tables as an Excel workbook that prints well on A4. No cell is ever a formula, a link or a number that was text."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.campaign.documents.content import Column, Sheet
from app.campaign.documents.phrases import clean
from app.campaign.importing.marked import new_book, write_cell

_BODY = {"font_name": "仿宋_GB2312", "font_size": 11, "valign": "vcenter", "text_wrap": True, "border": 1}
_HEAD = {
    "font_name": "黑体",
    "font_size": 11,
    "align": "center",
    "valign": "vcenter",
    "text_wrap": True,
    "border": 1,
    "bg_color": "#F2F2F2",
}
_TITLE = {"font_name": "方正小标宋简体", "font_size": 20, "align": "center", "valign": "vcenter"}
_LEAD = {"font_name": "楷体_GB2312", "font_size": 12, "align": "left", "valign": "vcenter"}
_NOTE = {"font_name": "仿宋_GB2312", "font_size": 11, "text_wrap": True, "valign": "top"}

#: row on which the head of the table stands, counted from 0
HEAD_ROW = 2
_A4 = 9


def write(sheets: Sequence[Sheet], *, author: str = "", title: str = "", made_at: datetime | None = None) -> bytes:
    """The workbook's bytes; the same sheets give the same ones when ``made_at`` is given."""
    buffer = io.BytesIO()
    book = new_book(buffer)
    book.set_properties({"title": title, "author": author, **({"created": made_at} if made_at else {})})
    taken: set[str] = set()
    for sheet in sheets:
        _write(book, sheet, _free_name(sheet.name, taken))
    book.close()
    return buffer.getvalue()


def _free_name(wanted: str, taken: set[str]) -> str:
    """A name that Excel accepts: at most 31 characters, none of []:*?/\\, no quote at its ends, each once."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted).strip(" '")[:28] or "表"
    name, number = plain, 1
    while name.lower() in taken:
        number += 1
        name = f"{plain}{number}"
    taken.add(name.lower())
    return name


def _write(book: Any, table: Sheet, name: str) -> None:
    sheet = book.add_worksheet(name)
    last = len(table.columns) - 1
    _set_page(sheet, table)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
    _across(sheet, 0, last, clean(table.title), book.add_format(_TITLE))
    _across(sheet, 1, last, clean(table.lead), book.add_format(_LEAD))
    sheet.set_row(0, 36)
    sheet.set_row(1, 22)
    head = book.add_format(_HEAD)
    sheet.set_row(HEAD_ROW, 33)
    for place, column in enumerate(table.columns):
        sheet.write_string(HEAD_ROW, place, column.title, head)
    formats = {align: book.add_format({**_BODY, "align": align}) for align in ("left", "center", "right")}
    quoted = {align: book.add_format({**_BODY, "align": align, "quote_prefix": True}) for align in formats}
    number = HEAD_ROW
    for number, row in enumerate(table.rows, start=HEAD_ROW + 1):
        sheet.set_row(number, _height(table.columns, row))
        for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
            shown = clean(value) if isinstance(value, str) else value
            write_cell(sheet, number, place, shown, formats[column.align], quoted[column.align])
    note = book.add_format(_NOTE)
    for line in table.notes:
        number += 1
        _across(sheet, number, last, clean(line), note)
        sheet.set_row(number, 16 * _lines(clean(line), sum(column.width for column in table.columns)))


def _set_page(sheet: Any, table: Sheet) -> None:
    sheet.set_paper(_A4)
    if table.landscape:
        sheet.set_landscape()
    sheet.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROW)
    sheet.set_footer('&C&"宋体"&10第 &P 页  共 &N 页')
    sheet.freeze_panes(HEAD_ROW + 1, 0)
    sheet.center_horizontally()


def _across(sheet: Any, row: int, last: int, text: str, form: Any) -> None:
    """One text over the whole width; it can be no formula."""
    if last > 0:
        sheet.merge_range(row, 0, row, last, "", form)
    sheet.write_string(row, 0, text, form)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a cell; a Chinese character is about two characters wide."""
    room = max(width - 1, 1) / 1.1
    return sum(max(1, -(-sum(2 if ord(sign) > 0x2E7F else 1 for sign in part) // int(room or 1))) for part in text.split("\n"))


def _height(columns: Sequence[Column], row: Sequence[Any]) -> float:
    """Points; Excel does not grow a row by itself when a program wrote it."""
    most = max((_lines(clean(value), column.width) for column, value in zip(columns, row, strict=True)), default=1)
    return float(min(16 * most + 6, 400))
