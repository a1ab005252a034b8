"""Logos of services, fetched when their registration was approved."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table; the worker fetches what approved registrations name."""
    op.create_table(
        "logos",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["relying_parties.clients.client_id"]),
        sa.PrimaryKeyConstraint("client_id"),
        schema="relying_parties",
    )


def downgrade() -> None:
    """Show letters again."""
    op.drop_table("logos", schema="relying_parties")
