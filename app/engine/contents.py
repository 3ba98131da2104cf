"""Rows that records answer for: a record keeps their digest, so that a row that was altered, lost or slipped in is found.

A room names the tables whose rows never change (``cover``) and puts ``{"digests": contents.digests(row)}`` into the record of the act that
wrote them. A row that may be taken away again is told of by a record with ``{"removed": [contents.name_of(row)]}``. Encrypted values
count by the digest of their ciphertext, so that erasing them (``{"gone": digest}``) changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from app.engine import chains
from app.engine.kept_files import Kept
from app.engine.models import Definition, Deployment

#: table name -> (table, columns in the order in which they are hashed)
COVERED: dict[str, tuple[Table, tuple[str, ...]]] = {}
#: Records of an erasure that says of each row what it was before and is now: ``{"rewritten": {row: [digest, digest]}}``.
REWRITTEN = "contents.rewritten"
#: table name -> columns with SHA-256, stored name and media type of the file (``kept_files``) that a row tells of
FILES: dict[str, tuple[str, str, str]] = {}
#: modules whose import fills ``COVERED``
ROOMS: set[str] = set()


def cover(model: type[Any], columns: Sequence[str], *, file: tuple[str, str, str] | None = None) -> None:
    """Digest the rows of *model* over these columns. The list is part of what is proved: a later column is not added to it.

    *file*: which of them hold SHA-256, stored name and media type of a file that belongs to the row.
    """
    COVERED[model.__tablename__] = (model.__table__, tuple(columns))
    if file is not None:
        FILES[model.__tablename__] = file
    ROOMS.add(model.__module__)


def file_of(table: str, values: Sequence[Any]) -> Kept | None:
    """The file that a row with these values, as they are hashed, tells of."""
    if table not in FILES:
        return None
    columns = COVERED[table][1]
    return Kept(*(str(values[columns.index(name)]) for name in FILES[table]))


def name_of(row: Any) -> str:
    """``submission:123``."""
    return f"{row.__tablename__}:{row.key}"


def digest(table: str, values: Mapping[str, Any]) -> str:
    """The digest of a row, given by column."""
    return chains.digest(chains.canonical(hashed(table, values)))


def hashed(table: str, values: Mapping[str, Any]) -> list[Any]:
    """What is hashed of a row: encrypted values by their digest, times as text."""
    _table, columns = COVERED[table]
    return [_plain(values[name]) for name in columns]


def _plain(value: Any) -> Any:
    return chains.stamp(value) if isinstance(value, datetime) else chains.without_ciphers(value)


def digests(*rows: Any) -> dict[str, str]:
    """What a record keeps of new rows. They must have all their values: keys and defaults, too."""
    return {name_of(row): digest(row.__tablename__, vars(row)) for row in rows}


cover(Deployment, ("key", "created_at", "actor", "comment"))
# The content has its checksum.
cover(Definition, ("key", "deployment_key", "kind", "id", "version", "name", "resource", "checksum", "created_at"))
