"""Devices that wait while their citizen signs in elsewhere."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make room for them."""
    op.create_table(
        "device_codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_code", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("request", pg.JSONB(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("network", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("user_code"),
        schema="relying_parties",
    )
    for name, columns in (
        ("device_codes_of_client", ["client_id", "expires_at"]),
        ("device_codes_by_end", ["expires_at"]),
    ):
        op.create_index(name, "device_codes", columns, schema="relying_parties")


def downgrade() -> None:
    """Let none wait any more."""
    op.drop_table("device_codes", schema="relying_parties")
