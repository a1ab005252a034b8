"""What services are told of what citizens changed, and what they did about it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0022"
down_revision = "0021"

ROOM = "relying_parties"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "change_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("claims", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema=ROOM,
    )
    for name, column in (
        ("change_notices_by_subject", "subject"),
        ("change_notices_by_age", "created_at"),
    ):
        op.create_index(name, "change_notices", [column], schema=ROOM)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("change_notices", schema=ROOM)
