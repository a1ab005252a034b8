"""What services hold: codes, and the tokens that came of them."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from relying_parties.tables.schema import NOW, metadata

# A code's row outlives the code: it is the family of every token that came of it.
codes = sa.Table(
    "codes",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("citizen", sa.LargeBinary, nullable=False),
    sa.Column("consent_id", sa.Uuid),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("challenge", sa.Text),  # PKCE S256; null only where a profile allows none
    sa.Column("jkt", sa.Text),  # the key that must redeem it (RFC 9449 §10)
    sa.Column("nonce", sa.Text),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("claims", pg.ARRAY(sa.Text), nullable=False),  # asked for at userinfo
    sa.Column("id_token_claims", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("acr", sa.Text),
    sa.Column("amr", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("auth_time", NOW, nullable=False),
    sa.Column("sid", sa.Text, nullable=False),  # pairwise
    sa.Column("offline", sa.Boolean, nullable=False),
    sa.Column("issued_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("used_at", NOW),
    sa.Column("ended_at", NOW),  # the family is dead
    sa.Column("resources", pg.ARRAY(sa.Text)),  # that it stands for beside userinfo
    sa.Column("proofs", sa.LargeBinary),  # which claims it wants with proof; sealed
    sa.Column("managed", sa.Boolean),  # its answer names the grant
    sa.Column("details", pg.JSONB),  # authorization details that it stands for (RFC 9396)
    sa.Column("kept_until", NOW, nullable=False),
    sa.Index("codes_by_subject", "subject"),
    sa.Index("codes_by_keeping", "kept_until"),
    postgresql_with={"fillfactor": "80"},
)

access_tokens = sa.Table(
    "access_tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("code", sa.LargeBinary),  # the family; null for client credentials
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("resource", sa.Text),  # the audience; null for userinfo
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("claims", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("issued_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("revoked_at", NOW),
    sa.Column("cnf", pg.JSONB),  # whose key it is for (RFC 7800); null for a bearer token
    sa.Column("details", pg.JSONB),  # fewer than its code has; null: as many
    sa.Column("act", pg.JSONB),  # who acts for the citizen (RFC 8693 §4.1); null: the client
)

refresh_tokens = sa.Table(
    "refresh_tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("code", sa.LargeBinary, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("issued_at", NOW, nullable=False),
    sa.Column("used_at", NOW),  # of the last use
    sa.Column("idle_until", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),  # absolute
    sa.Column("replaced_at", NOW),  # rotated: public clients only
    sa.Column("revoked_at", NOW),
    # Of a public client: what must come along, a key or a certificate.
    sa.Column("jkt", sa.Text),  # RFC 9449 §5
    sa.Column("x5t", sa.Text),  # RFC 8705 §4
    sa.Index("refresh_tokens_by_code", "code"),
)
