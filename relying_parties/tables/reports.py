"""What services tell citizens: how a request of theirs stands, and what is other than held."""

import sqlalchemy as sa

from relying_parties.tables.schema import NOW, metadata

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
