"""Database access: base class, column types, keys, and the only ``.commit()``."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import JSON, BigInteger, Connection, Date, DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator

from app import column_lengths, exact_json, unreadable

T = TypeVar("T")

#: 64-bit key; an alias of SQLite's rowid there.
Key = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


class _Readable(TypeDecorator[Any]):
    """A column whose values may be damaged: one that cannot be read is shown as such, or refused (``unreadable``)."""

    #: ``table.column``, set when the table is made
    place = ""
    #: NULL is a value of it
    optional = False

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        read = self.impl_instance.result_processor(dialect, coltype)

        def value_of(stored: Any) -> Any:
            if stored is None:
                return None
            try:
                return self.checked(stored if read is None else read(stored))
            except (ValueError, TypeError, AttributeError, OverflowError) as error:
                return unreadable.instead(self.place, self.instead(), error)

        return value_of

    def checked(self, value: Any) -> Any:
        """*value* as the program knows it. Raises ``ValueError`` and the like for what it is not."""
        raise NotImplementedError

    def instead(self) -> Any:
        """What is shown where nothing can be read."""
        raise NotImplementedError


class UtcDateTime(_Readable):
    """Aware date-time, stored in UTC. Naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a date-time needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def checked(self, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def instead(self) -> datetime:
        return unreadable.MOMENT


class Day(_Readable):
    """A date without a time."""

    impl = Date
    cache_ok = True

    def checked(self, value: date) -> date:
        if not isinstance(value, date):
            raise TypeError(type(value).__name__)
        return value

    def instead(self) -> date:
        return unreadable.DAY


class Json(_Readable):
    """A JSON value; of *shape* ``dict`` or ``list`` where one is given."""

    impl = JSON
    cache_ok = True
    hashable = False

    def __init__(self, shape: type | None = None) -> None:
        super().__init__()
        self.shape = shape

    def checked(self, value: Any) -> Any:
        if value is None and self.optional:
            return None  # written as JSON's own null
        if self.shape is not None and not isinstance(value, self.shape):
            raise TypeError(type(value).__name__)
        return value

    def instead(self) -> Any:
        return unreadable.shape_of(self.shape)


class Base(DeclarativeBase):
    """Base of every table of Daopai."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for column in cls.__table__.c:
            if isinstance(column.type, _Readable):
                column.type.place = f"{cls.__tablename__}.{column.name}"
                column.type.optional = bool(column.nullable)


_random = itertools.count(secrets.randbits(22))
#: milliseconds at the beginning of 2020
_EPOCH = 1_577_836_800_000


def new_key() -> int:
    """A 64-bit key: 41 bits of milliseconds since 2020, then 22 bits that differ.

    Keys are ordered by time between milliseconds. The low bits count up from a random start, so one process never
    repeats itself within a millisecond and two processes rarely meet; the database's primary key settles the rest.
    """
    millis = int(time.time() * 1000) - _EPOCH
    return (millis << 22) | (next(_random) & 0x3FFFFF)


def key_at(moment: datetime) -> int:
    """The smallest key made at *moment* (the machine's time)."""
    return max(int(moment.timestamp() * 1000) - _EPOCH, 0) << 22


def made_at(key: int) -> datetime:
    """When a key was made (the machine's time); long ago for what is none of ours."""
    return datetime.fromtimestamp(min(max(key >> 22, 0), 1 << 41) / 1000 + _EPOCH / 1000, UTC)


#: a number alone in its column: longer than this it is written as text, under this name
_LONG, _NUMBER = 15, "@number"


def _dumps(value: Any) -> str:
    text = exact_json.dumps(value).decode()
    # SQLite's JSON columns have numeric affinity: a lone number that is no machine word and no double would be rounded.
    return f'{{"{_NUMBER}": "{text}"}}' if isinstance(value, int | float) and len(text) > _LONG else text


def _loads(value: Any) -> Any:
    if isinstance(value, int | float):  # a lone number comes back from SQLite as one
        return value
    found = exact_json.loads(value)
    return exact_json.loads(found[_NUMBER]) if isinstance(found, dict) and found.keys() == {_NUMBER} else found


class RevisionConflict(Exception):
    """Somebody else changed this at the same moment. Please look at it again."""


#: Seconds for which one statement waits for SQLite's lock, and one transaction in all its attempts: people get an answer within 10 s.
_WAIT_FOR_LOCK, _PATIENCE = 3, 6


class Database:
    """One engine, its sessions, and the transaction rule.

    SQLite runs in WAL with ``synchronous=FULL``. Reading takes no lock; the write lock (``BEGIN IMMEDIATE``) is taken just
    before the first write of a transaction, after the work has been computed. PostgreSQL runs READ COMMITTED.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        if url.startswith("sqlite"):
            options.setdefault("connect_args", {"timeout": _WAIT_FOR_LOCK, "check_same_thread": False})
        else:
            options.setdefault("pool_pre_ping", True)
            options.setdefault("pool_size", 10)
        self.engine: Engine = create_engine(url, json_serializer=_dumps, json_deserializer=_loads, **options)
        column_lengths.check(self.engine)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, autoflush=False)
        self._after_commit: list[Callable[[], None]] = []
        if self.is_sqlite:
            _prepare_sqlite(self.engine)
        else:
            _prepare_postgresql(self.engine)

    def knows(self, people: Any) -> Database:
        """Let sessions know who there is (``session.info["people"]``): the check of diagrams asks it."""
        self._sessions.configure(info={"people": people})
        return self

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call *listener* after each committed transaction (wakes the job worker of this process)."""
        self._after_commit.append(listener)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading. What it holds is thrown away. What cannot be read in it has a marked value (``unreadable``)."""
        with unreadable.shown(), self._sessions() as session:
            yield session
            # Rows stay readable after the block: a rollback would expire them.
            session.expunge_all()
            session.rollback()

    def in_transaction(self, work: Callable[[Session], T], *, attempts: int = 3) -> T:
        """Run *work(session)* and commit it as one transaction.

        On a revision conflict, a serialisation failure or a changed snapshot the work runs again, in a new session, up to *attempts*
        times; then ``RevisionConflict``. While another process holds SQLite's lock it runs again for some seconds; then the error is an
        ``outage``.
        Any other exception rolls back and goes on to the caller.
        """
        began, attempt = time.monotonic(), 0
        while True:
            try:
                with unreadable.refused(), self._sessions() as session:
                    result = work(session)
                    session.commit()
            except (StaleDataError, DBAPIError) as error:
                attempt += 1
                if outage(error) is Outage.LOCKED:
                    if time.monotonic() - began > _PATIENCE:
                        raise
                elif not _may_be_repeated(error):
                    raise
                elif attempt == attempts:
                    raise RevisionConflict(RevisionConflict.__doc__) from error
                continue
            for listener in self._after_commit:
                listener()
            return result

    def dispose(self) -> None:
        self.engine.dispose()


def within(connection: Connection, work: Callable[[Session], T]) -> T:
    """Run *work(session)* as a part of the transaction that *connection* has open: it is kept when, and only when, that is."""
    options: Any = {"join_transaction_mode": "create_savepoint", "expire_on_commit": False, "autoflush": False}
    with Session(connection, **options) as session:
        result = work(session)
        session.commit()
    return result


class Outage(Enum):
    """Why a database does not answer: its value says it to an operator, in both languages."""

    AWAY = "数据库无法连接，请检查数据库服务和 DATABASE_URL (the database cannot be reached: check its server and DATABASE_URL)"
    FULL = "磁盘空间已满，请清理后重试 (the disk is full: make room and try again)"
    LOCKED = "数据库被另一个程序占用，请稍后重试 (another program holds the database: try again in a moment)"
    READ_ONLY = "数据库不可写，请检查文件和文件夹的权限 (the database cannot be written: check the rights of its file and folder)"
    CORRUPT = "数据库文件已损坏或不是数据库，请用备份恢复 (the database file is damaged or is none: restore a backup)"


#: the beginning of SQLite's error name → what it means
_SQLITE: dict[str, Outage | None] = {
    "SQLITE_BUSY_SNAPSHOT": None,  # a revision conflict: the work runs again
    "SQLITE_BUSY": Outage.LOCKED,
    "SQLITE_LOCKED": Outage.LOCKED,
    "SQLITE_FULL": Outage.FULL,
    "SQLITE_IOERR": Outage.AWAY,
    "SQLITE_READONLY": Outage.READ_ONLY,
    "SQLITE_CANTOPEN": Outage.READ_ONLY,
    "SQLITE_CORRUPT": Outage.CORRUPT,
    "SQLITE_NOTADB": Outage.CORRUPT,
}
#: the beginning of PostgreSQL's SQLSTATE → what it means: lost connections, shutdown, a standby; no space; no right; damaged pages
_POSTGRESQL = {
    "08": Outage.AWAY,
    "57P": Outage.AWAY,
    "25006": Outage.AWAY,
    "53100": Outage.FULL,
    "53": Outage.AWAY,
    "28": Outage.AWAY,
    "3D000": Outage.AWAY,
    "42501": Outage.READ_ONLY,
    "XX001": Outage.CORRUPT,
    "XX002": Outage.CORRUPT,
}


def outage(error: BaseException) -> Outage | None:
    """Why the database did not answer; None where *error* is of another kind. A pool without a free connection counts as away."""
    if isinstance(error, PoolTimeout):
        return Outage.AWAY
    if not isinstance(error, DBAPIError):
        return None
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        return next((found for start, found in _SQLITE.items() if name.startswith(start)), None)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return next((found for start, found in _POSTGRESQL.items() if state.startswith(start)), None)
    # psycopg knows no state where no server answered.
    return Outage.AWAY if isinstance(error, OperationalError) or error.connection_invalidated else None


#: PostgreSQL: serialization_failure, deadlock_detected, lock_not_available.
_REPEATABLE = {"40001", "40P01", "55P03"}


def _may_be_repeated(error: Exception) -> bool:
    if isinstance(error, StaleDataError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    snapshot = getattr(error.orig, "sqlite_errorname", "") == "SQLITE_BUSY_SNAPSHOT"
    return snapshot or getattr(error.orig, "sqlstate", None) in _REPEATABLE


def _prepare_postgresql(engine: Engine) -> None:
    """A moment or day that Python has none for (infinity, the year 12000) is its text, which no column reads (``_Readable``)."""
    from psycopg import DataError, adapters
    from psycopg.abc import Buffer
    from psycopg.adapt import Loader
    from psycopg.pq import Format

    def tolerant(kind: str) -> type[Loader]:
        own: Any = adapters.get_loader(adapters.types[kind].oid, Format.TEXT)

        class Tolerant(Loader):
            def __init__(self, oid: int, context: Any = None) -> None:
                super().__init__(oid, context)
                self._read = own(oid, context).load

            def load(self, data: Buffer) -> Any:
                try:
                    return self._read(data)
                except DataError:
                    return bytes(data).decode(errors="replace")

        return Tolerant

    loaders = {kind: tolerant(kind) for kind in ("timestamptz", "date")}

    @event.listens_for(engine, "connect")
    def _connect(dbapi_connection: Any, _record: Any) -> None:
        for kind, loader in loaders.items():
            dbapi_connection.adapters.register_loader(kind, loader)


# SQLite: pysqlite's own BEGIN is switched off; ours is issued before the first write.
_WRITING = "daopai_writing"


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "before_cursor_execute")
    def _begin(conn: Any, cursor: Any, statement: str, _p: Any, _c: Any, _m: bool) -> None:
        if conn.info.get(_WRITING):
            return
        if statement.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE", "CREATE", "ALTER ", "DROP T", "DROP I", "SAVEPO"}:
            cursor.execute("BEGIN IMMEDIATE")
            conn.info[_WRITING] = True

    @event.listens_for(engine, "savepoint")
    def _savepoint(conn: Any, _name: str) -> None:
        if not conn.info.get(_WRITING):
            conn.connection.dbapi_connection.execute("BEGIN IMMEDIATE")
            conn.info[_WRITING] = True

    @event.listens_for(engine, "commit")
    def _commit(conn: Any) -> None:
        conn.info.pop(_WRITING, None)

    @event.listens_for(engine, "rollback")
    def _rollback(conn: Any) -> None:
        conn.info.pop(_WRITING, None)

    @event.listens_for(engine, "checkin")
    def _checkin(_dbapi: Any, record: Any) -> None:
        record.info.pop(_WRITING, None)


__all__ = ["Base", "Database", "Day", "Json", "Key", "Outage", "RevisionConflict", "UtcDateTime", "key_at", "made_at", "new_key", "outage"]
