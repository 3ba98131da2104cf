"""Alembic migrations, run from code: no ini file to find, no shell to call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from app.config import ConfigError
from app.db import Database
from app.lazy_import import Later

command, config = Later("alembic.command"), Later("alembic.config")

HERE = Path(__file__).parent


def configuration(database: Database) -> Any:
    """Alembic's settings for *database*."""
    settings = config.Config()
    settings.set_main_option("script_location", str(HERE))
    settings.attributes["database"] = database
    return settings


def newest() -> str:
    """The newest revision: the files are numbered."""
    return max(path.name for path in (HERE / "versions").glob("[0-9]*.py")).partition("_")[0]


#: Before it, by the old schema: what is found is handed to what comes after it.
Before = Callable[[Connection], Any]
After = Callable[[Connection, Any], None]


def upgrade(database: Database, *, before: Before | None = None, after: After | None = None) -> None:
    """Bring the schema to the newest revision. When it is there already, which is so at nearly every start, Alembic is not even loaded.

    *before* and *after* belong to the transaction of an upgrade: all of it is kept, or nothing. ConfigError when a newer version made the
    schema.
    """
    found = _revision(database)
    if found is not None and found > newest():
        raise ConfigError(
            f"数据库由更新的版本建立（{found}），本版本（{newest()}）不能使用，请升级程序 "
            f"(a newer version made this database: revision {found}, here {newest()}; install that version)."
        )
    if found != newest():
        settings = configuration(database)
        settings.attributes.update(before=before, after=after)
        command.upgrade(settings, "head")


def _revision(database: Database) -> str | None:
    """The revision of an existing database."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found
