"""Of which ends of their sharing citizens were told; and consents are found by their end."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0027"

ROOM, TABLE = "relying_parties", "consent_reminders"


def upgrade() -> None:
    """Make the table and the index."""
    op.create_table(
        TABLE,
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], [f"{ROOM}.consents.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("consent_id", "expires_at", "days"),
        schema=ROOM,
    )
    op.create_index("consents_by_end", "consents", ["expires_at"], schema=ROOM)


def downgrade() -> None:
    """Drop both."""
    op.drop_index("consents_by_end", "consents", schema=ROOM)
    op.drop_table(TABLE, schema=ROOM)
