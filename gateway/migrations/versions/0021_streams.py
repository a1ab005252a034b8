"""Event streams of services, and the events on their way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0021"
down_revision = "0020"

ROOM = "relying_parties"
DUE = sa.text("state = 'due'")


def upgrade() -> None:
    """Make the tables."""
    _streams()
    op.create_table(
        "stream_exclusions",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], [f"{ROOM}.streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "subject"),
        schema=ROOM,
    )
    _deliveries()


def downgrade() -> None:
    """Drop them."""
    for table in ("deliveries", "stream_exclusions", "streams"):
        op.drop_table(table, schema=ROOM)


def _streams() -> None:
    op.create_table(
        "streams",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text()),
        sa.Column("authorization", sa.LargeBinary()),
        sa.Column("description", sa.Text()),
        sa.Column("requested", pg.ARRAY(sa.Text())),
        sa.Column("types", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["client_id"], [f"{ROOM}.clients.client_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("client_id"),
        schema=ROOM,
    )
    op.create_index(
        "streams_due",
        "streams",
        ["due_at"],
        schema=ROOM,
        postgresql_where=sa.text("method = 'push'"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("sid", sa.Text()),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("payload", pg.JSONB(), nullable=False),
        sa.Column("notice", sa.Uuid()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["stream_id"], [f"{ROOM}.streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("jti"),
        schema=ROOM,
    )
    for name, columns in (
        ("deliveries_waiting", ["stream_id", "id"]),
        ("deliveries_of_subject", ["stream_id", "subject", "id"]),
    ):
        op.create_index(name, "deliveries", columns, schema=ROOM, postgresql_where=DUE)
    op.create_index("deliveries_by_age", "deliveries", ["created_at"], schema=ROOM)
