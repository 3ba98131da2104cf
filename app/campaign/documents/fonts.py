"""The face that every PDF is set in: one free Song, shipped (``typeface/README.md``) and embedded. Fonts of the machine are not looked at,
so that the same document is the same PDF everywhere."""

from __future__ import annotations

import io
import lzma
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

NAME = "DaopaiSong"
FILE = Path(__file__).parent / "typeface" / "DaopaiSong.ttf.xz"

#: faces of an office that are drawn heavier than body type
_HEAVY = frozenset({"方正小标宋简体", "方正小标宋_GBK", "小标宋体", "黑体"})
#: a character beyond U+FFFF as reportlab writes it into the table from glyphs to text
_BEYOND = re.compile(r"(?<= <)([0-9A-F]{5,6})(?=>)")


@dataclass(frozen=True, slots=True)
class Face:
    """A font registered with reportlab. ``heavy``: to be thickened with a stroke."""

    name: str
    heavy: bool = False


def face(font: str) -> Face:
    """The face for a font name of a document."""
    return Face(_registered().fontName, font in _HEAVY)


def has(sign: str) -> bool:
    """Whether the face has a glyph for this character."""
    return ord(sign) in _registered().face.charToGlyph


class _Font(TTFont):  # type: ignore[misc]  # reportlab has no types
    """A font whose rare characters can be searched and copied: reportlab writes those beyond U+FFFF as five digits that no reader knows."""

    def addObjects(self, doc: Any) -> None:  # noqa: N802  # reportlab's name
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if str(name).startswith("toUnicodeCMap:"):
                stream.content = _BEYOND.sub(lambda found: chr(int(found[1], 16)).encode("utf-16-be").hex().upper(), stream.content)


@cache
def _registered() -> Any:
    with lzma.open(FILE) as packed:
        font = _Font(NAME, io.BytesIO(packed.read()))
    pdfmetrics.registerFont(font)
    return font
