"""What services ask citizens who are not in front of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0025"
down_revision = "0024"

ROOM, TABLE = "relying_parties", "backchannel_requests"


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("citizen", sa.LargeBinary()),
        sa.Column("request", pg.JSONB(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("expires_at", nullable=False),
        _moment("poll_at"),
        _moment("decided_at"),
        _moment("used_at"),
        _moment("noticed_at"),
        sa.Column("ping", sa.LargeBinary()),
        sa.Column("ping_tries", sa.Integer(), nullable=False),
        _moment("ping_due_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        schema=ROOM,
    )
    for name, columns, where in (
        ("by_subject", ["subject", "client_id"], None),
        ("by_end", ["expires_at"], None),
        ("unnoticed", ["created_at"], "noticed_at IS NULL"),
        ("pinging", ["ping_due_at"], "ping_due_at IS NOT NULL"),
    ):
        op.create_index(
            f"{TABLE}_{name}",
            TABLE,
            columns,
            schema=ROOM,
            postgresql_where=sa.text(where) if where else None,
        )


def downgrade() -> None:
    """Drop it."""
    op.drop_table(TABLE, schema=ROOM)
