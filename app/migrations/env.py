"""Alembic's entry: one connection of the database it was given."""

from alembic import context

from app import tables  # noqa: F401  (registers every table)
from app.db import Base

database = context.config.attributes["database"]

with database.engine.begin() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=database.is_sqlite,
        compare_type=True,
        user_module_prefix="db.",
    )
    before, after = (context.config.attributes.get(name) for name in ("before", "after"))
    found = before(connection) if before else None
    with context.begin_transaction():
        context.run_migrations()
    if after:
        after(connection, found)
