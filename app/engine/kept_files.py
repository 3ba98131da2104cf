"""Files that rows and records tell of: they lie in one folder under random names, and their SHA-256 stands where they are told of.

A row says it with columns (``contents.cover(..., file=...)``), a record of a kind in ``KINDS`` with ``sha256`` and ``stored`` in its
detail.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

#: Kinds of records that may tell of a file.
KINDS = frozenset({"document.made"})
#: A record of this kind says that a campaign's files were erased.
ERASED = "erasure.done"
_PIECE = 1 << 20
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}


class Kept(NamedTuple):
    """A file as a row or a record tells of it."""

    sha256: str
    stored: str
    #: media type, or the ending of its name
    kind: str

    @property
    def ending(self) -> str:
        """The usual ending of its name; "" when it is none of the kinds that are kept."""
        found = _ENDINGS.get(self.kind, self.kind)
        return f".{found}" if found in _ENDINGS.values() else ""


def write(folder: Path, content: bytes) -> str:
    """Keep a file, safely on disk before the row or record that tells of it; returns its name."""
    name = secrets.token_hex(24)
    target = path(folder, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return name


def path(folder: Path, name: str) -> Path:
    """Where a kept file lies. Names are ours: hexadecimal digits only."""
    if not name or any(char not in "0123456789abcdef" for char in name):
        raise ValueError("not a stored file's name")
    return folder / name[:2] / name


def readable(folder: Path, name: str) -> bool:
    """Whether there is such a file."""
    try:
        return path(folder, name).is_file()
    except (OSError, ValueError):
        return False


def pieces(folder: Path, name: str) -> Iterator[bytes]:
    """A file piece by piece; OSError or ValueError when it cannot be read."""
    with path(folder, name).open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def digest(folder: Path, name: str) -> str:
    """SHA-256 of a kept file, hexadecimal; "" when it cannot be read."""
    try:
        with path(folder, name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def of_record(kind: str, detail: dict[str, Any]) -> Kept | None:
    """The file that a record tells of."""
    if kind not in KINDS or not isinstance(detail.get("stored"), str):
        return None
    return Kept(str(detail.get("sha256")), detail["stored"], str(detail.get("format")))


def erased(kind: str, detail: dict[str, Any]) -> bool:
    """Whether a record says that its campaign's files were erased."""
    return kind == ERASED and "files" in (detail.get("kinds") or ())
