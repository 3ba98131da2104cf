"""Drafts of diagrams, decisions and forms"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app import db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "model_draft",
        sa.Column("key", KEY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("resource", sa.String(length=200), nullable=False),
        sa.Column("definition_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("base_key", KEY, nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=100), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("model_draft") as batch:
        batch.create_index("ix_model_draft_state", ["state", "updated_at"])
    op.create_table(
        "model_draft_version",
        sa.Column("key", KEY, nullable=False),
        sa.Column("draft_key", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("saved_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["draft_key"], ["model_draft.key"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("draft_key", "number"),
    )
    op.create_table(
        "model_draft_presence",
        sa.Column("draft_key", KEY, nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("seen_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_key"], ["model_draft.key"]),
        sa.PrimaryKeyConstraint("draft_key", "person"),
    )


def downgrade() -> None:
    op.drop_table("model_draft_presence")
    op.drop_table("model_draft_version")
    op.drop_table("model_draft")
