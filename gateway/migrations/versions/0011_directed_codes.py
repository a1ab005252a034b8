"""Codes that stand for resources beside userinfo."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Remember for which resources a citizen's authorization was asked."""
    op.add_column("codes", sa.Column("resources", pg.ARRAY(sa.Text())), schema="relying_parties")


def downgrade() -> None:
    """Forget it: what came of them is worth nothing without."""
    op.drop_column("codes", "resources", schema="relying_parties")
