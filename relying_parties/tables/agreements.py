"""What citizens agreed to, what became of that, and what was released under it."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from relying_parties.tables.schema import NOW, metadata

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # grant_id on the wire
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, sa.ForeignKey("clients.client_id"), nullable=False),
    sa.Column("citizen", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # active | withdrawn | expired
    sa.Column("claims", pg.ARRAY(sa.Text), nullable=False),  # what may be read now
    sa.Column("asked", pg.ARRAY(sa.Text), nullable=False),  # what has been asked so far
    sa.Column("details", pg.JSONB, nullable=False),  # claim → {purpose, since}
    sa.Column("offline", sa.Boolean, nullable=False),
    sa.Column("once", sa.Boolean, nullable=False),
    sa.Column("registration_version", sa.Integer, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("shown_digest", sa.LargeBinary, nullable=False),  # of what the page said
    sa.Column("given_at", NOW, nullable=False),
    sa.Column("changed_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # Null unless it is in force, and nulls do not stand in each other's way. A partial index
    # looks so small to a planner that believes the table empty that it would be read whole.
    sa.Index(
        "one_active_consent",
        *("subject", "client_id", sa.text("NULLIF(state = 'active', false)")),
        unique=True,
    ),
    sa.Index("consents_by_end", "expires_at"),
)

# Of which ends citizens were told, and how many days before.
consent_reminders = sa.Table(
    "consent_reminders",
    metadata,
    sa.Column(
        "consent_id", sa.Uuid, sa.ForeignKey("consents.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("expires_at", NOW, primary_key=True),
    sa.Column("days", sa.SmallInteger, primary_key=True, autoincrement=False),
)

consent_changes = sa.Table(
    "consent_changes",
    metadata,
    sa.Column("consent_id", sa.Uuid, sa.ForeignKey("consents.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),  # as in consent_records.Change
    sa.Column("claims", pg.ARRAY(sa.Text), nullable=False),  # after the change
    sa.Column("before", pg.JSONB),  # what an undo brings back
    sa.Column("receipt", sa.Text),  # signed, ISO/IEC TS 27560
    sa.Column("at", NOW, nullable=False),
    sa.Index("consent_changes_unsigned", "at", postgresql_where=sa.text("receipt IS NULL")),
)

# What a citizen agreed to beyond claims, detail by detail (RFC 9396); it holds while the consent
# does. The texts in it are the service's.
approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("consent_id", sa.Uuid, sa.ForeignKey("consents.id"), primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # of the detail
    sa.Column("detail", pg.JSONB, nullable=False),
    sa.Column("shown_digest", sa.LargeBinary, nullable=False),  # of what the page said
    sa.Column("given_at", NOW, nullable=False),
    sa.Column("expires_at", NOW),  # null: with the consent
    sa.Column("ended_at", NOW),  # given up by the service
)

releases = sa.Table(
    "releases",
    metadata,
    # Lines of the ledger, which only the citizen's own key opens; rows are never changed.
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # a salt, and the line behind it
    sa.Column("commitment", sa.LargeBinary, nullable=False),  # SHA-256 of the two
    sa.Index("releases_by_subject", "subject", "id"),
)

# What citizens agreed to beforehand: a detail (RFC 9396) whose reference and last day are open.
standing_rules = sa.Table(
    "standing_rules",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("citizen", sa.LargeBinary, nullable=False),
    sa.Column("consent_id", sa.Uuid, sa.ForeignKey("consents.id"), nullable=False),
    sa.Column("detail", pg.JSONB, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("resources", pg.ARRAY(sa.Text), nullable=False),
    # The sign-in in which it was given.
    sa.Column("ial", sa.SmallInteger, nullable=False),
    sa.Column("aal", sa.SmallInteger, nullable=False),
    sa.Column("amr", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("auth_time", NOW, nullable=False),
    sa.Column("shown_digest", sa.LargeBinary, nullable=False),  # of what the page said
    sa.Column("given_at", NOW, nullable=False),
    sa.Column("ends_at", NOW, nullable=False),
    sa.Column("ended_at", NOW),
    sa.Column("ended_by", sa.Text),  # citizen | consent
    sa.Index("standing_rules_by_subject", "subject", "client_id"),
    sa.Index("standing_rules_by_consent", "consent_id"),
)

# Each request that was answered by one.
standing_uses = sa.Table(
    "standing_uses",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column(
        "rule_id", sa.Uuid, sa.ForeignKey("standing_rules.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("request_id", sa.Uuid, nullable=False),  # which is forgotten sooner
    sa.Column("detail", pg.JSONB, nullable=False),
    sa.Column("used_at", NOW, nullable=False),
    sa.Index("standing_uses_by_rule", "rule_id", "used_at"),
)
