"""What citizens are told, and how they want to be."""

import sqlalchemy as sa

from idp.tables.schema import NOW, metadata

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # address and fields, JSON
    sa.Column("queued_at", NOW, nullable=False),
    sa.Column("due_at", NOW, nullable=False),
    sa.Column("expires_at", NOW),  # a code that ran out is not sent
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sent_at", NOW),
    sa.Index("notices_due", "due_at", postgresql_where=sa.text("sent_at IS NULL")),
)

# How citizens want to be told; of what has no row they are mailed.
notice_channels = sa.Table(
    "notice_channels",
    metadata,
    sa.Column(
        "account_id", sa.Uuid, sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),  # mail | account
)
