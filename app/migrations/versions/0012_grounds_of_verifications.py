"""On what the verdict of a verification rests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("verification", sa.Column("grounds", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("verification") as table:
        table.alter_column("grounds", server_default=None)


def downgrade() -> None:
    op.drop_column("verification", "grounds")
