"""Tokens that are for one key: RFC 9449."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0004"
down_revision = "0003"

ROOM = "relying_parties"


def upgrade() -> None:
    """Remember the key beside what it is needed for."""
    op.add_column("codes", sa.Column("jkt", sa.Text()), schema=ROOM)
    op.add_column("access_tokens", sa.Column("cnf", pg.JSONB()), schema=ROOM)
    op.add_column("refresh_tokens", sa.Column("jkt", sa.Text()), schema=ROOM)


def downgrade() -> None:
    """Forget it."""
    op.drop_column("refresh_tokens", "jkt", schema=ROOM)
    op.drop_column("access_tokens", "cnf", schema=ROOM)
    op.drop_column("codes", "jkt", schema=ROOM)
