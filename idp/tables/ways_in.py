"""By what citizens sign in, what came of it, and how they begin and begin again."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp.tables.schema import NOW, metadata, whose

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    whose(),
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
    whose(),
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
    whose(),
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
    whose(),
    sa.Column("browser", sa.LargeBinary),  # bound to the browser that opened it first
    sa.Column("lookup", sa.LargeBinary),  # blind index of an address that is still to be proved
    sa.Column("sealed", sa.LargeBinary),  # that address
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("used_at", NOW),
)
