"""What a document is before it becomes a file: sheets of a workbook, words for a Word template, or a paper form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``width`` in characters of Excel's default font (about 2 mm each on paper)."""

    title: str
    width: float = 12
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that fits a sheet of A4 in its width: title, a line under it, rows, notes below."""

    name: str
    title: str
    columns: Sequence[Column]
    #: cells: text, numbers, None; never a formula
    rows: Sequence[Sequence[Any]]
    lead: str = ""
    notes: Sequence[str] = ()
    landscape: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a paper form: labelled values, or a table with a head."""

    title: str
    pairs: Sequence[tuple[str, str]] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class PaperForm:
    """A form filled in, for filing on paper."""

    title: str
    lead: str
    sections: Sequence[Section]
    #: lines to sign, as printed
    signatures: Sequence[str] = ()
    #: 附注: the indicators' explanations
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Printed:
    """How a paper that was signed or issued looks each time that it is printed."""

    #: the Word template's bytes; empty when it has none
    template: bytes
    #: who ran the campaign
    by: str
    #: the machine's time when it was kept: the first seal after it stands below; None: it was not
    stored_at: datetime | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document's content. Exactly one of ``sheets``, ``words``, ``form`` is set."""

    #: file name without its ending
    name: str
    #: what the record says it is about: ``household:V05-01-003``
    subject: str
    sheets: Sequence[Sheet] = ()
    #: what the Word template of this kind may name (Chinese names, see ``samples``)
    words: Mapping[str, Any] = field(default_factory=dict)
    form: PaperForm | None = None
    #: further facts for the record: how many households, whether anything personal was in the clear
    detail: Mapping[str, Any] = field(default_factory=dict)
    #: it was signed or issued: how it looks is fixed, too
    printed: Printed | None = None

    def as_json(self) -> dict[str, Any]:
        """For keeping it; ``read`` is the way back."""
        made = asdict(self)
        del made["printed"]
        return made


def read(made: Mapping[str, Any]) -> Document:
    """A document as ``as_json`` wrote it."""
    sheets = [Sheet(**{**sheet, "columns": [Column(**column) for column in sheet["columns"]]}) for sheet in made["sheets"]]
    form = made["form"] and PaperForm(**{**made["form"], "sections": [Section(**section) for section in made["form"]["sections"]]})
    return Document(**{**made, "sheets": sheets, "form": form})


@dataclass(frozen=True, slots=True)
class Live:
    """What a document would state if it were signed now."""

    document: Document
    #: figures and answers behind it, by the form's keys
    data: Mapping[str, Any]
    #: key of the submission behind it; None before there is one
    form: int | None = None
