"""What stands in a file that we made: the text of a PDF, the cells of a workbook, the paragraphs of a Word file."""

from __future__ import annotations

import io
import re
from typing import Any

import docx
import openpyxl
import pypdf


def pdf_text(content: bytes) -> str:
    """The text of a PDF as a reader copies it out, line by line."""
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def pdf_fonts(content: bytes) -> dict[str, bool]:
    """Each font that a page names, and whether its file is embedded."""
    fonts: dict[str, bool] = {}
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        for reference in page["/Resources"]["/Font"].values():
            font = reference.get_object()
            descriptor = font.get("/FontDescriptor")
            fonts[str(font["/BaseFont"])] = descriptor is not None and "/FontFile2" in descriptor.get_object()
    return fonts


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
