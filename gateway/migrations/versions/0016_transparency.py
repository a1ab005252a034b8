"""The transparency tree and its checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add them, empty."""
    op.create_table(
        "tree_tiles",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number"),
        schema="keys",
    )
    # Hashes don't compress, so nobody shall try.
    op.execute("ALTER TABLE keys.tree_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL")
    op.create_table(
        "tree_leaves",
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
        schema="keys",
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size"),
        schema="keys",
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON keys.tree_leaves"
        " FOR EACH STATEMENT EXECUTE FUNCTION keys.append_only()"
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("checkpoints", schema="keys")
    op.drop_table("tree_leaves", schema="keys")
    op.drop_table("tree_tiles", schema="keys")
