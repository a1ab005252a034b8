"""What services report about the requests of citizens, state by state."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0031"

ROOM, REQUESTS, STATES = "relying_parties", "citizen_requests", "request_states"
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; states take new rows, and go with their request alone."""
    op.create_table(
        REQUESTS,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("moved_at", _MOMENT, nullable=False),
        sa.Column("unnoticed", sa.Boolean(), nullable=False),
        sa.Column("noticed_at", _MOMENT),
        sa.PrimaryKeyConstraint("id"),
        schema=ROOM,
    )
    op.create_table(
        STATES,
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("noted_at", _MOMENT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "at"),
        sa.ForeignKeyConstraint(["request_id"], [f"{ROOM}.{REQUESTS}.id"], ondelete="CASCADE"),
        schema=ROOM,
    )
    by_reference = ["client_id", "reference"]
    name = f"{REQUESTS}_by_reference"
    op.create_index(name, REQUESTS, by_reference, unique=True, schema=ROOM)
    op.create_index(f"{REQUESTS}_by_subject", REQUESTS, ["subject", "client_id"], schema=ROOM)
    op.create_index(f"{REQUESTS}_by_age", REQUESTS, ["moved_at"], schema=ROOM)
    unnoticed = sa.text("unnoticed")
    name = f"{REQUESTS}_unnoticed"
    op.create_index(name, REQUESTS, ["noticed_at"], schema=ROOM, postgresql_where=unnoticed)
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON {ROOM}.{STATES}"
        " FOR EACH STATEMENT EXECUTE FUNCTION keys.append_only()"
    )


def downgrade() -> None:
    """Drop them."""
    for table in (STATES, REQUESTS):
        op.drop_table(table, schema=ROOM)
