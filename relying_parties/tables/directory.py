"""Who is registered: agencies and their people, services and their secrets."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from relying_parties.tables.schema import NOW, metadata

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
