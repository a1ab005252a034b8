"""What services say is other than what is held, and what citizens answer."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0032"

ROOM, TABLE = "relying_parties", "corrections"
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table; a service has one proposal about a detail open at a time."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("unnoticed", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("answered_at", _MOMENT),
        sa.Column("answer", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id"),
        schema=ROOM,
    )
    waits = sa.text("NULLIF(state = 'open', false)")
    op.create_index(
        "one_open_correction",
        TABLE,
        ["subject", "client_id", "claim", waits],
        unique=True,
        schema=ROOM,
    )
    op.create_index("corrections_by_age", TABLE, ["created_at"], schema=ROOM)
    unnoticed = sa.text("unnoticed")
    name = "corrections_unnoticed"
    op.create_index(name, TABLE, ["created_at"], schema=ROOM, postgresql_where=unnoticed)


def downgrade() -> None:
    """Drop it."""
    op.drop_table(TABLE, schema=ROOM)
