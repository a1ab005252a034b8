"""The journal takes new rows and nothing else, whoever asks."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = ("journal", "journal_batches")


def upgrade() -> None:
    """Refuse every statement that changes or removes what was written down."""
    op.execute(
        """
        CREATE FUNCTION keys.append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END
        $$
        """
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON keys.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION keys.append_only()"
        )


def downgrade() -> None:
    """Take the guard away."""
    for table in TABLES:
        op.execute(f"DROP TRIGGER append_only ON keys.{table}")
    op.execute("DROP FUNCTION keys.append_only()")
