"""Kept files (``kept_files``) held against the rows and records that tell of them: newest first, in parts that can be checked apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from app.engine import contents, kept_files
from app.engine.kept_files import Kept
from app.engine.models import Event
from app.engine.proof.findings import Finding
from app.engine.proof.reading import END

#: Files of one part: some tens of megabytes of photos.
MANY = 200


class _Told(NamedTuple):
    """A file that a row or a record tells of."""

    key: int
    campaign: int
    kept: Kept
    #: code of the finding when it is another one now
    code: str


def check(connection: Connection, folder: Path, before: int = END, many: int = MANY) -> tuple[list[Finding], int]:
    """Look at *many* files that were told of by keys below *before*; returns what is wrong, and the key to go on from (0: none is left).

    Files of a campaign whose files were erased, as a record says, may be gone.
    """
    found = sorted((*_of_rows(connection, before, many), *_of_records(connection, before, many)), reverse=True)
    wrong = [each for each in found[:many] if kept_files.digest(folder, each.kept.stored) != each.kept.sha256]
    erased = {campaign for campaign in {each.campaign for each in wrong} if _erased(connection, campaign)}
    findings = [Finding(each.code, key=each.key) for each in wrong if each.campaign not in erased]
    return findings, found[many - 1].key if len(found) >= many else 0


def check_all(connection: Connection, folder: Path) -> Iterator[Finding]:
    """Look at every file."""
    before = END
    while before:
        findings, before = check(connection, folder, before)
        yield from findings


def _of_rows(connection: Connection, before: int, many: int) -> Iterator[_Told]:
    for name, columns in contents.FILES.items():
        table = contents.COVERED[name][0].c
        query = select(table.key, table.campaign_id, *(table[column] for column in columns)).where(table.key < before)
        for key, campaign, *told in connection.execute(query.order_by(table.key.desc()).limit(many)):
            yield _Told(key, campaign, Kept(*told), "file_altered")


def _of_records(connection: Connection, before: int, many: int) -> Iterator[_Told]:
    query = select(Event.key, Event.campaign_id, Event.kind, Event.detail).where(Event.kind.in_(kept_files.KINDS), Event.key < before)
    for key, campaign, kind, detail in connection.execute(query.order_by(Event.key.desc()).limit(many)):
        if (kept := kept_files.of_record(kind, detail)) is not None:
            yield _Told(key, campaign, kept, "document_altered")


def _erased(connection: Connection, campaign: int) -> bool:
    """Whether a record says that this campaign's files were erased."""
    where = (Event.campaign_id == 0, Event.subject == f"campaign:{campaign}", Event.kind == kept_files.ERASED)
    return any(kept_files.erased(kind, detail) for kind, detail in connection.execute(select(Event.kind, Event.detail).where(*where)))
