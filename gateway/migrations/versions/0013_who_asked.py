"""Who asked for the review of a version: they don't answer it themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Keep it with the version."""
    op.add_column(
        "registrations",
        sa.Column("submitted_by", sa.Text(), nullable=True),
        schema="relying_parties",
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_column("registrations", "submitted_by", schema="relying_parties")
