"""On what device an address began to be proved."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Keep it with the flow."""
    op.add_column(
        "signups",
        sa.Column("device", sa.Text(), server_default="", nullable=False),
        schema="idp",
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_column("signups", "device", schema="idp")
