"""Alembic migrations, run from code: no ini file to find, no shell to call."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from app.db import Database


def configuration(database: Database) -> Config:
    """Alembic's settings for *database*."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database"] = database
    return config


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; does nothing when it is there."""
    command.upgrade(configuration(database), "head")
