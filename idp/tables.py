"""What we know of citizens: schema ``idp``. Never the id of a client.

Columns named ``sealed`` or ending in ``_sealed`` are ciphertext of keys.sealing.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData(schema="idp")

NOW = sa.DateTime(timezone=True)


def _account() -> sa.Column[object]:
    return sa.Column(
        "account_id", sa.Uuid, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False
    )


accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),  # open | locked | closed
    sa.Column("handle", sa.LargeBinary, nullable=False, unique=True),  # WebAuthn user handle
    sa.Column("locale", sa.Text),
    sa.Column("ial", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("roles", pg.ARRAY(sa.Text), nullable=False, server_default="{}"),  # administrators
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("credentials_changed_at", NOW, nullable=False),
    sa.Column("locked_reason", sa.Text),
    sa.Column("closed_at", NOW),
    sa.Column("leaving_at", NOW),  # when its citizen wants it deleted; null: not at all
)

# The key of each citizen, wrapped: whoever has a copy of everything but this table can read
# nothing that is sealed under it (ADR 12). No other column belongs here, and no foreign key:
# the table is copied apart, and restored beside an older copy of the rest.
person_keys = sa.Table(
    "person_keys",
    metadata,
    sa.Column("account_id", sa.Uuid, primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)

identifiers = sa.Table(
    "identifiers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _account(),
    sa.Column("kind", sa.Text, nullable=False),  # email
    sa.Column("lookup", sa.LargeBinary, nullable=False),  # blind index
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("proved_at", NOW, nullable=False),
    sa.UniqueConstraint("kind", "lookup"),
    sa.Index("identifiers_by_account", "account_id"),
)

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _account(),
    sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),  # COSE
    sa.Column("alg", sa.Integer, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("aaguid", sa.Uuid, nullable=False),
    sa.Column("transports", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("backup_eligible", sa.Boolean, nullable=False),
    sa.Column("backed_up", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=False),  # browser and system it was added on
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("last_used_at", NOW),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("suspected_at", NOW),  # the counter went backwards: possible clone
    sa.Index("passkeys_by_account", "account_id"),
)

passwords = sa.Table(
    "passwords",
    metadata,
    sa.Column(
        "account_id",
        sa.Uuid,
        sa.ForeignKey("accounts.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("hash", sa.Text, nullable=False),  # Argon2id over an HMAC with the pepper
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # consecutive
    sa.Column("changed_at", NOW, nullable=False),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("bucket", sa.LargeBinary, primary_key=True),  # digest of (rule, whom)
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("window_ends_at", NOW, nullable=False),
    sa.Column("blocked_until", NOW),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    _account(),
    sa.Column("kind", sa.Text, nullable=False),  # citizen | admin
    sa.Column("started_at", NOW, nullable=False),
    sa.Column("seen_at", NOW, nullable=False),  # written at most once a minute
    sa.Column("expires_at", NOW, nullable=False),  # absolute
    sa.Column("auth_time", NOW, nullable=False),
    sa.Column("amr", pg.ARRAY(sa.Text), nullable=False),  # RFC 8176
    sa.Column("aal", sa.SmallInteger, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("ended_at", NOW),
    sa.Index("sessions_by_account", "account_id"),
)

known_devices = sa.Table(
    "known_devices",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # of the browser's device cookie
    sa.Column(
        "account_id",
        sa.Uuid,
        sa.ForeignKey("accounts.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # consecutive
    sa.Column("seen_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Index("known_devices_by_account", "account_id"),
)

signups = sa.Table(
    "signups",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # of the flow's handle
    sa.Column("browser", sa.LargeBinary, nullable=False),  # digest of the browser's cookie
    sa.Column("purpose", sa.Text, nullable=False),  # create | add-email | recover | sign-in
    sa.Column("account_id", sa.Uuid),  # null until there is one
    sa.Column("lookup", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # the address
    sa.Column("code_digest", sa.LargeBinary),
    sa.Column("link_digest", sa.LargeBinary, unique=True),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("proved_at", NOW),
    sa.Column("used_at", NOW),
    sa.Column("device", sa.Text, nullable=False, server_default=""),  # that it began on
)

recoveries = sa.Table(
    "recoveries",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _account(),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),  # continues it
    sa.Column("cancel_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("started_at", NOW, nullable=False),
    sa.Column("ready_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("cancelled_at", NOW),
    sa.Column("completed_at", NOW),
    sa.Index("recoveries_by_account", "account_id"),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    _account(),
    sa.Column("browser", sa.LargeBinary),  # bound to the browser that opened it first
    sa.Column("lookup", sa.LargeBinary),  # blind index of an address that is still to be proved
    sa.Column("sealed", sa.LargeBinary),  # that address
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("used_at", NOW),
)

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

attributes = sa.Table(
    "attributes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _account(),
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
    _account(),
    sa.Column("kind", sa.Text, nullable=False),  # document | electronic_record | vouch
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("recorded_at", NOW, nullable=False),
)

proofings = sa.Table(
    "proofings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _account(),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),  # verified | refused
    sa.Column("reason", sa.Text),
    sa.Column("ial", sa.SmallInteger, nullable=False),
    sa.Column("fingerprint", sa.LargeBinary),  # keyed, of the register's person number
    sa.Column("at", NOW, nullable=False),
    sa.Index("proofings_by_account", "account_id"),
    sa.Index("proofings_by_fingerprint", "fingerprint"),
)

# Accounts that are to be deleted, and those that were: ids and moments, and nothing else.
erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # the reference that its citizen is told
    sa.Column("account_id", sa.Uuid, nullable=False),  # outlives the account
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),  # of the mailed link
    sa.Column("stage", sa.Text, nullable=False),  # waiting | kept | closed | told | gone
    sa.Column("asked_at", NOW, nullable=False),
    sa.Column("due_at", NOW, nullable=False),
    sa.Column("moved_at", NOW, nullable=False),  # to this stage
    sa.Column(
        "receipt", sa.LargeBinary
    ),  # sealed: where the last mail goes; null once it is on its way
    sa.Index(
        "one_running_erasure",
        "account_id",
        unique=True,
        postgresql_where=sa.text("stage <> 'kept'"),
    ),
    sa.Index(
        "erasures_due",
        "due_at",
        postgresql_where=sa.text("stage IN ('waiting', 'closed', 'told')"),
    ),
)

# Files of everything that we hold of a citizen, which they asked for.
exports = sa.Table(
    "exports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    _account(),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # queued | ready | taken | failed
    sa.Column("done", sa.SmallInteger, nullable=False, server_default="0"),  # parts of it
    sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("asked_at", NOW, nullable=False),
    sa.Column("due_at", NOW, nullable=False),  # no worker before; one at it moves it on
    sa.Column("ready_at", NOW),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("size", sa.Integer),  # bytes of the file
    sa.Column("sealed", sa.LargeBinary),  # the file, under the citizen's own key
    # Null unless it is under way, and nulls do not stand in each other's way.
    sa.Index(
        "one_export_under_way",
        *("account_id", sa.text("NULLIF(state = 'queued', false)")),
        unique=True,
    ),
    sa.Index("exports_due", "due_at", postgresql_where=sa.text("state = 'queued'")),
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
