"""The term index knows periods of time; one that was made before is made again by the workers"""

from __future__ import annotations

from alembic import op

from app.audit.search import store

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until the workers have filled it, searches read the records themselves."""
    dialect = op.get_bind().dialect.name
    for statement in (*store.statements_back(dialect), *store.statements(dialect)):
        op.get_bind().exec_driver_sql(statement)
    op.execute("DELETE FROM record_span")
    op.execute("UPDATE record_index SET upto = 0")


def downgrade() -> None:
    """The index is the same table; only what is in it differs, and nothing below 0007 reads it."""
