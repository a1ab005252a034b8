"""Who has an account, by what address, under which key, and how they take their leave."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp.tables.schema import NOW, metadata, whose

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
    whose(),
    sa.Column("kind", sa.Text, nullable=False),  # email
    sa.Column("lookup", sa.LargeBinary, nullable=False),  # blind index
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("proved_at", NOW, nullable=False),
    sa.UniqueConstraint("kind", "lookup"),
    sa.Index("identifiers_by_account", "account_id"),
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
    whose(),
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
