"""Requests that citizens put aside until a moment."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0042"

ROOM, TABLE = "relying_parties", "asides"


def upgrade() -> None:
    """Nothing is put aside yet."""
    op.create_table(
        TABLE,
        sa.Column("request_id", sa.Uuid, primary_key=True),
        sa.Column("citizen", sa.LargeBinary, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        schema=ROOM,
    )
    where = sa.text("told_at IS NULL")
    op.create_index("asides_due", TABLE, ["due_at"], schema=ROOM, postgresql_where=where)
    op.create_index("asides_by_end", TABLE, ["ends_at"], schema=ROOM)


def downgrade() -> None:
    """Take it away; whoever is asked finds the requests in their inbox."""
    op.drop_table(TABLE, schema=ROOM)
