"""What citizens tell beforehand stands beside what holds, and notices say from which day."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

ROOM, TABLE, NAME = "idp", "attributes", "one_current_attribute"
COLUMNS = ["account_id", "claim", "verified"]


def upgrade() -> None:
    """Let one row to come stand beside the one that holds."""
    op.drop_index(NAME, TABLE, schema=ROOM)
    op.create_index(
        NAME,
        TABLE,
        [*COLUMNS, sa.text("(status = 'coming')")],
        unique=True,
        schema=ROOM,
        postgresql_where=sa.text("status IN ('active', 'disputed', 'coming')"),
    )
    op.create_index(
        "attributes_coming",
        TABLE,
        ["valid_from"],
        schema=ROOM,
        postgresql_where=sa.text("status = 'coming'"),
    )
    op.add_column(
        "change_notices", sa.Column("effective_from", sa.Date()), schema="relying_parties"
    )


def downgrade() -> None:
    """Forget what was to come."""
    op.drop_column("change_notices", "effective_from", schema="relying_parties")
    op.drop_index("attributes_coming", TABLE, schema=ROOM)
    op.drop_index(NAME, TABLE, schema=ROOM)
    op.execute("UPDATE idp.attributes SET status = 'withdrawn' WHERE status = 'coming'")
    op.create_index(
        NAME,
        TABLE,
        COLUMNS,
        unique=True,
        schema=ROOM,
        postgresql_where=sa.text("status IN ('active', 'disputed')"),
    )
