"""What every PDF of ours is set with: heavy paragraphs, page numbers, something at the foot of a page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from app.campaign.documents import fonts
from app.campaign.documents.phrases import clean

ALIGNMENTS = {"left": TA_LEFT, "center": TA_CENTER, "right": TA_RIGHT}

#: marks that are drawn as offices write them
_INSTEAD = str.maketrans({"☑": "√", "✓": "√", "✔": "√", "✗": "×", "✕": "×", "\u00a0": " "})
#: signs that are never seen: joiners, directions, selectors of a variant
_UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")


def markup(text: Any) -> str:
    """Text for a paragraph: nothing in it is markup; line breaks stay. A character that the face lacks is named, not left out."""
    plain = _UNSEEN.sub("", clean(text).translate(_INSTEAD))
    shown = "".join(sign if sign in "\n\t" or fonts.has(sign) else f"〔U+{ord(sign):04X}〕" for sign in plain)
    return escape(shown).replace("  ", "\u3000").replace("\n", "<br/>")


def style(font: str, size: float, leading: float, *, align: str = "left", **more: Any) -> ParagraphStyle:
    """A style that breaks lines between Chinese characters."""
    found = fonts.face(font)
    made = ParagraphStyle(font, fontName=found.name, fontSize=size, leading=leading, alignment=ALIGNMENTS[align], wordWrap="CJK", **more)
    made.heavy = found.heavy
    return made


class Text(Paragraph):  # type: ignore[misc]  # reportlab has no types
    """A paragraph whose letters are thickened when its face is heavy and only the thin one is there."""

    def draw(self) -> None:
        if not getattr(self.style, "heavy", False):
            super().draw()
            return
        self.canv.saveState()
        self.canv.setStrokeColor(self.style.textColor)
        self.canv.setLineWidth(self.style.fontSize / 32)
        self.canv._code.append("2 Tr")  # fill and stroke: part of the state that is restored
        super().draw()
        self.canv.restoreState()


class AtFoot(Flowable):  # type: ignore[misc]
    """Takes the rest of the page and draws *inner* at its foot."""

    def __init__(self, inner: Flowable) -> None:
        super().__init__()
        self.inner = inner

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.inner_size = self.inner.wrapOn(self.canv, width, height)
        return width, max(self.inner_size[1], height - 0.1)

    def draw(self) -> None:
        self.inner.drawOn(self.canv, 0, 0)


def page_number_sides(canvas: Any, document: Any) -> None:
    """— 1 — in 4号 as GB/T 9704 wants it: 7 mm under the type area, outside, one character in."""
    found = fonts.face("宋体")
    canvas.setFont(found.name, 14)
    text, y = f"— {canvas.getPageNumber()} —", document.bottomMargin - 7 * mm - 11
    if canvas.getPageNumber() % 2:
        canvas.drawRightString(document.pagesize[0] - document.rightMargin - 14, y, text)
    else:
        canvas.drawString(document.leftMargin + 14, y, text)


def page_number_middle(canvas: Any, document: Any) -> None:
    """第 1 页, in the middle."""
    canvas.setFont(fonts.face("宋体").name, 9)
    canvas.drawCentredString(document.pagesize[0] / 2, document.bottomMargin - 8 * mm, f"第 {canvas.getPageNumber()} 页")


def save(
    story: Sequence[Flowable],
    *,
    title: str,
    author: str,
    margins: tuple[float, float, float, float],
    turned: bool = False,
    on_page: Callable[[Any, Any], None] | None = page_number_middle,
) -> bytes:
    """The PDF. ``margins`` in points: top, right, bottom, left. The same story gives the same bytes."""
    buffer = io.BytesIO()
    size = landscape(A4) if turned else A4
    top, right, bottom, left = margins
    plain = re.sub(r"\s+", " ", clean(title))
    document = BaseDocTemplate(
        buffer,
        pagesize=size,
        topMargin=top,
        rightMargin=right,
        bottomMargin=bottom,
        leftMargin=left,
        title=plain,
        author=clean(author),
        creator="Daopai",
        lang="zh-CN",
        invariant=1,
        initialFontName=fonts.face("宋体").name,  # otherwise reportlab names Helvetica
    )
    frame = Frame(left, bottom, size[0] - left - right, size[1] - top - bottom, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame], onPageEnd=on_page or (lambda _canvas, _document: None)))
    document.build(list(story))
    return buffer.getvalue()
