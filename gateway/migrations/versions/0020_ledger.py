"""Lines of the ledger: sealed to the citizen, and never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Begin the ledger.

    What was released before stands in the journal, by subject; it can't be sealed here,
    where no citizen's key is, and in plain it shall not stand beside the ledger.
    """
    op.drop_table("releases", schema="relying_parties")
    op.create_table(
        "releases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="relying_parties",
    )
    op.create_index(
        "releases_by_subject",
        "releases",
        ["subject", "id"],
        unique=False,
        schema="relying_parties",
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON relying_parties.releases"
        " FOR EACH STATEMENT EXECUTE FUNCTION keys.append_only()"
    )


def downgrade() -> None:
    """Write down releases in plain again."""
    op.drop_table("releases", schema="relying_parties")
    op.create_table(
        "releases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("claims", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="relying_parties",
    )
    op.create_index(
        "releases_by_subject",
        "releases",
        ["subject", "client_id", "id"],
        unique=False,
        schema="relying_parties",
    )
