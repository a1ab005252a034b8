"""One index of consents that finds them and admits one that is in force.

A partial one looks so small to a planner that believes the table empty that it would be read
whole, again and again, for as long as a connection keeps its plan.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

ROOM, TABLE, NAME, FORMER = (
    "relying_parties",
    "consents",
    "one_active_consent",
    "consents_by_subject",
)


def upgrade() -> None:
    """Whatever is not in force is null there, and nulls do not stand in each other's way."""
    in_force = sa.text("NULLIF(state = 'active', false)")
    op.drop_index(NAME, TABLE, schema=ROOM)
    op.create_index(NAME, TABLE, ["subject", "client_id", in_force], unique=True, schema=ROOM)
    op.drop_index(FORMER, TABLE, schema=ROOM)


def downgrade() -> None:
    """Take two again."""
    columns = ["subject", "client_id"]
    op.create_index(FORMER, TABLE, columns, schema=ROOM)
    op.drop_index(NAME, TABLE, schema=ROOM)
    active = sa.text("state = 'active'")
    op.create_index(NAME, TABLE, columns, unique=True, schema=ROOM, postgresql_where=active)
