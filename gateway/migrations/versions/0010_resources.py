"""APIs that services offer to one another."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ROOM = "relying_parties"


def upgrade() -> None:
    """Remember who offers a resource, and for which one a token is."""
    op.add_column("clients", sa.Column("resource", sa.Text()), schema=ROOM)
    op.create_unique_constraint("clients_resource_key", "clients", ["resource"], schema=ROOM)
    op.add_column("access_tokens", sa.Column("resource", sa.Text()), schema=ROOM)


def downgrade() -> None:
    """Forget it; what was issued for one would be worth nothing else."""
    op.execute("DELETE FROM relying_parties.access_tokens WHERE resource IS NOT NULL")
    op.drop_column("access_tokens", "resource", schema=ROOM)
    op.drop_constraint("clients_resource_key", "clients", schema=ROOM)
    op.drop_column("clients", "resource", schema=ROOM)
