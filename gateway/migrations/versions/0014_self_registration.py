"""Services that register themselves: what lets them in, and what lets them change it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make room for the digests of both kinds of tokens."""
    op.create_table(
        "initial_access_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["relying_parties.agencies.id"]),
        sa.PrimaryKeyConstraint("digest"),
        schema="relying_parties",
    )
    op.create_table(
        "registration_access_tokens",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["relying_parties.clients.client_id"]),
        sa.PrimaryKeyConstraint("client_id"),
        schema="relying_parties",
    )


def downgrade() -> None:
    """Let nobody register themselves any more."""
    op.drop_table("registration_access_tokens", schema="relying_parties")
    op.drop_table("initial_access_tokens", schema="relying_parties")
