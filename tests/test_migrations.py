"""The schema that the migrations make is the schema of the models."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app import (
    migrations,
    tables,  # noqa: F401  (registers every table)
)
from app.db import Base, Database


def _is_modelled(name: str | None, kind: str, _parents: object) -> bool:
    """The auditors' term index is made by each database's own means (``app/audit/search/store.py``): no model describes it."""
    return not (kind == "table" and (name or "").startswith("record_words"))


def test_migrations_sum_up_to_the_models(db: Database) -> None:
    """Nothing to add, nothing to drop: on SQLite and on PostgreSQL."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_modelled})
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_that_is_up_to_date_starts_without_alembic(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "command", None)
    migrations.upgrade(db)
