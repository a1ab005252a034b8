"""Secrets of services that sign with them: verifying takes the secret itself."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

ROOM, TABLE, NAME = "relying_parties", "client_secrets", "sealed"


def upgrade() -> None:
    """Those that are there are digests and stay so."""
    op.add_column(TABLE, sa.Column(NAME, sa.LargeBinary()), schema=ROOM)


def downgrade() -> None:
    """Forget them; services that sign with theirs need another way."""
    op.drop_column(TABLE, NAME, schema=ROOM)
