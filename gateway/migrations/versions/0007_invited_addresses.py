"""Invitations hold the address that following them proves."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the address; an invitation of before is for an account that has one."""
    for name in ("lookup", "sealed"):
        op.add_column("invitations", sa.Column(name, sa.LargeBinary()), schema="idp")


def downgrade() -> None:
    """Forget the addresses."""
    for name in ("lookup", "sealed"):
        op.drop_column("invitations", name, schema="idp")
