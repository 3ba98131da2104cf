"""GB/T 9704-2012 with python-docx: the page, the named styles, the header with its red line, signing, the imprint.

Sizes: 2号 22 pt, 3号 16 pt, 4号 14 pt. The type area is 156 mm × 225 mm with 22 lines of 28 characters; lines are exactly 28.95 pt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

#: exact distance of lines in points: 225 mm ÷ 22
LINE = 28.95
#: the width of a body character in points
CHARACTER = 16
SONG, FANG, HEI, KAI, TITLE = "宋体", "仿宋_GB2312", "黑体", "楷体_GB2312", "方正小标宋简体"
RED = RGBColor(0xFF, 0x00, 0x00)
LEFT, CENTER, RIGHT, BOTH = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY

#: style → font, points, alignment, characters of first-line indent, exact line distance
_STYLES = {
    "发文机关标志": (TITLE, 36, CENTER, 0, 44),
    "发文字号": (FANG, 16, CENTER, 0, LINE),
    "公文标题": (TITLE, 22, CENTER, 0, 33),
    "主送机关": (FANG, 16, LEFT, 0, LINE),
    "公文正文": (FANG, 16, BOTH, 2, LINE),
    "一级标题": (HEI, 16, BOTH, 2, LINE),
    "二级标题": (KAI, 16, BOTH, 2, LINE),
    "落款": (FANG, 16, CENTER, 0, LINE),
    "签字": (FANG, 16, LEFT, 0, LINE),
    "表格标题": (HEI, 12, CENTER, 0, 18),
    "表格正文": (FANG, 12, LEFT, 0, 18),
    "版记": (FANG, 14, LEFT, 0, 22),
}


def new_document() -> Any:
    """An empty document with the page and the styles of an official document."""
    made = docx.Document()
    _page(made)
    normal = made.styles["Normal"]
    _font(normal, FANG, 16)
    for name, (font, size, alignment, indent, line) in _STYLES.items():
        style = made.styles.add_style(name, 1)
        style.base_style = normal
        style.quick_style = True
        _font(style, font, size)
        if size == CHARACTER:
            _tighten(style)
        form = style.paragraph_format
        form.alignment = alignment
        form.space_before = form.space_after = Pt(0)
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
        form.widow_control = False
        if indent:
            form.first_line_indent = Pt(size * indent)
            style.element.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), str(100 * indent))
    made.styles["发文机关标志"].font.color.rgb = RED
    for heading in ("一级标题", "二级标题", "表格标题"):
        made.styles[heading].paragraph_format.keep_with_next = True
    _page_numbers(made)
    return made


def _font(style: Any, font: str, size: float) -> None:
    """Set the font of a style or a run for all scripts; python-docx alone leaves the Chinese one as it was."""
    style.font.size, style.font.bold, style.font.italic = Pt(size), False, False
    style.font.name = font
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(key), font)
    for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(key), None)


def _tighten(style: Any) -> None:
    """28 characters of 16 pt on 442.2 pt: each 0.25 pt closer (5 twentieths of a point)."""
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), "-5")
    style.element.rPr.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:highlight", "w:u", "w:lang")


def _page(made: Any) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    # the page number's line stands 7 mm below the type area
    section.header_distance, section.footer_distance = Mm(15), Mm(22.5)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    # lines only: a grid of characters (15.79 pt) narrower than the type (16 pt) makes some programs give each two cells
    for key, value in (("w:type", "lines"), ("w:linePitch", "579")):
        grid.set(qn(key), value)


def _page_numbers(made: Any) -> None:
    """— 1 — in 4号 Song, at the right on odd pages and at the left on even ones, one character in."""
    made.settings.odd_and_even_pages_header_footer = True
    section = made.sections[0]
    for footer, alignment in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = alignment
        form = paragraph.paragraph_format
        form.left_indent = form.right_indent = Pt(14)
        for text in ("— ", "PAGE", " —"):
            run = paragraph.add_run("" if text == "PAGE" else text)
            _font(run, SONG, 14)
            if text == "PAGE":
                _field(run, text)


def _field(run: Any, code: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("result", "1"), ("end", "")):
        if kind == "result":
            node = OxmlElement("w:t")
            node.text = text
        elif kind:
            node = OxmlElement("w:fldChar")
            node.set(qn("w:fldCharType"), kind)
        else:
            node = OxmlElement("w:instrText")
            node.set(qn("xml:space"), "preserve")
            node.text = f" {text} "
        run._r.append(node)


def masthead(made: Any, name: str, number: str) -> None:
    """发文机关标志, its upper edge 35 mm below that of the type area; two lines on, the number; 4 mm below it the red line."""
    mark = made.add_paragraph(name, style="发文机关标志")
    mark.paragraph_format.space_before = Mm(35)
    made.add_paragraph("", style="发文字号")
    made.add_paragraph("", style="发文字号")
    line = made.add_paragraph(number, style="发文字号")
    border(line, "bottom", "FF0000", 12, 11)
    made.add_paragraph("", style="主送机关")
    made.add_paragraph("", style="主送机关")


def border(paragraph: Any, side: str, color: str, eighths: int, space: int) -> None:
    """A line at one side of a paragraph; its thickness in eighths of a point, its distance in points."""
    borders = OxmlElement("w:pBdr")
    line = OxmlElement(f"w:{side}")
    for key, value in (("val", "single"), ("sz", str(eighths)), ("space", str(space)), ("color", color)):
        line.set(qn(f"w:{key}"), value)
    borders.append(line)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def title(made: Any, text: str) -> None:
    """The title, with an empty line after it."""
    made.add_paragraph(text, style="公文标题")
    made.add_paragraph("", style="主送机关")


def closing(made: Any, organ: str, day: str) -> None:
    """署名 and 成文日期: two lines down, the date four characters in from the right, the name centred over it."""
    made.add_paragraph("", style="公文正文")
    made.add_paragraph("", style="公文正文")
    for text in (organ, day):
        line = made.add_paragraph(text, style="落款")
        # a date is about 104 pt wide: its middle lies 64 + 52 pt from the right
        line.paragraph_format.left_indent = Pt(442 - 2 * 116)
        line.paragraph_format.keep_with_next = text == organ


def imprint(made: Any, copies: str, printed_by: str, printed_on: str) -> None:
    """版记 at the foot of the last page: copies between two lines, who printed it and when."""
    table = made.add_table(rows=2, cols=2)
    table.autofit = False
    first = table.rows[0].cells[0].merge(table.rows[0].cells[1])
    _cell(first, copies, "版记")
    _cell(table.rows[1].cells[0], printed_by, "版记")
    _cell(table.rows[1].cells[1], printed_on, "版记", RIGHT)
    for row in table.rows:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    widths(table, (78, 78))
    lines(table, {"top": 8, "bottom": 8, "insideH": 6})
    place = OxmlElement("w:tblpPr")
    for key, value in (("leftFromText", "0"), ("rightFromText", "0"), ("vertAnchor", "margin"), ("horzAnchor", "margin")):
        place.set(qn(f"w:{key}"), value)
    place.set(qn("w:tblpXSpec"), "center")
    place.set(qn("w:tblpYSpec"), "bottom")
    table._tbl.tblPr.insert_element_before(
        place, "w:tblOverlap", "w:bidiVisual", "w:tblW", "w:jc", "w:tblBorders", "w:tblLayout", "w:tblLook"
    )
    made.add_paragraph("", style="版记")


def grid(made: Any, head: Sequence[str], millimetres: Sequence[float]) -> Any:
    """A table with all its lines and a head that repeats on every page."""
    table = made.add_table(rows=1, cols=len(head))
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        _cell(cell, text, "表格标题")
    repeat = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    widths(table, millimetres)
    lines(table, dict.fromkeys(("top", "left", "bottom", "right", "insideH", "insideV"), 4))
    return table


def add_row(table: Any, texts: Sequence[str], *, style: str = "表格正文", centred: Sequence[int] = (), whole: bool = False) -> None:
    """A further row; *whole*: one cell over the full width."""
    row = table.add_row()
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    cells = [row.cells[0].merge(row.cells[-1])] if whole else row.cells
    for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        _cell(cell, text, style, CENTER if place in centred else None)
    widths(table, [])


def _cell(cell: Any, text: str, style: str, alignment: Any = None) -> None:
    paragraph = cell.paragraphs[0]
    for other in cell.paragraphs[1:]:
        other._p.getparent().remove(other._p)
    paragraph.style = style
    paragraph.add_run(text)
    paragraph.alignment = alignment
    cell.vertical_alignment = 1


def widths(table: Any, millimetres: Sequence[float]) -> None:
    """Set the columns' widths (again after rows were added: an empty sequence keeps them)."""
    chosen = [Mm(width) for width in millimetres] or [column.width for column in table.columns]
    for column, width in zip(table.columns, chosen, strict=True):
        column.width = width
    for row in table.rows:
        if len(row._tr.tc_lst) == len(chosen):
            for cell, width in zip(row.cells, chosen, strict=True):
                cell.width = width


def lines(table: Any, eighths: dict[str, int]) -> None:
    """The table's lines, thickness in eighths of a point."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "single" if side in eighths else "nil")
        if side in eighths:
            for key, value in (("sz", str(eighths[side])), ("space", "0"), ("color", "000000")):
                line.set(qn(f"w:{key}"), value)
        borders.append(line)
    table._tbl.tblPr.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
