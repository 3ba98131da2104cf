"""What stands in a file that we made: the text of a PDF, the cells of a workbook, the paragraphs of a Word file."""

from __future__ import annotations

import base64
import io
import re
import zlib
from typing import Any

import docx
import openpyxl

_STREAM = re.compile(rb"/Filter \[ /ASCII85Decode /FlateDecode \][^>]*>>\s*stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(rb"\(((?:\\.|[^\\()])*)\) Tj", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 8)]) if found[1].isdigit() else _LETTERS.get(found[1], found[1]), text)


def pdf_text(content: bytes) -> str:
    """The text of a PDF set in the built-in Chinese face (UCS-2), line by line."""
    lines = []
    for found in _STREAM.finditer(content):
        page = zlib.decompress(base64.a85decode(found[1].strip().removesuffix(b"~>")))
        lines += [_unescaped(each[1]).decode("utf-16-be") for each in _SHOWN.finditer(page)]
    return "\n".join(lines)


def pdf_pages(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", content))


def cells(content: bytes, sheet: int = 0) -> list[list[Any]]:
    """The rows below the head of a table, and notes."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[cell.value for cell in row] for row in book.worksheets[sheet].iter_rows(min_row=4)]


def word(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def word_text(content: bytes) -> str:
    """Paragraphs and table cells, each on a line."""
    made = word(content)
    tables = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in made.paragraphs), *tables])
