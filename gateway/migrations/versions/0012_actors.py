"""Who acts with a token that was exchanged."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Remember who acts, and who acted before."""
    op.add_column("access_tokens", sa.Column("act", pg.JSONB()), schema="relying_parties")


def downgrade() -> None:
    """Forget it."""
    op.drop_column("access_tokens", "act", schema="relying_parties")
