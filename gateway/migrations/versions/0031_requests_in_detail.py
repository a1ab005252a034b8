"""Requests from behind that ask in detail are told from those that do not."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0033"

ROOM, TABLE = "relying_parties", "backchannel_requests"


def upgrade() -> None:
    """Those that are there ask for none."""
    added = sa.Column("in_detail", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column(TABLE, added, schema=ROOM)


def downgrade() -> None:
    """Forget it."""
    op.drop_column(TABLE, "in_detail", schema=ROOM)
