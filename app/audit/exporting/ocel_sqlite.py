"""The OCEL 2.0 log as an SQLite file: a table for each type of object and event, as the standard has it."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.orm import Session

from app.audit.exporting.choice import Choice
from app.audit.exporting.ocel import EVENT_ATTRIBUTES, TYPES, Happening, Thing, contents, moment
from app.audit.exporting.tables import content

_TABLES = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT NOT NULL REFERENCES event_map_type (ocel_type));
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT NOT NULL REFERENCES object_map_type (ocel_type));
CREATE TABLE event_object (ocel_event_id TEXT NOT NULL REFERENCES event (ocel_id),
  ocel_object_id TEXT NOT NULL REFERENCES object (ocel_id), ocel_qualifier TEXT NOT NULL,
  PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
CREATE TABLE object_object (ocel_source_id TEXT NOT NULL REFERENCES object (ocel_id),
  ocel_target_id TEXT NOT NULL REFERENCES object (ocel_id), ocel_qualifier TEXT NOT NULL,
  PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
"""


def as_sqlite(session: Session, choice: Choice, _locale: str) -> Iterator[bytes]:
    """The file, written beside and then sent."""
    with tempfile.TemporaryDirectory(prefix="daopai-export-") as folder:
        path = Path(folder, "log.sqlite")
        with closing(sqlite3.connect(path, isolation_level=None)) as log:
            # Nobody else sees the file before it is whole.
            log.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + _TABLES)
            _write(log, session, choice)
            log.execute("COMMIT")
        yield from content(path)


def _write(log: sqlite3.Connection, session: Session, choice: Choice) -> None:
    for name, attributes in TYPES.items():
        log.execute("INSERT INTO object_map_type VALUES (?, ?)", (name, name))
        _table(log, f"object_{name}", "TEXT NOT NULL REFERENCES object (ocel_id)", ("ocel_changed_field", *attributes))
    maps: dict[str, str] = {}
    for each in contents(session, choice):
        if isinstance(each, Thing):
            _thing(log, each)
        else:
            if each.type not in maps:
                # Names of steps are in any script: tables have numbers.
                maps[each.type] = f"t{len(maps) + 1}"
                log.execute("INSERT INTO event_map_type VALUES (?, ?)", (each.type, maps[each.type]))
                _table(log, f"event_{maps[each.type]}", "TEXT PRIMARY KEY REFERENCES event (ocel_id)", EVENT_ATTRIBUTES)
            _happening(log, each, maps[each.type])


def _table(log: sqlite3.Connection, name: str, identity: str, attributes: Sequence[str]) -> None:
    columns = "".join(f", {attribute} TEXT" for attribute in attributes)
    log.execute(f"CREATE TABLE {name} (ocel_id {identity}, ocel_time TIMESTAMP{columns})")


def _thing(log: sqlite3.Connection, thing: Thing) -> None:
    log.execute("INSERT INTO object VALUES (?, ?)", (thing.id, thing.type))
    values = [thing.id, moment(thing.at), None, *(thing.attributes.get(name) for name in TYPES[thing.type])]
    _insert(log, f"object_{thing.type}", values)
    rows = [(thing.id, *relation) for relation in thing.relations]
    log.executemany("INSERT OR IGNORE INTO object_object VALUES (?, ?, ?)", rows)


def _happening(log: sqlite3.Connection, event: Happening, table: str) -> None:
    log.execute("INSERT INTO event VALUES (?, ?)", (event.id, event.type))
    _insert(log, f"event_{table}", [event.id, moment(event.at), *(event.attributes[name] for name in EVENT_ATTRIBUTES)])
    rows = [(event.id, *relation) for relation in event.relations]
    log.executemany("INSERT OR IGNORE INTO event_object VALUES (?, ?, ?)", rows)


def _insert(log: sqlite3.Connection, table: str, values: Sequence[str | None]) -> None:
    log.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 (our own names)
