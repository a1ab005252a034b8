"""How often services asked too often, by the day."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

ROOM, TABLE = "relying_parties", "backchannel_refusals"


def upgrade() -> None:
    """Begin to count."""
    op.create_table(
        TABLE,
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
        schema=ROOM,
    )


def downgrade() -> None:
    """Forget the counts."""
    op.drop_table(TABLE, schema=ROOM)
