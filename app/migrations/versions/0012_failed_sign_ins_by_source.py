"""Failed sign-ins are counted by user name and source; what was counted before is forgotten"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _make(*sources: sa.Column[str]) -> None:
    op.drop_table("login_failure")
    op.create_table(
        "login_failure",
        sa.Column("username", sa.String(100), nullable=False),
        *sources,
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("username", *(column.name for column in sources)),
    )
    op.create_index("ix_login_failure_age", "login_failure", ["last_at"])


def upgrade() -> None:
    _make(sa.Column("source", sa.String(60), nullable=False))


def downgrade() -> None:
    _make()
