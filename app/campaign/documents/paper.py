"""Tables and filled-in forms as PDF for printing and filing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Spacer, Table

from app.campaign.documents import fonts, typesetting
from app.campaign.documents.content import PaperForm, Section, Sheet
from app.campaign.documents.typesetting import Text, markup

#: top, right, bottom, left: forms are punched at the left
_MARGINS = (20 * mm, 15 * mm, 18 * mm, 22 * mm)
_GRID = [
    ("FONTNAME", (0, 0), (-1, -1), fonts.NAME),  # of empty cells: otherwise reportlab names Helvetica
    ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
]
#: characters of a cell that may not fit a page: only then rows are torn apart
_LONG = 400
_SHADE = colors.HexColor("#EFEFEF")


def _cell(text: Any, font: str = "仿宋_GB2312", size: float = 9, align: str = "left") -> Text:
    return Text(markup(text), typesetting.style(font, size, size * 1.35, align=align))


def _title(text: str) -> Text:
    return Text(markup(text), typesetting.style("方正小标宋简体", 18, 26, align="center"))


def _line(text: str, size: float = 10.5) -> Text:
    return Text(markup(text), typesetting.style("仿宋_GB2312", size, size * 1.6))


def sheets(tables: Sequence[Sheet], *, title: str, author: str) -> bytes:
    """Each sheet from a new page; its head repeats. All lie as the first one does."""
    story: list[Flowable] = []
    turned = bool(tables and tables[0].landscape)
    room = (297 if turned else 210) * mm - _MARGINS[1] - _MARGINS[3]
    for table in tables:
        if story:
            story.append(PageBreak())
        story += [_title(table.title), _line(table.lead), Spacer(1, 2 * mm)]
        scale = room / sum(column.width for column in table.columns)
        head = [_cell(column.title, "黑体", align="center") for column in table.columns]
        rows = [[_cell(_shown(value), align=column.align) for column, value in zip(table.columns, row, strict=True)] for row in table.rows]
        widths = [column.width * scale for column in table.columns]
        shade = ("BACKGROUND", (0, 0), (-1, 0), _SHADE)
        long = any(len(str(value)) > _LONG for row in table.rows for value in row)
        story.append(Table([head, *rows], widths, style=[*_GRID, shade], repeatRows=1, splitInRow=int(long)))
        story += [Spacer(1, 2 * mm), *(_line(note) for note in table.notes)]
    return typesetting.save(story, title=title, author=author, margins=_MARGINS, turned=turned)


def _shown(value: Any) -> str:
    return "" if value is None else ("是" if value else "否") if isinstance(value, bool) else str(value)


def form(paper: PaperForm, *, author: str) -> bytes:
    """A form: its sections one under the other, the lines to sign kept together, the explanations at the end."""
    room = 210 * mm - _MARGINS[1] - _MARGINS[3]
    story: list[Flowable] = [_title(paper.title), _line(paper.lead), Spacer(1, 1 * mm)]
    for section in paper.sections:
        story += _section(section, room)
    if paper.signatures:
        story.append(KeepTogether([Spacer(1, 4 * mm), *(_line(line, 11) for line in paper.signatures)]))
    if paper.notes:
        heading = Text("附注", typesetting.style("黑体", 11, 18, keepWithNext=True))
        story += [Spacer(1, 4 * mm), heading, *(_note(number, text) for number, text in enumerate(paper.notes, start=1))]
    return typesetting.save(story, title=paper.title, author=author, margins=_MARGINS)


def _note(number: int, text: str) -> Text:
    return Text(markup(f"{number}．{text}"), typesetting.style("仿宋_GB2312", 8.5, 12.5))


def _section(section: Section, room: float) -> list[Flowable]:
    """A heading bar, the labelled values two in a row, then the table if it has one."""
    bar = Table([[_cell(section.title, "黑体", 10)]], [room], style=[*_GRID, ("BACKGROUND", (0, 0), (-1, -1), _SHADE)])
    made: list[Flowable] = []
    if section.pairs:
        rows, spans = _pairs(section.pairs)
        widths = [room * share for share in (0.22, 0.28, 0.22, 0.28)]
        made.append(Table(rows, widths, style=[*_GRID, *spans], splitInRow=1))
    if section.head:
        head = [_cell(text, "黑体", 8.5, "center") for text in section.head]
        rows = [[_cell(value, size=8.5) for value in row] for row in section.rows] or [[_cell("（无）"), *[""] * (len(head) - 1)]]
        made.append(Table([head, *rows], _widths(section, room), style=_GRID, repeatRows=1, splitInRow=1))
    if not made:
        return []
    return [KeepTogether([bar, made[0]]) if len(section.pairs) < 40 and section.pairs else bar, *(made[1:] if section.pairs else made)]


def _pairs(pairs: Sequence[tuple[str, str]]) -> tuple[list[list[Any]], list[tuple[Any, ...]]]:
    """Rows of label, value, label, value; a long value takes a whole row."""
    rows: list[list[Any]] = []
    spans: list[tuple[Any, ...]] = []
    half: list[Any] = []
    for label, value in pairs:
        pair = [_cell(label, "楷体_GB2312"), _cell(value)]
        if len(value) > 34 or "\n" in value:
            if half:
                rows.append([*half, "", ""])
                half = []
            spans.append(("SPAN", (1, len(rows)), (3, len(rows))))
            rows.append([*pair, "", ""])
        elif half:
            rows.append([*half, *pair])
            half = []
        else:
            half = pair
    if half:
        rows.append([*half, "", ""])
    return rows, spans


def _widths(section: Section, room: float) -> list[float]:
    """Columns as wide as their longest words need, within bounds."""
    columns = zip(section.head, *section.rows, strict=True)
    wanted = [min(max(max(len(str(text)) for text in column), 3), 14) for column in columns]
    return [room * each / sum(wanted) for each in wanted]
