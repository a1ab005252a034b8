"""What services ask for, while it waits for a citizen: at a browser, a device or from behind."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from relying_parties.tables.schema import NOW, metadata

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

# What services asked citizens who were not in front of them (CIBA).
backchannel_requests = sa.Table(
    "backchannel_requests",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # in the address of the citizen's page
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),  # of auth_req_id
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # also of nobody: an address without an account
    sa.Column("named", sa.Text),  # MAC of what the service named them by; null: before it was kept
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
    sa.Column("notice_due_at", NOW),  # until when a worker is at telling them
    sa.Column("ping", sa.LargeBinary),  # sealed: what the notification says; null once it is over
    sa.Column("ping_tries", sa.Integer, nullable=False),
    sa.Column("ping_due_at", NOW),
    sa.Index("backchannel_requests_by_subject", "subject", "client_id"),
    sa.Index("backchannel_requests_by_name", "named"),
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

# Requests that citizens put aside. No foreign key: it would lock the request, and the service that
# polls would see that.
asides = sa.Table(
    "asides",
    metadata,
    sa.Column("request_id", sa.Uuid, primary_key=True),
    sa.Column("citizen", sa.LargeBinary, nullable=False),  # for the mail
    sa.Column("due_at", NOW, nullable=False),
    sa.Column("told_at", NOW),
    sa.Column("ends_at", NOW, nullable=False),  # with the request
    sa.Index("asides_due", "due_at", postgresql_where=sa.text("told_at IS NULL")),
    sa.Index("asides_by_end", "ends_at"),
)

# How often a service was refused on a day because it asked too often.
backchannel_refusals = sa.Table(
    "backchannel_refusals",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
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
