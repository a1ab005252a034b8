"""What services are told: that a session ended, that something changed, what happened."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from relying_parties.tables.schema import NOW, metadata

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
