"""How citizens want to be told, kind by kind."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"

ROOM, TABLE = "idp", "notice_channels"


def upgrade() -> None:
    """Nobody chose yet, so everybody is mailed."""
    op.create_table(
        TABLE,
        sa.Column(
            "account_id",
            sa.Uuid,
            sa.ForeignKey(f"{ROOM}.accounts.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        schema=ROOM,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table(TABLE, schema=ROOM)
