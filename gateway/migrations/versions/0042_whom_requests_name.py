"""Requests from behind are counted by what they name somebody by."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

ROOM, TABLE, INDEX = "relying_parties", "backchannel_requests", "backchannel_requests_by_name"


def upgrade() -> None:
    """Count no more what was asked before: it runs out within days."""
    op.add_column(TABLE, sa.Column("named", sa.Text), schema=ROOM)
    op.create_index(INDEX, TABLE, ["named"], schema=ROOM)


def downgrade() -> None:
    """Take both away."""
    op.drop_index(INDEX, TABLE, schema=ROOM)
    op.drop_column(TABLE, "named", schema=ROOM)
