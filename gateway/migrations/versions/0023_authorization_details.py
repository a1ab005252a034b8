"""Authorization details: what a citizen agreed to beyond claims, and which tokens stand for it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0023"
down_revision = "0022"

ROOM = "relying_parties"


def upgrade() -> None:
    """Make room for them."""
    op.create_table(
        "approvals",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("detail", pg.JSONB(), nullable=False),
        sa.Column("shown_digest", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["consent_id"], ["relying_parties.consents.id"]),
        sa.PrimaryKeyConstraint("consent_id", "digest"),
        schema=ROOM,
    )
    op.add_column("codes", sa.Column("details", pg.JSONB()), schema=ROOM)
    op.add_column("access_tokens", sa.Column("details", pg.JSONB()), schema=ROOM)


def downgrade() -> None:
    """Forget them; what stands for some would look like standing for none."""
    op.execute(
        "DELETE FROM relying_parties.access_tokens t USING relying_parties.codes c"
        " WHERE c.digest = t.code AND (c.details IS NOT NULL OR t.details IS NOT NULL)"
    )
    op.execute("DELETE FROM relying_parties.codes WHERE details IS NOT NULL")
    op.drop_column("access_tokens", "details", schema=ROOM)
    op.drop_column("codes", "details", schema=ROOM)
    op.drop_table("approvals", schema=ROOM)
