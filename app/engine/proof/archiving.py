"""A campaign as one zip file that ``archived.check`` holds against itself, without the database.

It holds every definition; the chains in which records of the campaign are (records of others in them by their digest only); the rows for
which these records answer, encrypted values by their digest; all seals with their leaves; and a manifest with the SHA-256 of each file.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, select, text

from app import clock
from app.engine import chains, contents
from app.engine.chain_models import Seal, SealedHead
from app.engine.models import Definition
from app.engine.proof import anchors, one_chain, reading
from app.engine.proof.elsewhere import MANY
from app.engine.proof.one_chain import CAMPAIGN, HASH, KIND, SEQ, OneChain

FORMAT = "daopai-archive-1"
MANIFEST = "manifest.json"
CHAINS, CONTENTS, SEALS, LEAVES, DEFINITIONS = "chains.jsonl", "contents.jsonl", anchors.NAME, "sealed_heads.jsonl", "definitions.jsonl"
#: Records of no campaign that an archive needs: they answer for the definitions.
DEPLOYED = "deployment.made"
_ENDINGS = {"process": "bpmn", "decision": "dmn", "form": "form"}

#: table → keys of rows for which the records in the archive answer
_Told = dict[str, list[int]]


def write(connection: Connection, campaign: int, path: Path) -> None:
    """Write the archive of *campaign* as the snapshot of *connection* has it."""
    told: _Told = {}
    sums: dict[str, str] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        _member(archive, sums, CHAINS, _chains(connection, campaign, told))
        _member(archive, sums, CONTENTS, _contents(connection, told))
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
            "tables": sorted(told.keys() & contents.COVERED),
            "files": sums,
        }
        archive.writestr(MANIFEST, orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _member(archive: zipfile.ZipFile, sums: dict[str, str], name: str, pieces: Iterator[bytes]) -> None:
    summed = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as file:
        for piece in pieces:
            summed.update(piece)
            file.write(piece)
    sums[name] = summed.hexdigest()


def _line(value: Any) -> bytes:
    return orjson.dumps(value) + b"\n"


# --- chains ---------------------------------------------------------------------------------------------------------------


def _chains(connection: Connection, campaign: int, told: _Told) -> Iterator[bytes]:
    """Each chain that has a record of the campaign, a line for each."""
    query = "SELECT min(chain), max(chain) FROM event WHERE campaign_id = :campaign OR kind = :deployed"
    first, last = connection.execute(text(query), {"campaign": campaign, "deployed": DEPLOYED}).one()
    if first is None:
        return
    seal = connection.scalar(select(Seal.number).order_by(Seal.number.desc()).limit(1)) or 0
    for chain in reading.one_chain_after_another(connection, first - 1, last, seal):
        if any(_whole(row, campaign) for row in chain.rows):
            yield _line(_chain(chain, campaign, told))


def _whole(row: Any, campaign: int) -> bool:
    return bool(row[CAMPAIGN] == campaign or row[KIND] == DEPLOYED)


def _chain(chain: OneChain, campaign: int, told: _Told) -> dict[str, Any]:
    records: list[Any] = []
    for row in chain.rows:
        content, answers = one_chain.read(row)
        if _whole(row, campaign):
            records.append(list(row))
            for each in answers:
                told.setdefault(each.table, []).append(each.key)
        else:
            # Another campaign's: the chain goes on over it, and nobody reads it here.
            records.append({"seq": row[SEQ], "digest": chains.digest(content) if content is not None else "", "hash": row[HASH]})
    return {"chain": chain.number, "head": chain.head, "records": records, "activities": [list(row) for row in chain.activities]}


# --- the rest -------------------------------------------------------------------------------------------------------------


def _contents(connection: Connection, told: _Told) -> Iterator[bytes]:
    """The rows for which the records answer, as they are hashed."""
    for name in sorted(told):
        if name not in contents.COVERED:
            continue
        table, columns = contents.COVERED[name]
        keys = sorted(set(told[name]))
        for start in range(0, len(keys), MANY):
            query = select(*(table.c[column] for column in columns)).where(table.c.key.in_(keys[start : start + MANY]))
            for row in connection.execute(query.order_by(table.c.key)).mappings():
                yield _line({"row": f"{name}:{row['key']}", "values": contents.hashed(name, dict(row))})


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
