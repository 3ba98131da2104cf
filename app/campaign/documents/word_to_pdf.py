"""The PDF view of a Word file that we made: paragraphs and tables in the styles of its template.

So a template that an office changed changes the PDF, too. Pictures, automatic numbering and text boxes do not come along.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, PageBreak, Spacer, Table
from reportlab.platypus.flowables import HRFlowable

from app.campaign.documents import fonts, typesetting
from app.campaign.documents.typesetting import AtFoot, Text

_ALIGN = {0: "left", 1: "center", 2: "right", 3: "left", 4: "left"}


def convert(content: bytes, *, title: str, author: str) -> bytes:
    """The PDF of a .docx."""
    word = docx.Document(io.BytesIO(content))
    section = word.sections[0]
    margins = tuple(_points(side) for side in (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin))
    story: list[Flowable] = []
    foot: list[Flowable] = []
    width = _points(section.page_width) - margins[1] - margins[3]
    for block in word.iter_inner_content():
        if isinstance(block, WordTable):
            made = _table(block, width)
            (foot if block._tbl.tblPr.find(qn("w:tblpPr")) is not None else story).append(made)
        else:
            story += _paragraph(block, at_top=not story)
    while story and foot and isinstance(story[-1], Spacer):
        story.pop()
    numbered = any("PAGE" in paragraph._p.xml for paragraph in section.footer.paragraphs)
    on_page = typesetting.page_number_sides if numbered else None
    story += [AtFoot(table) for table in foot]
    return typesetting.save(story or [Spacer(1, 1)], title=title, author=author, margins=margins, on_page=on_page)  # type: ignore[arg-type]


def _chain(paragraph: WordParagraph) -> tuple[Any, ...]:
    """The paragraph's style and those it builds on; looked up once for each style of a file (python-docx searches each time)."""
    chains: dict[str | None, tuple[Any, ...]] = paragraph.part.__dict__.setdefault("_daopai_chains", {})
    name = paragraph._p.style
    if name not in chains:
        style, found = paragraph.style, []
        while style is not None:
            found.append(style)
            style = style.base_style
        chains[name] = tuple(found)
    return chains[name]


def _form(paragraph: WordParagraph, name: str, default: Any) -> Any:
    """A property of the paragraph, or of the nearest style that sets it."""
    for owner in (paragraph, *_chain(paragraph)):
        value = getattr(owner.paragraph_format, name)
        if value is not None:
            return value
    return default


def _font(paragraph: WordParagraph, run: Any, name: str, default: Any) -> Any:
    for owner in (*([run] if run is not None else []), *_chain(paragraph)):
        value = owner.font.color.rgb if name == "color" else getattr(owner.font, name)
        if value is not None:
            return value
    return default


def _family(paragraph: WordParagraph, run: Any) -> str:
    for owner in (*([run._r] if run is not None else []), *(style.element for style in _chain(paragraph))):
        fonts = owner.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
        name = fonts.get(qn("w:eastAsia")) if fonts is not None else None
        if name:
            return str(name)
    return "宋体"


def _points(length: Any) -> float:
    return float(length.pt) if length is not None else 0.0


def _paragraph(paragraph: WordParagraph, *, at_top: bool = False) -> list[Flowable]:
    """Spacing, text and the line below a paragraph."""
    style = _style(paragraph)
    text = "".join(_runs(paragraph))
    made: list[Flowable] = []
    if at_top and style.spaceBefore:
        made.append(Spacer(1, style.spaceBefore))  # a frame drops the space before its first paragraph
        style.spaceBefore = 0
    if paragraph.contains_page_break and not paragraph.text.strip():
        return [PageBreak()]
    made.append(Text(text, style) if paragraph.text.strip() else Spacer(1, style.leading))
    return made + _line_below(paragraph)


def _style(paragraph: WordParagraph) -> ParagraphStyle:
    run = next((run for run in paragraph.runs if run.text.strip()), None)
    size = _points(_font(paragraph, run, "size", None)) or 10.5
    size += _tightening(paragraph)
    line = _form(paragraph, "line_spacing", 1.0)
    leading = size * 1.3 * line if isinstance(line, float) else _points(line)
    alignment = _form(paragraph, "alignment", None)
    rgb = _font(paragraph, run, "color", None)
    bold = bool(_font(paragraph, run, "bold", False))
    made = typesetting.style(
        _family(paragraph, run),
        size,
        leading,
        align=_ALIGN.get(int(alignment) if alignment is not None else 0, "left"),
        firstLineIndent=_points(_form(paragraph, "first_line_indent", None)),
        leftIndent=_points(_form(paragraph, "left_indent", None)),
        rightIndent=_points(_form(paragraph, "right_indent", None)),
        spaceBefore=_points(_form(paragraph, "space_before", None)),
        spaceAfter=_points(_form(paragraph, "space_after", None)),
        textColor=colors.HexColor(f"#{rgb}") if rgb is not None else colors.black,
        keepWithNext=bool(_form(paragraph, "keep_with_next", False)),
    )
    made.heavy = made.heavy or bold
    return made


def _tightening(paragraph: WordParagraph) -> float:
    """Character spacing in points, taken off the size: reportlab sets none within a paragraph."""
    for style in _chain(paragraph):
        found = style.element.find(f"{qn('w:rPr')}/{qn('w:spacing')}")
        if found is not None:
            return int(found.get(qn("w:val"), "0")) / 20
    return 0.0


def _runs(paragraph: WordParagraph) -> Iterator[str]:
    """The text, each run in its own face, size and colour where they differ from the paragraph's."""
    first = next((run for run in paragraph.runs if run.text.strip()), None)
    usual = _family(paragraph, first), _font(paragraph, first, "size", None), _font(paragraph, first, "color", None)
    for part in paragraph.iter_inner_content():
        for run in getattr(part, "runs", [part]):
            own = _family(paragraph, run), _font(paragraph, run, "size", None), _font(paragraph, run, "color", None)
            text = typesetting.markup(run.text)
            if own == usual or not run.text.strip():
                yield text
                continue
            size = f' size="{_points(own[1])}"' if own[1] is not None else ""
            color = f' color="#{own[2]}"' if own[2] is not None else ""
            yield f'<font name="{fonts.face(own[0]).name}"{size}{color}>{text}</font>'


def _line_below(paragraph: WordParagraph) -> list[Flowable]:
    line = paragraph._p.find(f"{qn('w:pPr')}/{qn('w:pBdr')}/{qn('w:bottom')}")
    if line is None:
        return []
    color = line.get(qn("w:color"), "000000")
    thickness, space = int(line.get(qn("w:sz"), "4")) / 8, int(line.get(qn("w:space"), "0"))
    shade = colors.HexColor(f"#{color}") if color != "auto" else colors.black
    return [HRFlowable("100%", thickness, color=shade, spaceBefore=space, spaceAfter=0, lineCap="butt")]


def _table(table: WordTable, room: float) -> Table:
    widths = [float(column.width.pt) if column.width else room / len(table.columns) for column in table.columns]
    scale = min(1.0, room / sum(widths))
    rows: list[list[Any]] = []
    commands: list[tuple[Any, ...]] = [
        ("FONTNAME", (0, 0), (-1, -1), fonts.NAME),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ]
    commands += [("RIGHTPADDING", (0, 0), (-1, -1), 4), ("TOPPADDING", (0, 0), (-1, -1), 4), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]
    for number, row in enumerate(table.rows):
        cells: list[Any] = [""] * len(widths)
        place = 0
        for node, cell in _cells(row, table):
            cells[place] = [flowable for paragraph in cell.paragraphs for flowable in _paragraph(paragraph)]
            if node.grid_span > 1:
                commands.append(("SPAN", (place, number), (place + node.grid_span - 1, number)))
            place += node.grid_span
        first = row._tr.tc_lst[0]
        if number and number + 1 < len(table.rows) and _form(_Cell(first, table).paragraphs[0], "keep_with_next", False):
            commands.append(("NOSPLIT", (0, number), (-1, number + 1)))  # a heading stays with the row after it
        rows.append(cells)
    heads = sum(row._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in table.rows)
    return Table(rows, [width * scale for width in widths], style=[*commands, *_lines(table)], repeatRows=heads, splitInRow=1)


def _cells(row: Any, table: WordTable) -> Iterator[tuple[Any, Any]]:
    """Each cell once, however many columns it spans (python-docx's own ``cells`` repeats them, and slowly)."""
    for node in row._tr.tc_lst:
        yield node, _Cell(node, table)


def _lines(table: WordTable) -> Iterator[tuple[Any, ...]]:
    """The table's lines; all of them when only its style knows."""
    borders = table._tbl.tblPr.find(qn("w:tblBorders"))
    if borders is None:
        yield ("GRID", (0, 0), (-1, -1), 0.5, colors.black)
        return
    places = {
        "top": ("LINEABOVE", (0, 0), (-1, 0)),
        "bottom": ("LINEBELOW", (0, -1), (-1, -1)),
        "left": ("LINEBEFORE", (0, 0), (0, -1)),
        "right": ("LINEAFTER", (-1, 0), (-1, -1)),
        "insideH": ("LINEBELOW", (0, 0), (-1, -2)),
        "insideV": ("LINEAFTER", (0, 0), (-2, -1)),
    }
    for side, (command, start, end) in places.items():
        line = borders.find(qn(f"w:{side}"))
        if line is not None and line.get(qn("w:val")) not in ("nil", "none"):
            yield (command, start, end, int(line.get(qn("w:sz"), "4")) / 8, colors.black)
