"""Citizens' keys are copied and restored apart: no foreign key may stand in the way of that."""

from alembic import op

revision = "0039"
down_revision = "0038"

NAME = "person_keys_account_id_fkey"


def upgrade() -> None:
    """Let a key be restored before, after or without its account."""
    op.drop_constraint(NAME, "person_keys", schema="idp", type_="foreignkey")


def downgrade() -> None:
    """Tie them again; a key without an account is nobody's."""
    op.execute(
        "DELETE FROM idp.person_keys k WHERE NOT EXISTS"
        " (SELECT FROM idp.accounts a WHERE a.id = k.account_id)"
    )
    op.create_foreign_key(
        NAME,
        "person_keys",
        "accounts",
        ["account_id"],
        ["id"],
        source_schema="idp",
        referent_schema="idp",
        ondelete="CASCADE",
    )
