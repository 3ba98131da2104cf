"""A campaign as one zip file that ``check_archive.check`` holds against itself, without the database.

It holds every definition; the chains in which records of the campaign are (records of others in them by their digest only); the rows for
which these records answer, and those whose every change they tell of, encrypted values by their digest; the photos and documents that
rows and records tell of, as they lie in the folder of files; all seals with their leaves; and a manifest with the SHA-256 of each file,
signed with the key of the seals, so that nobody can leave a chain out and write the manifest anew.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, select, text

from app import clock, exact_json
from app.engine import chains, contents, kept_files
from app.engine.chain_models import Seal, SealedHead
from app.engine.change_journal import restart
from app.engine.change_journal.followed_rows import FOLLOWED
from app.engine.kept_files import Kept
from app.engine.models import Definition
from app.engine.proof import anchors, check_chain, reading, write_seals
from app.engine.proof.check_chain import CAMPAIGN, HASH, KEY, KIND, SEQ, SUBJECT, OneChain
from app.engine.proof.check_contents import MANY

FORMAT = "daopai-archive-2"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig.json"
CHAINS, CONTENTS, SEALS, LEAVES, DEFINITIONS = "chains.jsonl", "contents.jsonl", anchors.NAME, "sealed_heads.jsonl", "definitions.jsonl"
#: Records of no campaign that an archive needs: they answer for the definitions.
DEPLOYED = "deployment.made"
_ENDINGS = {"process": "bpmn", "decision": "dmn", "form": "form"}
#: Photos and documents, each once, by its SHA-256; and a list for people: whose it is and what it is called.
FILES, LISTED = "files/", "files.jsonl"
#: Households, problems and whatever else is followed (``change_journal``), as they are hashed.
ROWS = "rows.jsonl"
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(slots=True)
class _Told:
    """What the records in the archive tell of outside of themselves."""

    #: table → keys of rows
    rows: dict[str, list[int]] = field(default_factory=dict)
    #: (row or record, its file)
    files: list[tuple[str, Kept]] = field(default_factory=list)


def write(connection: Connection, campaign: int, path: Path, folder: Path | None = None) -> None:
    """Write the archive of *campaign* as the snapshot of *connection* has it. *folder*: where its photos and documents lie."""
    told = _Told()
    sums: dict[str, str] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        _member(archive, sums, CHAINS, _chains(connection, campaign, told))
        _member(archive, sums, CONTENTS, _contents(connection, told))
        _member(archive, sums, ROWS, _rows(connection, campaign))
        _member(archive, sums, LISTED, iter(list(_files(archive, sums, told.files, folder))))
        _member(archive, sums, SEALS, _seals(connection))
        _member(archive, sums, LEAVES, _leaves(connection))
        listed: list[bytes] = []
        for line, name, content in _definitions(connection):
            listed.append(line)
            _member(archive, sums, name, iter((content,)))
        _member(archive, sums, DEFINITIONS, iter(listed))
        whole = {
            "format": FORMAT,
            "campaign": campaign,
            "at": chains.stamp(clock.real_now()),
            "tables": sorted(told.rows.keys() & contents.COVERED),
            "seal": connection.scalar(select(Seal.number).order_by(Seal.number.desc()).limit(1)) or 0,
            "files": sums,
        }
        _signed(archive, orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _signed(archive: zipfile.ZipFile, manifest: bytes) -> None:
    archive.writestr(MANIFEST, manifest)
    signature = write_seals.sign(manifest)
    if signature is not None:
        archive.writestr(SIGNATURE, orjson.dumps({"public_key": write_seals.public_key(), "signature": signature}))


def _member(archive: zipfile.ZipFile, sums: dict[str, str], name: str, pieces: Iterator[bytes], *, packed: bool = True) -> None:
    summed = hashlib.sha256()
    about = zipfile.ZipInfo(name, clock.real_now().timetuple()[:6])
    about.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with archive.open(about, "w", force_zip64=True) as file:
        for piece in pieces:
            summed.update(piece)
            file.write(piece)
    sums[name] = summed.hexdigest()


def _line(value: Any) -> bytes:
    return exact_json.dumps(value) + b"\n"


# --- chains ---------------------------------------------------------------------------------------------------------------


def _chains(connection: Connection, campaign: int, told: _Told) -> Iterator[bytes]:
    """Each chain that has a record of the campaign, a line for each."""
    query = "SELECT min(chain), max(chain) FROM event WHERE campaign_id = :campaign OR kind IN (:deployed, :erased, :told)"
    kinds = {"deployed": DEPLOYED, "erased": kept_files.ERASED, "told": restart.KIND}
    first, last = connection.execute(text(query), {"campaign": campaign, **kinds}).one()
    if first is None:
        return
    seal = connection.scalar(select(Seal.number).order_by(Seal.number.desc()).limit(1)) or 0
    for chain in reading.one_chain_after_another(connection, first - 1, last, seal):
        if any(_whole(row, campaign) for row in chain.rows):
            yield _line(_chain(chain, campaign, told))


def _whole(row: Any, campaign: int) -> bool:
    if row[KIND] == kept_files.ERASED:
        return bool(row[SUBJECT] == f"campaign:{campaign}")
    if row[KIND] == restart.KIND and row[CAMPAIGN] == 0:
        return True  # since when rows are followed
    return bool(row[CAMPAIGN] == campaign or row[KIND] == DEPLOYED)


def _chain(chain: OneChain, campaign: int, told: _Told) -> dict[str, Any]:
    records: list[Any] = []
    for row in chain.rows:
        content, answers = check_chain.read(row)
        if _whole(row, campaign):
            records.append(list(row))
            for each in answers:
                told.rows.setdefault(each.table, []).append(each.key)
            if row[KIND] in kept_files.KINDS and content is not None:
                file = kept_files.of_record(row[KIND], check_chain.detail_of(row))
                told.files += [(f"event:{row[KEY]}", file)] if file else []
        else:
            # Another campaign's: the chain goes on over it, and nobody reads it here.
            records.append({"seq": row[SEQ], "digest": chains.digest(content) if content is not None else "", "hash": row[HASH]})
    return {"chain": chain.number, "head": chain.head, "records": records, "activities": [list(row) for row in chain.activities]}


# --- the rest -------------------------------------------------------------------------------------------------------------


def _contents(connection: Connection, told: _Told) -> Iterator[bytes]:
    """The rows for which the records answer, as they are hashed."""
    for name in sorted(told.rows):
        if name not in contents.COVERED:
            continue
        table, columns = contents.COVERED[name]
        keys = sorted(set(told.rows[name]))
        for start in range(0, len(keys), MANY):
            query = select(*(table.c[column] for column in columns)).where(table.c.key.in_(keys[start : start + MANY]))
            for row in connection.execute(query.order_by(table.c.key)).mappings():
                values = contents.hashed(name, dict(row))
                file = contents.file_of(name, values)
                told.files += [(f"{name}:{row['key']}", file)] if file else []
                yield _line({"row": f"{name}:{row['key']}", "values": values})


def _rows(connection: Connection, campaign: int) -> Iterator[bytes]:
    """The rows of the campaign whose every change its records tell of."""
    row: Any
    for how in FOLLOWED.values():
        if how.campaign:
            query = how.query.where(how.table.c[how.campaign] == campaign)
            for row in connection.execute(query).mappings():
                yield _line({"row": how.name(row), "values": dict(zip(how.columns, how.hashed(row), strict=True))})


def _files(archive: zipfile.ZipFile, sums: dict[str, str], told: list[tuple[str, Kept]], folder: Path | None) -> Iterator[bytes]:
    """Put each file into the archive, once, as it lies there; yields the list for people. What is not there is not in the list."""
    names: dict[str, str] = {}
    for of, file in told:
        if file.sha256 not in names and _SHA256.fullmatch(file.sha256) and folder is not None and kept_files.readable(folder, file.stored):
            names[file.sha256] = f"{FILES}{file.sha256}{file.ending}"
            _member(archive, sums, names[file.sha256], kept_files.pieces(folder, file.stored), packed=False)
        if file.sha256 in names:
            yield _line({"of": of, "file": names[file.sha256]})


def _seals(connection: Connection) -> Iterator[bytes]:
    row: Any
    for row in connection.execute(select(*Seal.__table__.c).order_by(Seal.number)):
        yield _line(anchors.as_json(row))


def _leaves(connection: Connection) -> Iterator[bytes]:
    columns = (SealedHead.seal, SealedHead.chain, SealedHead.length, SealedHead.head)
    query = select(*columns).order_by(SealedHead.seal, SealedHead.chain, SealedHead.length, SealedHead.head)
    for row in connection.execute(query):
        yield _line(list(row))


def _definitions(connection: Connection) -> Iterator[tuple[bytes, str, bytes]]:
    """(line of the list, name of the file, content) of every version."""
    table = Definition.__table__.c
    query = select(table.key, table.kind, table.id, table.version, table.checksum, table.content).order_by(table.key)
    for row in connection.execute(query):
        name = f"definitions/{row.kind}-{row.key}-v{row.version}.{_ENDINGS.get(row.kind, 'txt')}"
        told = {"key": row.key, "kind": row.kind, "id": row.id, "version": row.version, "checksum": row.checksum, "file": name}
        yield _line(told), name, row.content
