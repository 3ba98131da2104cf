"""Scenarios and their runs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app import db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "trial",
        sa.Column("key", KEY, nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("draft_key", KEY, nullable=False),
        sa.Column("beside", sa.JSON(), nullable=False),
        sa.Column("play", sa.JSON(), nullable=False),
        sa.Column("touched_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["draft_key"], ["model_draft.key"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("person", "draft_key"),
    )
    with op.batch_alter_table("trial") as batch:
        batch.create_index("ix_trial_touched", ["touched_at"])
    op.create_table(
        "scenario",
        sa.Column("key", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("process_id", sa.String(length=200), nullable=False),
        sa.Column("play", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("resource", sa.String(length=200), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("instance_key", KEY, nullable=True),
        sa.Column("created_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("scenario") as batch:
        batch.create_index("ix_scenario_process", ["process_id", "state"])
    op.create_table(
        "scenario_run",
        sa.Column("key", KEY, nullable=False),
        sa.Column("scenario_key", KEY, nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["scenario_key"], ["scenario.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("scenario_run") as batch:
        batch.create_index("ix_scenario_run", ["scenario_key", "key"])


def downgrade() -> None:
    op.drop_table("scenario_run")
    op.drop_table("scenario")
    op.drop_table("trial")
