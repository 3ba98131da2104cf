"""Files that people attach: what they really are, and where they lie."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from app.engine import kept_files
from app.lazy_import import Later

photos = Later("app.acts.photos")

#: Largest file, in bytes.
LARGEST = 10 * 1024 * 1024

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: What may be attached → the usual ending of its name.
ENDINGS = {JPEG: ".jpg", PNG: ".png", WEBP: ".webp", PDF: ".pdf", DOCX: ".docx", XLSX: ".xlsx"}
PHOTOS = frozenset({JPEG, PNG, WEBP})


class NotAccepted(Exception):
    """A file cannot be attached. ``reason``: ``empty``, ``large``, ``kind``, ``macros`` or ``broken``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies under the uploads folder."""

    name: str
    media_type: str
    size: int
    sha256: str


def media_type(content: bytes) -> str:
    """What *content* is by its own bytes; its name and what the browser says count for nothing. Raises ``NotAccepted``."""
    if not content:
        raise NotAccepted("empty")
    if len(content) > LARGEST:
        raise NotAccepted("large")
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    raise NotAccepted("kind")


def _office(content: bytes) -> str:
    """A Word or Excel file. Only its table of contents is read; nothing is unpacked."""
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NotAccepted("kind") from error
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise NotAccepted("macros")
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DOCX
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return XLSX
    raise NotAccepted("kind")


def store(folder: Path, content: bytes, *, keep_place: bool = False) -> Stored:
    """Write a file under a random name, safely on disk before the row that names it. Raises ``NotAccepted``.

    Photos are kept without what the camera wrote beside them; with *keep_place* they keep where they were taken.
    """
    kind = media_type(content)
    if kind in PHOTOS:
        try:
            content = photos.without_place(content, keep_place=keep_place)
        except photos.BrokenPhoto as error:
            raise NotAccepted("broken") from error
    name = kept_files.write(folder, content)
    return Stored(name, kind, len(content), hashlib.sha256(content).hexdigest())


def path(folder: Path, name: str) -> Path:
    """Where a stored file lies."""
    return kept_files.path(folder, name)


def shown_name(given: str, kind: str, *, otherwise: str) -> str:
    """The name to show and offer for saving: the device's own without folders and signs (``otherwise`` if nothing is left), with an ending
    that is true."""
    base = given.replace("\\", "/").rsplit("/", 1)[-1]
    base = "".join(char for char in base if char.isprintable() and char not in '<>:"|?*').strip(". ")
    stem = base.rsplit(".", 1)[0] if "." in base else base
    return (stem or otherwise)[:120] + ENDINGS[kind]
