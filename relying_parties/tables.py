"""What we know of agencies and of what citizens let them have: schema ``relying_parties``.

Never the id of an account: a citizen is a pairwise ``subject``, and ``citizen`` is a
reference that only the gateway's key opens (AAD = client id).
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData(schema="relying_parties")

NOW = sa.DateTime(timezone=True)

agencies = sa.Table(
    "agencies",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # a slug
    sa.Column("name", pg.JSONB, nullable=False),  # by language
    sa.Column(
        "sector", sa.Text, nullable=False, unique=True
    ),  # of pairwise subjects; never changes
    sa.Column("contact", sa.Text),
    sa.Column("created_at", NOW, nullable=False),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agencies.id"), primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),  # in the sector of the gateway itself
    sa.Column("role", sa.Text, nullable=False),  # owner | engineer | privacy | viewer
    sa.Column("since", NOW, nullable=False),
)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agencies.id"), nullable=False),
    sa.Column("status", sa.Text, nullable=False),  # draft | live | suspended | retired
    sa.Column("version", sa.Integer, nullable=False),  # of the approved registration, 0 = none
    sa.Column("registration", pg.JSONB, nullable=False),  # the approved document, {} in draft
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("resource", sa.Text, unique=True),  # that it offers; of the approved registration
    sa.Column("suspended_at", NOW),
    sa.Column("suspended_reason", sa.Text),
)

client_secrets = sa.Table(
    "client_secrets",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Text, sa.ForeignKey("clients.client_id"), nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW),
    sa.Column("sealed", sa.LargeBinary),  # itself, of a service that signs with it, and of no other
    sa.Index("client_secrets_by_client", "client_id"),
)

registrations = sa.Table(
    "registrations",
    metadata,
    sa.Column("client_id", sa.Text, sa.ForeignKey("clients.client_id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("document", pg.JSONB, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # draft submitted approved refused superseded
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("changed_at", NOW, nullable=False),
    sa.Column("submitted_at", NOW),
    sa.Column("submitted_by", sa.Text),
    sa.Column("decided_at", NOW),
    sa.Column("decided_by", sa.Text),
    sa.Column("reason", sa.Text),
)

# What lets a service of an agency register itself (RFC 7591 §1.2).
initial_access_tokens = sa.Table(
    "initial_access_tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agencies.id"), nullable=False),
    sa.Column("uses_left", sa.Integer, nullable=False),
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
)

# What lets a service that did manage its own registration (RFC 7592 §3).
registration_access_tokens = sa.Table(
    "registration_access_tokens",
    metadata,
    sa.Column("client_id", sa.Text, sa.ForeignKey("clients.client_id"), primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("issued_at", NOW, nullable=False),
)

# The picture of the version in force, as it was when that was approved.
logos = sa.Table(
    "logos",
    metadata,
    sa.Column("client_id", sa.Text, sa.ForeignKey("clients.client_id"), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),  # that it was asked for last
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("kind", sa.Text),  # image/png | image/jpeg; null until there is one
    sa.Column("digest", sa.Text),  # the beginning of its SHA-256, in its address here
    sa.Column("body", sa.LargeBinary),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", NOW),  # null: nobody asks again
)

# One row: every change of an agency, client, secret or registration raises it, and
# each worker drops its cached clients when it sees a new number.
registry = sa.Table(
    "registry",
    metadata,
    sa.Column("one", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

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

interactions = sa.Table(
    "interactions",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # of the id in the address
    sa.Column("browser", sa.LargeBinary, nullable=False),  # digest of the browser's cookie
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("request", pg.JSONB, nullable=False),  # the frozen AuthorizationRequest
    sa.Column("pushed", sa.LargeBinary),  # the pushed request that it will use up
    sa.Column("steps", pg.JSONB, nullable=False),  # what was done: chosen, logged_in, consented …
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("used_at", NOW),
)

pushed_requests = sa.Table(
    "pushed_requests",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("request", pg.JSONB, nullable=False),
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("used_at", NOW),
    # How many of a client's wait for their browser is counted with each new one.
    sa.Index(
        "pushed_requests_waiting",
        "client_id",
        "expires_at",
        postgresql_where=sa.text("used_at IS NULL"),
    ),
)

# Devices that wait while their citizen signs in elsewhere (RFC 8628).
device_codes = sa.Table(
    "device_codes",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("user_code", sa.LargeBinary, nullable=False, unique=True),  # a MAC
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("request", pg.JSONB, nullable=False),  # the frozen AuthorizationRequest
    sa.Column("device", sa.Text, nullable=False),  # as it calls itself
    sa.Column("network", sa.LargeBinary),  # a MAC of where it asked from; null: not known
    sa.Column("state", sa.Text, nullable=False),  # waiting | granted | denied
    sa.Column("interval", sa.Integer, nullable=False),  # seconds between two polls
    sa.Column("polled_at", NOW),
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Index("device_codes_of_client", "client_id", "expires_at"),
    sa.Index("device_codes_by_end", "expires_at"),
)

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

logouts = sa.Table(
    "logouts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sid", sa.Text, nullable=False),  # pairwise
    sa.Column("state", sa.Text, nullable=False),  # due | told | given_up
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("due_at", NOW, nullable=False),
    sa.Index("one_logout_of_a_session", "client_id", "sid", unique=True),
    sa.Index("logouts_due", "due_at", postgresql_where=sa.text("state = 'due'")),
)

# One for each service that hears events (SSF 1.0 §8.1.1).
streams = sa.Table(
    "streams",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column(
        "client_id", sa.Text, sa.ForeignKey("clients.client_id"), nullable=False, unique=True
    ),
    sa.Column("method", sa.Text, nullable=False),  # push | poll
    sa.Column("endpoint", sa.Text),  # of a push
    sa.Column("authorization", sa.LargeBinary),  # what a push brings along, sealed
    sa.Column("description", sa.Text),
    sa.Column("requested", pg.ARRAY(sa.Text)),  # as it was asked for, known or not
    sa.Column("types", pg.ARRAY(sa.Text), nullable=False),  # short names of those it gets
    sa.Column("status", sa.Text, nullable=False),  # enabled | paused | disabled
    sa.Column("reason", sa.Text),
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("verified_at", NOW),  # when a verification was asked for last
    sa.Column("due_at", NOW, nullable=False),  # no push before; a worker at it moves it on
    sa.Column("tries", sa.Integer, nullable=False),  # that failed in a row
    sa.Column("failing_since", NOW),
    sa.Index("streams_due", "due_at", postgresql_where=sa.text("method = 'push'")),
)

# Of whom a service wants to hear no more (SSF 1.0 §8.1.3.3).
stream_exclusions = sa.Table(
    "stream_exclusions",
    metadata,
    sa.Column(
        "stream_id", sa.Text, sa.ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("subject", sa.Text, primary_key=True),
)

# Events on their way, in the order in which they are told; names and ids, never a value.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("jti", sa.Text, nullable=False, unique=True),
    sa.Column(
        "stream_id", sa.Text, sa.ForeignKey("streams.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("subject", sa.Text),  # null: about the stream itself
    sa.Column("sid", sa.Text),  # pairwise, of an event about a session
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("payload", pg.JSONB, nullable=False),
    sa.Column("notice", sa.Uuid),  # whose answer the citizen waits for
    sa.Column("state", sa.Text, nullable=False),  # due | told | dead
    sa.Column("why", sa.Text),  # a word, of the last try that failed
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("due_at", NOW, nullable=False),
    sa.Column("settled_at", NOW),
    sa.Index("deliveries_waiting", "stream_id", "id", postgresql_where=sa.text("state = 'due'")),
    sa.Index(
        "deliveries_of_subject",
        "stream_id",
        "subject",
        "id",
        postgresql_where=sa.text("state = 'due'"),
    ),
    sa.Index("deliveries_by_age", "created_at"),
)

# What services are told of what citizens changed, and what they did about it.
change_notices = sa.Table(
    "change_notices",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # change_id on the wire, this service's alone
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("claims", pg.ARRAY(sa.Text), nullable=False),  # names
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),  # a word of ours
    sa.Column("effective_from", sa.Date),  # null: since it was changed
    sa.Column("created_at", NOW, nullable=False),  # the minute: an exact one would link rows
    sa.Column("told_at", NOW),
    sa.Column("answered_at", NOW),
    sa.Column("answer_by", NOW, nullable=False),
    sa.Index("change_notices_by_subject", "subject"),
    sa.Index("change_notices_by_age", "created_at"),
)

# What services asked citizens who were not in front of them (CIBA).
backchannel_requests = sa.Table(
    "backchannel_requests",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # in the address of the citizen's page
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),  # of auth_req_id
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # also of nobody: an address without an account
    sa.Column("citizen", sa.LargeBinary),  # for the mail; null where only a subject was named
    sa.Column("request", pg.JSONB, nullable=False),  # the frozen AuthorizationRequest
    # It asks for authorization details (RFC 9396), and has a budget of its own.
    sa.Column("in_detail", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("message", sa.Text, nullable=False),  # binding_message
    sa.Column("state", sa.Text, nullable=False),  # pending | approved | declined
    sa.Column("interval", sa.Integer, nullable=False),  # seconds between two polls
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("poll_at", NOW),  # not to be polled before
    sa.Column("decided_at", NOW),
    sa.Column("by_rule", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("used_at", NOW),
    sa.Column("noticed_at", NOW),  # when the citizen was told, or nobody was there to tell
    sa.Column("ping", sa.LargeBinary),  # sealed: what the notification says; null once it is over
    sa.Column("ping_tries", sa.Integer, nullable=False),
    sa.Column("ping_due_at", NOW),
    sa.Index("backchannel_requests_by_subject", "subject", "client_id"),
    sa.Index("backchannel_requests_by_end", "expires_at"),
    sa.Index(
        "backchannel_requests_unnoticed",
        "created_at",
        postgresql_where=sa.text("noticed_at IS NULL"),
    ),
    sa.Index(
        "backchannel_requests_pinging",
        "ping_due_at",
        postgresql_where=sa.text("ping_due_at IS NOT NULL"),
    ),
)

# What services report about requests of citizens: one row for each that a service has a number for.
citizen_requests = sa.Table(
    "citizen_requests",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # in the address of the citizen's page
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),  # a MAC of the service's number
    sa.Column("moved_at", NOW, nullable=False),  # of the newest state, as the service says
    sa.Column("unnoticed", sa.Boolean, nullable=False),  # the citizen is to be told
    sa.Column("noticed_at", NOW),  # when they were told last
    sa.Index("citizen_requests_by_reference", "client_id", "reference", unique=True),
    sa.Index("citizen_requests_by_subject", "subject", "client_id"),
    sa.Index("citizen_requests_by_age", "moved_at"),
    sa.Index("citizen_requests_unnoticed", "noticed_at", postgresql_where=sa.text("unnoticed")),
)

# Each state of one; rows are never changed. What they say only the citizen's own key opens.
request_states = sa.Table(
    "request_states",
    metadata,
    sa.Column(
        "request_id",
        sa.Uuid,
        sa.ForeignKey("citizen_requests.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("at", NOW, primary_key=True),  # as the service says
    sa.Column("noted_at", NOW, nullable=False),  # as we say
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

# What a citizen asked about a request from behind, what its service said, and why they said no.
inquiries = sa.Table(
    "inquiries",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column(
        "request_id",
        sa.Uuid,
        sa.ForeignKey("backchannel_requests.id", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("kind", sa.Text, nullable=False),  # question | answer | reason
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # the words, under the citizen's key
    sa.Column("said_at", NOW, nullable=False),
    sa.Index("inquiries_by_request", "request_id"),
)

# What services say is other than what is held, and what citizens answer; both are sealed.
corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # correction_id on the wire
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("claim", sa.Text, nullable=False),  # its name
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("unnoticed", sa.Boolean, nullable=False),  # the citizen is to be told
    sa.Column("created_at", NOW, nullable=False),
    sa.Column("expires_at", NOW, nullable=False),
    sa.Column("answered_at", NOW),  # the minute: an exact one would link rows
    sa.Column("answer", sa.LargeBinary),
    sa.Index(
        "one_open_correction",
        *("subject", "client_id", "claim", sa.text("NULLIF(state = 'open', false)")),
        unique=True,
    ),
    sa.Index("corrections_by_age", "created_at"),
    sa.Index("corrections_unnoticed", "created_at", postgresql_where=sa.text("unnoticed")),
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

# How often a service was refused on a day because it asked too often.
backchannel_refusals = sa.Table(
    "backchannel_refusals",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
)
