"""``run.py seal`` and ``run.py verify``: prove on the command line that nobody changed the records."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from sqlalchemy import inspect

from app import tables  # noqa: F401  (which tables records answer for)
from app.config import ConfigError, from_environment
from app.db import Database
from app.engine.proof import anchors, check_archive, check_files, verdict, verify_records, write_seals
from app.engine.proof.findings import Finding
from app.engine.proof.verify_records import Result

#: Findings that are printed.
_PRINTED = 20


def seal(_options: argparse.Namespace) -> int:
    """Seal every chain that grew."""
    database = _as_it_is()
    made = write_seals.run(database, everything=True)
    database.dispose()
    if made is None:
        print("没有新的记录需要封印 (nothing to seal)")
    else:
        print(f"第 {made.number} 号封印，{made.records} 条记录 (seal {made.number}, {made.records} records)")
        print(f"{made.hash}\n{write_seals.anchor_file()}")
    return 0


def verify(options: argparse.Namespace) -> int:
    """Check everything; exit status 1 when something is not as it was written."""
    if options.archive is not None:
        return _archive(options.archive, options.anchor)
    database = _as_it_is()
    own = write_seals.anchor_file()
    path: Path | None = options.anchor or (own if own.exists() else None)
    anchor = anchors.read(path) if path else {}
    began = time.monotonic()
    result = verify_records.verify(database, anchor, progress=_progress, elsewhere_kept=options.anchor is not None)
    result.findings += _files(database, from_environment().uploads)
    database.dispose()
    seconds = time.monotonic() - began
    print(f"\r{result.records:,} 条记录，{result.chains:,} 条链，{result.seals} 个封印，{seconds:.1f} 秒", end=" ")
    print(f"({result.records:,} records, {result.chains:,} chains, {result.seals} seals, {seconds:.1f} s)")
    print(f"锚定文件 (anchor file): {path or '无 (none)'}")
    return _said(result)


def _archive(path: Path, anchor: Path | None) -> int:
    """Check a campaign's archive: neither settings nor a database are needed."""
    began = time.monotonic()
    try:
        result = check_archive.check(path, anchors.read(anchor) if anchor else {})
    except check_archive.ArchiveError as error:
        print(error, file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    print(f"{result.records:,} 条记录，{result.chains:,} 条链，{result.seals} 个封印，{seconds:.1f} 秒", end=" ")
    print(f"({result.records:,} records, {result.chains:,} chains, {result.seals} seals, {seconds:.1f} s)")
    print(f"锚定文件 (anchor file): {anchor or '无 (none)'}")
    key = check_archive.signed_by(path)
    if key and not anchor:
        print(f"签名密钥 {key}：没有锚定文件，它只是档案自己说的", end=" ")
        print("(the key that signed it: without an anchor file this is only the archive's own word)")
    return _said(result)


def _files(database: Database, folder: Path) -> list[Finding]:
    """Photos and documents whose file is not the one that was handed in or made."""
    with verify_records.snapshot(database.engine) as connection:
        return verify_records.carefully(connection, "files", check_files.check_all, folder)


def _as_it_is() -> Database:
    """The database without migrating or deploying: looking must not change it."""
    config = from_environment()
    write_seals.install_from(config)
    database = Database(config.database_url)
    if not inspect(database.engine).has_table("seal"):
        raise ConfigError("数据库还没有建立或升级，请先启动一次系统 (there is no migrated database yet: start the system once)")
    return database


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} / {total:,}", end="", file=sys.stderr, flush=True)


def _said(result: Result) -> int:
    first = result.first
    for locale in ("zh", "en"):
        print(verdict.sentence(result.seals, first is None, locale))
    for limit in result.limits:
        print(f"* {limit.text('zh')}\n  {limit.text('en')}")
    if first is None:
        return 0
    print(f"发现 {len(result.findings)} 处，最早一处在前 ({len(result.findings)} findings, the first one first):")
    for finding in [first, *(each for each in result.findings if each is not first)][:_PRINTED]:
        print(f"- {finding.text('zh')}\n  {finding.text('en')}")
    return 1
