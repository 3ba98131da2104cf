"""Requests to release, and what came of them; deployments are numbered"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app import db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "release_request",
        sa.Column("key", KEY, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("requested_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deployment_key", KEY, nullable=True),
        sa.Column("again_key", KEY, nullable=True),
        sa.Column("trial", sa.JSON(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("release_request") as batch:
        batch.create_index("ix_release_request_state", ["state", "key"])
        batch.create_index("ix_release_request_deployment", ["deployment_key"])
    op.create_table(
        "release_file",
        sa.Column("key", KEY, nullable=False),
        sa.Column("request_key", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("draft_key", KEY, nullable=True),
        sa.Column("draft_number", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("resource", sa.String(length=200), nullable=False),
        sa.Column("definition_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("drawn_by", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["request_key"], ["release_request.key"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("request_key", "resource"),
    )
    with op.batch_alter_table("release_file") as batch:
        batch.create_index("ix_release_file_draft", ["draft_key"])
    _number_deployments()


def _number_deployments() -> None:
    """1, 2, 3, … in the order in which they were made: keys are ordered by time.

    Without batches: SQLite would make the table anew, and rows refer to it.
    """
    op.add_column("deployment", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE deployment SET number = (SELECT count(*) FROM deployment AS earlier WHERE earlier.key <= deployment.key)")
    op.create_index("ix_deployment_number", "deployment", ["number"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_deployment_number", "deployment")
    op.execute("ALTER TABLE deployment DROP COLUMN number")
    op.drop_table("release_file")
    op.drop_table("release_request")
