"""What citizens agree to beforehand, and each time that it was used."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0037"
down_revision = "0036"

ROOM, REQUESTS = "relying_parties", "backchannel_requests"
NOW = sa.DateTime(timezone=True)


def _of(name: str, kind: Any) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make room for both; what was approved so far was approved by hand."""
    op.create_table(
        "standing_rules",
        sa.Column("id", sa.Uuid, primary_key=True),
        *(_of("client_id", sa.Text), _of("subject", sa.Text), _of("citizen", sa.LargeBinary)),
        sa.Column("consent_id", sa.Uuid, sa.ForeignKey(f"{ROOM}.consents.id"), nullable=False),
        *(_of("detail", pg.JSONB), _of("scope", sa.Text), _of("resources", pg.ARRAY(sa.Text))),
        *(_of("ial", sa.SmallInteger), _of("aal", sa.SmallInteger)),
        *(_of("amr", pg.ARRAY(sa.Text)), _of("auth_time", NOW)),
        *(_of("shown_digest", sa.LargeBinary), _of("given_at", NOW), _of("ends_at", NOW)),
        sa.Column("ended_at", NOW),
        sa.Column("ended_by", sa.Text),
        schema=ROOM,
    )
    for name, columns in (("subject", ["subject", "client_id"]), ("consent", ["consent_id"])):
        op.create_index(f"standing_rules_by_{name}", "standing_rules", columns, schema=ROOM)
    op.create_table(
        "standing_uses",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "rule_id",
            sa.Uuid,
            sa.ForeignKey(f"{ROOM}.standing_rules.id", ondelete="CASCADE"),
            nullable=False,
        ),
        *(_of("request_id", sa.Uuid), _of("detail", pg.JSONB), _of("used_at", NOW)),
        schema=ROOM,
    )
    op.create_index("standing_uses_by_rule", "standing_uses", ["rule_id", "used_at"], schema=ROOM)
    added = sa.Column("by_rule", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column(REQUESTS, added, schema=ROOM)


def downgrade() -> None:
    """Take both away."""
    op.drop_column(REQUESTS, "by_rule", schema=ROOM)
    op.drop_table("standing_uses", schema=ROOM)
    op.drop_table("standing_rules", schema=ROOM)
