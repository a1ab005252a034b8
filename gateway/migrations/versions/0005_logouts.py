"""Services that must hear that a session ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ROOM = "relying_parties"


def upgrade() -> None:
    """Make the table of what is still to be told."""
    op.create_table(
        "logouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema=ROOM,
    )
    op.create_index(
        "one_logout_of_a_session", "logouts", ["client_id", "sid"], unique=True, schema=ROOM
    )
    op.create_index(
        "logouts_due",
        "logouts",
        ["due_at"],
        schema=ROOM,
        postgresql_where=sa.text("state = 'due'"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("logouts", schema=ROOM)
