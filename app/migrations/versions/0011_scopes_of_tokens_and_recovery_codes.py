"""What API tokens may do and until when; recovery codes

Tokens from before keep all they could do and end 90 days after the upgrade, or when they were to end anyway.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("api_token", sa.Column("scopes", sa.String(100), nullable=False, server_default="read work messages jobs deploy"))
    until = datetime.now(UTC) + timedelta(days=90)
    token = sa.table("api_token", sa.column("expires_at", MOMENT))
    op.execute(token.update().where(token.c.expires_at.is_(None) | (token.c.expires_at > until)).values(expires_at=until))
    with op.batch_alter_table("api_token") as batch_op:
        batch_op.alter_column("expires_at", existing_type=MOMENT, nullable=False)
        batch_op.alter_column("scopes", existing_type=sa.String(100), server_default=None)
    op.create_table(
        "recovery_code",
        sa.Column("key", KEY, nullable=False),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["username"], ["account.username"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_recovery_code_username", "recovery_code", ["username"])


def downgrade() -> None:
    op.drop_table("recovery_code")
    with op.batch_alter_table("api_token") as batch_op:
        batch_op.alter_column("expires_at", existing_type=MOMENT, nullable=True)
    op.drop_column("api_token", "scopes")
