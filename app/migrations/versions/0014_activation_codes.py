"""Activation codes of accounts that somebody else made or reset

Accounts that wait for their first sign-in at the upgrade need none: nobody could hand them out where there is one administrator.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activation",
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("made_by", sa.String(100), nullable=False),
        sa.Column("made_for", sa.String(100), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("handed_by", sa.String(100), nullable=False),
        sa.Column("handed_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["username"], ["account.username"]),
        sa.PrimaryKeyConstraint("username"),
    )


def downgrade() -> None:
    op.drop_table("activation")
