"""The term index of records, for the auditors' search"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app import db
from app.audit.search import store

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    table = op.create_table(
        "record_index",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("upto", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(table, [{"id": 1, "upto": 0}])
    op.create_table(
        "record_span",
        sa.Column("last_key", KEY, autoincrement=False, nullable=False),
        sa.Column("first_key", KEY, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("from_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("to_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("last_key"),
    )
    for statement in store.statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in store.statements_back(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("record_span")
    op.drop_table("record_index")
