"""What we hold about citizens, and what was looked at to know it."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp.tables.schema import NOW, metadata, whose

attributes = sa.Table(
    "attributes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    whose(),
    sa.Column("claim", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # JSON value
    sa.Column("source_type", sa.Text, nullable=False),  # self | register | document | …
    sa.Column("source", sa.Text),
    sa.Column("verified", sa.Boolean, nullable=False),
    sa.Column("verification", pg.JSONB),  # framework, level, procedure, evidence …
    sa.Column("verified_at", NOW),
    sa.Column("verification_ends_at", NOW),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_until", sa.Date),
    sa.Column("recorded_at", NOW, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column(
        "status", sa.Text, nullable=False
    ),  # active coming superseded disputed withdrawn expired
    sa.Column("change_kind", sa.Text),  # change | correction | removal | reverification
    sa.Column("precision", sa.Text),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index(
        "one_current_attribute",
        "account_id",
        "claim",
        "verified",
        # What is to come stands beside what holds.
        sa.text("(status = 'coming')"),
        unique=True,
        postgresql_where=sa.text("status IN ('active', 'disputed', 'coming')"),
    ),
    sa.Index("attributes_coming", "valid_from", postgresql_where=sa.text("status = 'coming'")),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    whose(),
    sa.Column("kind", sa.Text, nullable=False),  # document | electronic_record | vouch
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("recorded_at", NOW, nullable=False),
)

proofings = sa.Table(
    "proofings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    whose(),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),  # verified | refused
    sa.Column("reason", sa.Text),
    sa.Column("ial", sa.SmallInteger, nullable=False),
    sa.Column("fingerprint", sa.LargeBinary),  # keyed, of the register's person number
    sa.Column("at", NOW, nullable=False),
    sa.Index("proofings_by_account", "account_id"),
    sa.Index("proofings_by_fingerprint", "fingerprint"),
)
