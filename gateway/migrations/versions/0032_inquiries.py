"""What citizens ask back about requests from behind, and what offices say to it."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"

ROOM, TABLE = "relying_parties", "inquiries"


def upgrade() -> None:
    """Make room for it; it goes with its request."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "request_id",
            sa.Uuid,
            sa.ForeignKey(f"{ROOM}.backchannel_requests.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        schema=ROOM,
    )
    op.create_index("inquiries_by_request", TABLE, ["request_id"], schema=ROOM)


def downgrade() -> None:
    """Take it away."""
    op.drop_table(TABLE, schema=ROOM)
