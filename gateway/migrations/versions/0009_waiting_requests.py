"""How many pushed requests of a client wait for their browser."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Let them be counted."""
    op.create_index(
        "pushed_requests_waiting",
        "pushed_requests",
        ["client_id", "expires_at"],
        unique=False,
        schema="relying_parties",
        postgresql_where=sa.text("used_at IS NULL"),
    )


def downgrade() -> None:
    """Count no more."""
    op.drop_index("pushed_requests_waiting", table_name="pushed_requests", schema="relying_parties")
