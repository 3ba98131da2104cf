"""``play``: a small campaign in play, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import app.campaign.handlers  # noqa: F401  (registers the service tasks)
from app import clock
from app.db import Database
from app.engine.proof import verify_records
from tests.conftest import KINDS, _pg_url, migrate
from tests.processes import told
from tests.processes.play import Play, prepare
from tests.processes.plays import claims_of


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with everything deployed and the small campaign written."""
    path = tmp_path_factory.mktemp("play") / "play.db"
    migrate(f"sqlite:///{path}")
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def prepared_postgres(postgres: Any) -> str:
    """A PostgreSQL database of that kind, to be copied."""
    postgres.psql("CREATE DATABASE template_play TEMPLATE template_daopai")
    _prepare(_pg_url(postgres, "template_play"))
    return "template_play"


def _prepare(url: str) -> None:
    database = Database(url)
    prepare(database)
    database.dispose()


_counter = iter(range(1, 1_000_000))


@pytest.fixture(params=KINDS)
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Play]:
    """Begins on 21 May 2020 at 08:00; the campaign's process is not started."""
    if request.param == "sqlite":
        path = tmp_path / "play.db"
        shutil.copy(request.getfixturevalue("prepared_sqlite"), path)
        url, name, server = f"sqlite:///{path}", "", None
    else:
        template = request.getfixturevalue("prepared_postgres")
        server, name = request.getfixturevalue("postgres"), f"play_{os.getpid()}_{next(_counter)}"
        server.psql(f"CREATE DATABASE {name} TEMPLATE {template}")
        url = _pg_url(server, name)
    database = Database(url)
    with clock.frozen(datetime(2020, 5, 21, tzinfo=UTC)) as move:
        played = Play(database, move, tmp_path)
        yield played
        missing = claims_of(request.function) - played.visited()
        with database.reading() as session:
            untold = told.gaps(session)
        altered = [finding.text("en") for finding in verify_records.verify(database).findings]
    database.dispose()
    if server is not None:
        server.psql(f"DROP DATABASE {name} WITH (FORCE)")
    assert not untold, "the history does not say all that happened"
    assert not altered, "what the system itself wrote does not verify"
    assert not missing, f"the test says that it plays these elements, but no token came to them: {sorted(missing)}"
