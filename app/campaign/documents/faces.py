"""Fonts for PDF: the office's own TrueType fonts when they lie on the server, otherwise the reader's Song (nothing is downloaded)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

#: the face that every PDF reader with Chinese support has; it is named in the file, not embedded
BUILT_IN = "STSong-Light"

_FOLDERS = (
    [Path("C:/Windows/Fonts")]
    if sys.platform == "win32"
    else [Path(root) for root in ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "~/.fonts", "~/.local/share/fonts")]
)

#: font as documents name it → files in which it, or its like, may lie (lower case)
_FILES = {
    "方正小标宋简体": ("fzxbsjw.ttf", "fzxbsk.ttf", "方正小标宋简体.ttf"),
    "仿宋_GB2312": ("simfang_gb2312.ttf", "仿宋_gb2312.ttf", "simfang.ttf", "fangsong.ttf"),
    "楷体_GB2312": ("simkai_gb2312.ttf", "楷体_gb2312.ttf", "simkai.ttf", "kaiti.ttf"),
    "黑体": ("simhei.ttf", "黑体.ttf"),
    "宋体": ("simsun.ttf", "simsun.ttc"),
}
_ALIKE = {"仿宋": "仿宋_GB2312", "楷体": "楷体_GB2312", "小标宋体": "方正小标宋简体", "方正小标宋_GBK": "方正小标宋简体"}
#: faces that are drawn heavier when only the built-in one is there
_HEAVY = frozenset({"方正小标宋简体", "黑体"})


@dataclass(frozen=True, slots=True)
class Face:
    """A font registered with reportlab. ``heavy``: to be thickened with a stroke."""

    name: str
    heavy: bool = False


@cache
def face(font: str) -> Face:
    """The face for a font name of a document; any other name is body type."""
    known = _ALIKE.get(font, font)
    path = _installed().get(known)
    if path is not None:
        try:
            pdfmetrics.registerFont(TTFont(f"daopai-{known}", str(path)))
        except (TTFError, OSError):
            pass  # a font that cannot be read or embedded: do without
        else:
            return Face(f"daopai-{known}")
    return Face(_built_in(), known in _HEAVY)


@cache
def _built_in() -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(BUILT_IN))
    return BUILT_IN


@cache
def _installed() -> dict[str, Path]:
    """Font → file, from one walk over the font folders."""
    files = {}
    for folder in _FOLDERS:
        root = folder.expanduser()
        if root.is_dir():
            files.update({path.name.lower(): path for path in root.rglob("*.tt[fc]")})
    return {font: files[name] for font, names in _FILES.items() for name in reversed(names) if name in files}
