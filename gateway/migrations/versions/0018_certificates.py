"""Refresh tokens of public clients that are for a certificate (RFC 8705 §4)."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
ROOM = "relying_parties"


def upgrade() -> None:
    """Keep its thumbprint beside that of a key."""
    op.add_column("refresh_tokens", sa.Column("x5t", sa.Text()), schema=ROOM)


def downgrade() -> None:
    """Forget it."""
    op.drop_column("refresh_tokens", "x5t", schema=ROOM)
