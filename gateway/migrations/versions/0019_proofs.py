"""Which claims a service wants with their proof."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Keep it with the code."""
    op.add_column("codes", sa.Column("proofs", sa.LargeBinary()), schema="relying_parties")


def downgrade() -> None:
    """Forget it."""
    op.drop_column("codes", "proofs", schema="relying_parties")
