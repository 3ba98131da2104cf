"""Migrations of running instances, and acts on many instances at once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app import db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "instance_migration",
        sa.Column("key", KEY, nullable=False),
        sa.Column("campaign_id", KEY, nullable=False),
        sa.Column("instance_key", KEY, nullable=False),
        sa.Column("from_key", KEY, nullable=False),
        sa.Column("to_key", KEY, nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("taken_back_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["instance_key"], ["process_instance.key"]),
        sa.ForeignKeyConstraint(["from_key"], ["definition.key"]),
        sa.ForeignKeyConstraint(["to_key"], ["definition.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("instance_migration") as batch:
        batch.create_index("ix_instance_migration_instance", ["instance_key", "key"])
        batch.create_index("ix_instance_migration_campaign", ["campaign_id", "key"])
    op.create_table(
        "operation_batch",
        sa.Column("key", KEY, nullable=False),
        sa.Column("campaign_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("from_key", KEY, nullable=True),
        sa.Column("to_key", KEY, nullable=True),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("recompute", sa.Boolean(), nullable=False),
        sa.Column("of_key", KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("created_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("operation_batch") as batch:
        batch.create_index("ix_operation_batch_campaign", ["campaign_id", "key"])
    op.create_table(
        "operation_item",
        sa.Column("key", KEY, nullable=False),
        sa.Column("campaign_id", KEY, nullable=False),
        sa.Column("batch_key", KEY, nullable=False),
        sa.Column("target_key", KEY, nullable=False),
        sa.Column("instance_key", KEY, nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_en", sa.Text(), nullable=False),
        sa.Column("result_key", KEY, nullable=True),
        sa.ForeignKeyConstraint(["batch_key"], ["operation_batch.key"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("batch_key", "target_key"),
    )
    with op.batch_alter_table("operation_item") as batch:
        batch.create_index("ix_operation_item_state", ["batch_key", "state", "key"])


def downgrade() -> None:
    op.drop_table("operation_item")
    op.drop_table("operation_batch")
    op.drop_table("instance_migration")
