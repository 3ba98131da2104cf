"""How far a verification on the page has come with the files"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    op.add_column("verification", sa.Column("files_from", KEY, nullable=True))


def downgrade() -> None:
    op.drop_column("verification", "files_from")
