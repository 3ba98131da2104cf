"""Deployed definitions: the newest of an id, one by key, and its parsed process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.engine import bpmn
from app.engine.errors import NotFound, Refused, Unreadable
from app.engine.models import Definition

#: parsed processes, and contents of files, kept in memory
CACHE_SIZE = 256


@dataclass(frozen=True, slots=True)
class File:
    """What a definition says: one version never changes."""

    key: int
    id: str
    version: int
    content: bytes


_cache: OrderedDict[int, bpmn.Process] = OrderedDict()
_files: OrderedDict[int, File] = OrderedDict()
_lock = threading.Lock()


def newest(session: Session, kind: str, definition_id: str) -> Definition | None:
    """The newest version of a ``process``, ``decision`` or ``form``; None if there is none."""
    return session.scalar(
        select(Definition).where(Definition.kind == kind, Definition.id == definition_id).order_by(Definition.version.desc()).limit(1)
    )


def version_of(session: Session, kind: str, definition_id: str, version: int) -> Definition | None:
    """One version of a definition."""
    return session.scalar(select(Definition).where(Definition.kind == kind, Definition.id == definition_id, Definition.version == version))


def get(session: Session, key: int) -> Definition:
    """The definition *key*. Raises ``NotFound``."""
    found = session.get(Definition, key)
    if found is None:
        raise NotFound(f"there is no definition {key}")
    return found


def process_of(session: Session, definition_key: int) -> bpmn.Process:
    """The parsed process of a definition, kept in memory: a definition never changes. Raises ``NotFound``, ``Unreadable``.

    Lists, and what looks at definitions besides the one in question, take ``drawn``.
    """
    with _lock:
        found = _cache.get(definition_key)
        if found is not None:
            _cache.move_to_end(definition_key)
            return found
    row = session.execute(
        select(Definition.id, Definition.version, Definition.content).where(Definition.key == definition_key, Definition.kind == "process")
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no process definition {definition_key}")
    try:
        process = next((process for process in bpmn.parse(row.content) if process.id == row.id), None)
    except Refused as error:  # an older version of this program took it
        raise Unreadable(row.id, row.version) from error
    if process is None:
        raise Unreadable(row.id, row.version)
    with _lock:
        _cache[definition_key] = process
        while len(_cache) > CACHE_SIZE:
            _cache.popitem(last=False)
    return process


def drawn(session: Session, definition_key: int) -> bpmn.Process:
    """``process_of``; of a row that cannot be read a process without elements that is called so: one bad row takes no list down."""
    try:
        return process_of(session, definition_key)
    except Unreadable as unreadable:
        return bpmn.Process(unreadable.id, f"{unreadable.id}（无法读取）", {}, {})


_FILE = select(Definition.key, Definition.id, Definition.version, Definition.content).where(Definition.key == bindparam("wanted"))


def file_of(session: Session, definition_key: int) -> File:
    """A definition with its content, kept in memory (the same bytes each time). Raises ``NotFound``."""
    with _lock:
        found = _files.get(definition_key)
        if found is not None:
            _files.move_to_end(definition_key)
            return found
    row = session.execute(_FILE, {"wanted": definition_key}).one_or_none()
    if row is None:
        raise NotFound(f"there is no definition {definition_key}")
    found = File(*row)
    with _lock:
        _files[definition_key] = found
        while len(_files) > CACHE_SIZE:
            _files.popitem(last=False)
    return found
