"""A worker that tells citizens of requests has them for a while, and holds no row meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0045"

ROOM, TABLE, COLUMN = "relying_parties", "backchannel_requests", "notice_due_at"


def upgrade() -> None:
    """Let whatever waits be due at once."""
    op.add_column(TABLE, sa.Column(COLUMN, sa.DateTime(timezone=True)), schema=ROOM)


def downgrade() -> None:
    """Take it away."""
    op.drop_column(TABLE, COLUMN, schema=ROOM)
