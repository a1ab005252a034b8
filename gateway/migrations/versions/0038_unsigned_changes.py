"""Changes of consents that have no receipt yet are found."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

ROOM, TABLE, NAME = "relying_parties", "consent_changes", "consent_changes_unsigned"


def upgrade() -> None:
    """Make the index."""
    where = sa.text("receipt IS NULL")
    op.create_index(NAME, TABLE, ["at"], schema=ROOM, postgresql_where=where)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(NAME, TABLE, schema=ROOM)
