"""What the trust floor keeps: schema ``keys``."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData(schema="keys")

NOW = sa.DateTime(timezone=True)

signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("kid", sa.Text, primary_key=True),  # RFC 7638 thumbprint
    sa.Column("purpose", sa.Text, nullable=False),  # token | event | enc | checkpoint
    sa.Column("alg", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # announced | active | retiring | gone
    sa.Column("public", pg.JSONB, nullable=False),
    sa.Column("private", sa.LargeBinary),  # sealed PKCS#8; null once gone
    sa.Column("announced_at", NOW, nullable=False),
    sa.Column("active_at", NOW),
    sa.Column("retiring_at", NOW),
    sa.Column("gone_at", NOW),
    sa.Index(
        "one_active_key",
        "purpose",
        "alg",
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    ),
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", NOW, nullable=False),
)

replays = sa.Table(
    "replays",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # of (scope, value)
    sa.Column("expires_at", NOW, nullable=False),
    sa.Index("replays_by_expiry", "expires_at"),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("seq", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("at", NOW, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text),
    sa.Column("object", sa.Text),
    sa.Column("fields", pg.JSONB, nullable=False),
    # The three kinds of the hot path are found through the tables that they describe.
    sa.Index(
        "journal_by_actor",
        "actor",
        "seq",
        postgresql_where=sa.text(
            "kind NOT IN ('CodeIssued', 'TokensIssued', 'ClaimsReleased') AND actor IS NOT NULL"
        ),
    ),
    sa.Index(
        "journal_by_object",
        "object",
        "seq",
        postgresql_where=sa.text(
            "kind NOT IN ('CodeIssued', 'TokensIssued', 'ClaimsReleased') AND object IS NOT NULL"
        ),
    ),
)

journal_batches = sa.Table(
    "journal_batches",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first_seq", sa.BigInteger, nullable=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),  # of the rows and the batch before
    sa.Column("at", NOW, nullable=False),
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("snapshot", sa.BigInteger),  # the transaction that must end before seq is final
)

# The transparency tree, 256 hashes of one level a row: its last row of a level is not full.
tree_tiles = sa.Table(
    "tree_tiles",
    metadata,
    sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),  # 0: leaves
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),
)

# Where in the tree a record stands; records are numbered in the order of their leaves.
tree_leaves = sa.Table(
    "tree_leaves",
    metadata,
    sa.Column("record", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("place", sa.BigInteger, nullable=False),
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("signed", sa.Text, nullable=False),  # JWS, as published
    sa.Column("at", NOW, nullable=False),
)
