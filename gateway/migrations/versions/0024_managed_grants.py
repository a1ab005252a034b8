"""Managed grants: the answer to a code names the grant that it is of."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Remember who asked for it."""
    op.add_column("codes", sa.Column("managed", sa.Boolean()), schema="relying_parties")


def downgrade() -> None:
    """Name no grant any more."""
    op.drop_column("codes", "managed", schema="relying_parties")
