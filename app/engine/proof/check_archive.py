"""An archive of a campaign held against itself: files by the manifest and the manifest by its signature, chains by their hashes, seals by
their signatures, rows, definitions, photos and documents by what the records say. Needs no database.

Whose key signed is told by an anchor file; without one an archive speaks only for itself.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from app import exact_json
from app.engine import chains, contents, kept_files
from app.engine.change_journal import restart
from app.engine.change_journal.followed_rows import STATES
from app.engine.kept_files import Kept
from app.engine.proof import check_chain, check_rows, check_seals, verdict, write_archive, write_seals
from app.engine.proof.check_chain import CAMPAIGN, KEY, KIND, RECORDED, SEQ, OneChain, detail_of
from app.engine.proof.check_times import Counted
from app.engine.proof.findings import Finding
from app.engine.proof.verify_records import MOST, Result


class ArchiveError(Exception):
    """This is not an archive of Daopai, or it cannot be read."""


@dataclass(slots=True)
class _Known:
    """What the records of an archive say about the rest of it."""

    #: row → digest
    digests: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    #: (kind, id, version) → checksum
    definitions: dict[tuple[str, str, int], str] = field(default_factory=dict)
    #: row or record → its photo or document
    files: dict[str, Kept] = field(default_factory=dict)
    #: the campaign's files were erased after it had ended
    erased: bool = False
    #: records that tell of followed rows
    telling: list[tuple[Any, ...]] = field(default_factory=list)
    #: seal → when it was made
    made: Mapping[int, Any] = field(default_factory=dict)
    #: campaign times before what is proved
    counted: Counted = field(default_factory=Counted)


def check(path: Path, anchor: Mapping[int, Mapping[str, Any]] | None = None) -> Result:
    """Check everything in the archive. ``ArchiveError`` when it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(write_archive.MANIFEST)
            manifest = orjson.loads(text)
            if manifest["format"] != write_archive.FORMAT:
                raise ArchiveError(f"{path.name}: {ArchiveError.__doc__}")
            result = Result(findings=list(_signature(archive, text, anchor or {})))
            _check(archive, manifest, anchor or {}, result)
            result.limits = _limits(archive, anchor or {}, result)
            return result
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, zipfile.BadZipFile) as error:
        raise ArchiveError(f"{path.name}: {ArchiveError.__doc__} ({error})") from error


def _limits(archive: zipfile.ZipFile, anchor: Mapping[int, Mapping[str, Any]], result: Result) -> list[Finding]:
    """What an archive cannot say; it is always checked with what was kept apart from it, or with nothing."""
    listed = list(_lines(archive, write_archive.SEALS)) if write_archive.SEALS in archive.namelist() else []
    keys = [(seal["number"], str(seal["public_key"])) for seal in listed]
    return [
        *([] if keys else [Finding("limit_no_seal")]),
        *verdict.anchored(keys, anchor, elsewhere=True),
        *verdict.timed(result.counted),
    ]


def signed_by(path: Path) -> str:
    """The key that the archive says it is signed with, hexadecimal; "" when it is not signed."""
    try:
        with zipfile.ZipFile(path) as archive:
            return str(orjson.loads(archive.read(write_archive.SIGNATURE))["public_key"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return ""


def _signature(archive: zipfile.ZipFile, manifest: bytes, anchor: Mapping[int, Mapping[str, Any]]) -> Iterator[Finding]:
    """The manifest must be signed: by a key of the anchor file where there is one."""
    if write_archive.SIGNATURE not in archive.namelist():
        yield Finding("archive_unsigned")
        return
    signed = orjson.loads(archive.read(write_archive.SIGNATURE))
    key = str(signed["public_key"])
    known = {str(seal["public_key"]) for seal in anchor.values()} or {key}
    if key not in known or not write_seals.signed_well(manifest, str(signed["signature"]), key):
        yield Finding("archive_signature")


def _check(archive: zipfile.ZipFile, manifest: dict[str, Any], anchor: Mapping[int, Mapping[str, Any]], result: Result) -> None:
    found = _sums(archive)
    for name in sorted({*found, *manifest["files"]}):
        if found.get(name) != manifest["files"].get(name):
            result.findings.append(Finding("archive_file", detail={"name": name}))
    if {
        write_archive.CHAINS,
        write_archive.CONTENTS,
        write_archive.SEALS,
        write_archive.LEAVES,
        write_archive.DEFINITIONS,
        write_archive.ROWS,
    } - found.keys():
        return
    leaves = [tuple(leaf) for leaf in _lines(archive, write_archive.LEAVES)]
    # What was sealed after the archive was made is none of its business.
    since = {number: seal for number, seal in anchor.items() if number <= manifest["seal"]}
    sealing_of = list(_lines(archive, write_archive.SEALS))
    result.findings += check_seals.held(sealing_of, leaves, since)
    known = _Known(made={seal["number"]: seal["at"] for seal in sealing_of})
    result.seals = len({leaf[0] for leaf in leaves})
    sealed: dict[int, list[tuple[int, str, int]]] = {}
    for number, chain, length, head in leaves:
        sealed.setdefault(chain, []).append((length, head, number))
    for line in _lines(archive, write_archive.CHAINS):
        result.chains += 1
        result.records += len(line["records"])
        result.findings += _chain(line, sorted(sealed.get(line["chain"], ())), known)
        if len(result.findings) > MOST:
            break
    result.counted = known.counted
    result.findings += _contents(archive, known, set(manifest["tables"]))
    result.findings += _definitions(archive, known, found)
    result.findings += _files(known, found)
    result.findings += _rows(archive, known, manifest["campaign"])


def _sums(archive: zipfile.ZipFile) -> dict[str, str]:
    """Name → SHA-256 of everything but the manifest and its signature; "" where a name stands twice."""
    found: dict[str, str] = {}
    for name in archive.namelist():
        if name in (write_archive.MANIFEST, write_archive.SIGNATURE):
            continue
        with archive.open(name) as file:
            found[name] = "" if name in found else hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return found


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[Any]:
    with archive.open(name) as file:
        yield from map(exact_json.loads, file)


# --- chains ---------------------------------------------------------------------------------------------------------------


def _chain(line: dict[str, Any], sealed: list[tuple[int, str, int]], known: _Known) -> Iterator[Finding]:
    number, records = line["chain"], line["records"]
    whole = [tuple(each) for each in records if isinstance(each, list)]
    for row in whole:
        _learn(known, row)
    if len(whole) == len(records):
        head = tuple(line["head"]) if line["head"] else None
        yield from OneChain(number, whole, head, sealed, line["activities"], known.made, counted=known.counted).findings()
        return
    wrong = next(_links(number, records), None) or _ends(number, records, line["head"], sealed)
    if wrong is not None:
        yield wrong


def _links(number: int, records: list[Any]) -> Iterator[Finding]:
    """The links of a chain of which some records are there by their digest only."""
    previous = ""
    for place, each in enumerate(records, start=1):
        row = tuple(each) if isinstance(each, list) else None
        if row is not None:
            digest = _digest(row)
            seq, written, at, kind = row[SEQ], row[-1], str(row[RECORDED]), str(row[KIND])
        else:
            digest, seq, written, at, kind = each["digest"], each["seq"], each["hash"], "", ""
        if seq != place or chains.digest((previous + digest).encode()) != written:
            yield Finding("record_altered", number, place, int(row[KEY]) if row else 0, at, kind)
        previous = written


def _digest(row: tuple[Any, ...]) -> str:
    text, _told = check_chain.read(row)
    return chains.digest(text) if text is not None else ""


def _ends(number: int, records: list[Any], head: Any, sealed: list[tuple[int, str, int]]) -> Finding | None:
    hashes = [each[-1] if isinstance(each, list) else each["hash"] for each in records]
    if not head or head[0] != len(records) or head[1] != hashes[-1]:
        return Finding("chain_truncated", number, len(records), detail={"length": head[0] if head else 0})
    for length, written, seal in sealed:
        if not 0 < length <= len(hashes) or hashes[length - 1] != written:
            return Finding("chain_rewritten", number, min(length, len(hashes)), detail={"seal": seal, "since": 0})
    return None


def _learn(known: _Known, row: tuple[Any, ...]) -> None:
    try:
        detail = detail_of(row)
    except ValueError:
        return  # an altered record, which is found
    if isinstance(detail.get("digests"), dict):
        known.digests.update(detail["digests"])
    known.removed.update(each for each in detail.get("removed") or () if isinstance(each, str))
    if STATES in detail:
        known.telling.append(row)
    known.erased = known.erased or kept_files.erased(row[KIND], detail)
    if (file := kept_files.of_record(row[KIND], detail)) is not None:
        known.files[f"event:{row[KEY]}"] = file
    if row[KIND] == write_archive.DEPLOYED:
        for each in detail.get("definitions") or ():
            known.definitions[each["kind"], each["id"], each["version"]] = each["checksum"]


# --- what the records answer for ------------------------------------------------------------------------------------------


def _contents(archive: zipfile.ZipFile, known: _Known, tables: set[str]) -> Iterator[Finding]:
    seen = set()
    for line in _lines(archive, write_archive.CONTENTS):
        name = line["row"]
        table, _colon, key = name.partition(":")
        seen.add(name)
        if (file := contents.file_of(table, line["values"])) is not None:
            known.files[name] = file
        if name not in known.digests:
            yield Finding("content_inserted", key=int(key), detail={"table": table})
        elif chains.digest(chains.canonical(line["values"])) != known.digests[name]:
            yield Finding("content_altered", key=int(key), detail={"table": table, "record_key": ""})
    for name in sorted(set(known.digests) - seen - known.removed):
        table, _colon, key = name.partition(":")
        if table in tables:
            yield Finding("content_missing", key=int(key), detail={"table": table, "record_key": ""})


def _definitions(archive: zipfile.ZipFile, known: _Known, found: Mapping[str, str]) -> Iterator[Finding]:
    waiting = dict(known.definitions)
    for each in _lines(archive, write_archive.DEFINITIONS):
        told = waiting.pop((each["kind"], each["id"], each["version"]), None)
        where = {"id": each["id"], "version": each["version"]}
        if told is None:
            yield Finding("definition_inserted", key=each["key"], detail=where)
        elif not told == each["checksum"] == found.get(each["file"]):
            yield Finding("definition_altered", key=each["key"], detail=where)
    for _kind, name, version in waiting:
        yield Finding("definition_missing", detail={"id": name, "version": version})


def _files(known: _Known, found: Mapping[str, str]) -> Iterator[Finding]:
    """Photos and documents, unless a record says that they were erased."""
    if known.erased:
        return
    names = {name.removeprefix(write_archive.FILES).partition(".")[0]: name for name in found if name.startswith(write_archive.FILES)}
    for of, file in known.files.items():
        table, _colon, key = of.partition(":")
        if found.get(names.get(file.sha256, "")) != file.sha256:
            yield Finding("document_altered" if table == "event" else "file_altered", key=int(key))


def _rows(archive: zipfile.ZipFile, known: _Known, campaign: int) -> Iterator[Finding]:
    """Rows whose every change is told of, as ``check_rows.check`` holds those of the database."""
    epochs, steps = check_rows.Epochs(), check_rows.Steps()
    for row in sorted(known.telling, key=lambda row: int(row[KEY])):
        if row[KIND] == restart.KIND:
            epochs.learn(row[CAMPAIGN], detail_of(row), str(row[RECORDED]))
    yield from epochs.found
    if 0 not in epochs.since:
        return
    last: dict[str, tuple[Any, ...]] = {}
    for row in sorted(known.telling, key=lambda row: int(row[KEY])):
        if row[CAMPAIGN] == campaign and epochs.counts(row[KEY], campaign):
            states = detail_of(row)[STATES]
            steps.add(row[KEY], states)
            last.update(dict.fromkeys(states, row))
    yield from (Finding("steps_erased", key=key) for key in steps.erased)
    there = ((line["row"], chains.digest(chains.canonical(list(line["values"].values())))) for line in _lines(archive, write_archive.ROWS))
    for finding in check_rows.compare(there, steps.sums):
        told = last.get(f"{finding.detail['table']}:{finding.detail['row']}")
        yield check_rows.dated(finding, told[0], told[SEQ], str(told[RECORDED]), str(told[KIND])) if told else finding
