"""Browsers that an account was signed in from before."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table; until its next sign-in every browser is a new one."""
    op.create_table(
        "known_devices",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", "account_id"),
        schema="idp",
    )
    op.create_index(
        "known_devices_by_account", "known_devices", ["account_id"], unique=False, schema="idp"
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("known_devices", schema="idp")
