"""The house: everything that the first release keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        schema="keys",
    )
    op.create_table(
        "journal",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("object", sa.Text(), nullable=True),
        sa.Column("fields", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        schema="keys",
    )
    op.create_index(
        "journal_by_actor",
        "journal",
        ["actor", "seq"],
        unique=False,
        schema="keys",
        postgresql_where=sa.text(
            "kind NOT IN ('CodeIssued', 'TokensIssued', 'ClaimsReleased') AND actor IS NOT NULL"
        ),
    )
    op.create_index(
        "journal_by_object",
        "journal",
        ["object", "seq"],
        unique=False,
        schema="keys",
        postgresql_where=sa.text(
            "kind NOT IN ('CodeIssued', 'TokensIssued', 'ClaimsReleased') AND object IS NOT NULL"
        ),
    )
    op.create_table(
        "journal_batches",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        schema="keys",
    )
    op.create_table(
        "replays",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        schema="keys",
    )
    op.create_index("replays_by_expiry", "replays", ["expires_at"], unique=False, schema="keys")
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        schema="keys",
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("public", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retiring_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid"),
        schema="keys",
    )
    op.create_index(
        "one_active_key",
        "signing_keys",
        ["purpose", "alg"],
        unique=True,
        schema="keys",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("ial", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("roles", pg.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credentials_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_reason", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("handle"),
        schema="idp",
    )
    op.create_table(
        "attempts",
        sa.Column("bucket", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("bucket"),
        schema="idp",
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        schema="idp",
    )
    op.create_index(
        "notices_due",
        "notices",
        ["due_at"],
        unique=False,
        schema="idp",
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "signups",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("link_digest", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("link_digest"),
        schema="idp",
    )
    op.create_table(
        "attributes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("verification", pg.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verification_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("change_kind", sa.Text(), nullable=True),
        sa.Column("precision", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="idp",
    )
    op.create_index(
        "one_current_attribute",
        "attributes",
        ["account_id", "claim", "verified"],
        unique=True,
        schema="idp",
        postgresql_where=sa.text("status IN ('active', 'disputed')"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="idp",
    )
    op.create_table(
        "identifiers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "lookup"),
        schema="idp",
    )
    op.create_index(
        "identifiers_by_account", "identifiers", ["account_id"], unique=False, schema="idp"
    )
    op.create_table(
        "invitations",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("browser", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest"),
        schema="idp",
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("alg", sa.Integer(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("aaguid", sa.Uuid(), nullable=False),
        sa.Column("transports", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("suspected_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id"),
        schema="idp",
    )
    op.create_index("passkeys_by_account", "passkeys", ["account_id"], unique=False, schema="idp")
    op.create_table(
        "passwords",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id"),
        schema="idp",
    )
    op.create_table(
        "proofings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ial", sa.SmallInteger(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="idp",
    )
    op.create_index("proofings_by_account", "proofings", ["account_id"], unique=False, schema="idp")
    op.create_index(
        "proofings_by_fingerprint", "proofings", ["fingerprint"], unique=False, schema="idp"
    )
    op.create_table(
        "recoveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("cancel_digest", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cancel_digest"),
        sa.UniqueConstraint("digest"),
        schema="idp",
    )
    op.create_index(
        "recoveries_by_account", "recoveries", ["account_id"], unique=False, schema="idp"
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amr", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("aal", sa.SmallInteger(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        schema="idp",
    )
    op.create_index("sessions_by_account", "sessions", ["account_id"], unique=False, schema="idp")
    op.create_table(
        "access_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("claims", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
        schema="relying_parties",
    )
    op.create_table(
        "agencies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sector"),
        schema="relying_parties",
    )
    op.create_table(
        "codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("citizen", sa.LargeBinary(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("claims", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("id_token_claims", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("acr", sa.Text(), nullable=True),
        sa.Column("amr", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        schema="relying_parties",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "codes_by_keeping", "codes", ["kept_until"], unique=False, schema="relying_parties"
    )
    op.create_index(
        "codes_by_subject", "codes", ["subject"], unique=False, schema="relying_parties"
    )
    op.create_table(
        "interactions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("request", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pushed", sa.LargeBinary(), nullable=True),
        sa.Column("steps", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
        schema="relying_parties",
    )
    op.create_table(
        "pushed_requests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("request", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
        schema="relying_parties",
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("idle_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
        schema="relying_parties",
    )
    op.create_index(
        "refresh_tokens_by_code", "refresh_tokens", ["code"], unique=False, schema="relying_parties"
    )
    op.create_table(
        "registry",
        sa.Column("one", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
        schema="relying_parties",
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("claims", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="relying_parties",
    )
    op.create_index(
        "releases_by_subject",
        "releases",
        ["subject", "client_id", "id"],
        unique=False,
        schema="relying_parties",
    )
    op.create_table(
        "clients",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registration", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["relying_parties.agencies.id"]),
        sa.PrimaryKeyConstraint("client_id"),
        schema="relying_parties",
    )
    op.create_table(
        "members",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["relying_parties.agencies.id"]),
        sa.PrimaryKeyConstraint("agency_id", "subject"),
        schema="relying_parties",
    )
    op.create_table(
        "client_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["relying_parties.clients.client_id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="relying_parties",
    )
    op.create_index(
        "client_secrets_by_client",
        "client_secrets",
        ["client_id"],
        unique=False,
        schema="relying_parties",
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("citizen", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claims", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("asked", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("details", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("once", sa.Boolean(), nullable=False),
        sa.Column("registration_version", sa.Integer(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("shown_digest", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["relying_parties.clients.client_id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="relying_parties",
    )
    op.create_index(
        "consents_by_subject",
        "consents",
        ["subject", "client_id"],
        unique=False,
        schema="relying_parties",
    )
    op.create_index(
        "one_active_consent",
        "consents",
        ["subject", "client_id"],
        unique=True,
        schema="relying_parties",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "registrations",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["relying_parties.clients.client_id"]),
        sa.PrimaryKeyConstraint("client_id", "version"),
        schema="relying_parties",
    )
    op.create_table(
        "consent_changes",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("claims", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("before", pg.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["relying_parties.consents.id"]),
        sa.PrimaryKeyConstraint("consent_id", "version"),
        schema="relying_parties",
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("consent_changes", schema="relying_parties")
    op.drop_table("registrations", schema="relying_parties")
    op.drop_index(
        "one_active_consent",
        table_name="consents",
        schema="relying_parties",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.drop_index("consents_by_subject", table_name="consents", schema="relying_parties")
    op.drop_table("consents", schema="relying_parties")
    op.drop_index("client_secrets_by_client", table_name="client_secrets", schema="relying_parties")
    op.drop_table("client_secrets", schema="relying_parties")
    op.drop_table("members", schema="relying_parties")
    op.drop_table("clients", schema="relying_parties")
    op.drop_index("releases_by_subject", table_name="releases", schema="relying_parties")
    op.drop_table("releases", schema="relying_parties")
    op.drop_table("registry", schema="relying_parties")
    op.drop_index("refresh_tokens_by_code", table_name="refresh_tokens", schema="relying_parties")
    op.drop_table("refresh_tokens", schema="relying_parties")
    op.drop_table("pushed_requests", schema="relying_parties")
    op.drop_table("interactions", schema="relying_parties")
    op.drop_index("codes_by_subject", table_name="codes", schema="relying_parties")
    op.drop_index("codes_by_keeping", table_name="codes", schema="relying_parties")
    op.drop_table("codes", schema="relying_parties")
    op.drop_table("agencies", schema="relying_parties")
    op.drop_table("access_tokens", schema="relying_parties")
    op.drop_index("sessions_by_account", table_name="sessions", schema="idp")
    op.drop_table("sessions", schema="idp")
    op.drop_index("recoveries_by_account", table_name="recoveries", schema="idp")
    op.drop_table("recoveries", schema="idp")
    op.drop_index("proofings_by_fingerprint", table_name="proofings", schema="idp")
    op.drop_index("proofings_by_account", table_name="proofings", schema="idp")
    op.drop_table("proofings", schema="idp")
    op.drop_table("passwords", schema="idp")
    op.drop_index("passkeys_by_account", table_name="passkeys", schema="idp")
    op.drop_table("passkeys", schema="idp")
    op.drop_table("invitations", schema="idp")
    op.drop_index("identifiers_by_account", table_name="identifiers", schema="idp")
    op.drop_table("identifiers", schema="idp")
    op.drop_table("evidence", schema="idp")
    op.drop_index(
        "one_current_attribute",
        table_name="attributes",
        schema="idp",
        postgresql_where=sa.text("status IN ('active', 'disputed')"),
    )
    op.drop_table("attributes", schema="idp")
    op.drop_table("signups", schema="idp")
    op.drop_index(
        "notices_due",
        table_name="notices",
        schema="idp",
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.drop_table("notices", schema="idp")
    op.drop_table("attempts", schema="idp")
    op.drop_table("accounts", schema="idp")
    op.drop_index(
        "one_active_key",
        table_name="signing_keys",
        schema="keys",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.drop_table("signing_keys", schema="keys")
    op.drop_table("secrets", schema="keys")
    op.drop_index("replays_by_expiry", table_name="replays", schema="keys")
    op.drop_table("replays", schema="keys")
    op.drop_table("journal_batches", schema="keys")
    op.drop_index(
        "journal_by_object",
        table_name="journal",
        schema="keys",
        postgresql_where=sa.text(
            "kind NOT IN ('CodeIssued', 'TokensIssued', 'ClaimsReleased') AND object IS NOT NULL"
        ),
    )
    op.drop_index(
        "journal_by_actor",
        table_name="journal",
        schema="keys",
        postgresql_where=sa.text(
            "kind NOT IN ('CodeIssued', 'TokensIssued', 'ClaimsReleased') AND actor IS NOT NULL"
        ),
    )
    op.drop_table("journal", schema="keys")
    op.drop_table("cursors", schema="keys")
