"""Citizens' keys in a table of their own, accounts that are to be deleted, files to take along.

Processes of the version before read no details from here on: stop them first, or restart
them right after.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0034"

ROOM, KEYS, ERASURES, EXPORTS = "idp", "person_keys", "erasures", "exports"


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_account() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account_id"], ["idp.accounts.id"], ondelete="CASCADE")


def upgrade() -> None:
    """Move the keys out of the accounts, and make the tables."""
    op.create_table(
        KEYS,
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        _of_account(),
        sa.PrimaryKeyConstraint("account_id"),
        schema=ROOM,
    )
    op.execute(
        "INSERT INTO idp.person_keys (account_id, wrapped)"
        " SELECT id, data_key FROM idp.accounts WHERE data_key IS NOT NULL"
    )
    # A column that is dropped stays in its rows until they are written anew.
    op.execute("UPDATE idp.accounts SET data_key = NULL WHERE data_key IS NOT NULL")
    op.drop_column("accounts", "data_key", schema=ROOM)
    op.add_column("accounts", _moment("leaving_at", nullable=True), schema=ROOM)
    _erasures()
    _exports()


def downgrade() -> None:
    """Put the keys back."""
    op.drop_table(EXPORTS, schema=ROOM)
    op.drop_table(ERASURES, schema=ROOM)
    op.drop_column("accounts", "leaving_at", schema=ROOM)
    op.add_column("accounts", sa.Column("data_key", sa.LargeBinary()), schema=ROOM)
    op.execute(
        "UPDATE idp.accounts SET data_key = wrapped FROM idp.person_keys"
        " WHERE idp.person_keys.account_id = idp.accounts.id"
    )
    op.drop_table(KEYS, schema=ROOM)


def _erasures() -> None:
    op.create_table(
        ERASURES,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        _moment("asked_at"),
        _moment("due_at"),
        _moment("moved_at"),
        sa.Column("receipt", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        schema=ROOM,
    )
    for name, column, unique, where in (
        ("one_running_erasure", "account_id", True, "stage <> 'kept'"),
        ("erasures_due", "due_at", False, "stage IN ('waiting', 'closed', 'told')"),
    ):
        op.create_index(
            name,
            ERASURES,
            [column],
            unique=unique,
            schema=ROOM,
            postgresql_where=sa.text(where),
        )


def _exports() -> None:
    op.create_table(
        EXPORTS,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("tries", sa.SmallInteger(), nullable=False, server_default="0"),
        _moment("asked_at"),
        _moment("due_at"),
        _moment("ready_at", nullable=True),
        _moment("expires_at"),
        sa.Column("size", sa.Integer()),
        sa.Column("sealed", sa.LargeBinary()),
        _of_account(),
        sa.PrimaryKeyConstraint("id"),
        schema=ROOM,
    )
    op.create_index(
        "one_export_under_way",
        EXPORTS,
        ["account_id", sa.text("NULLIF(state = 'queued', false)")],
        unique=True,
        schema=ROOM,
    )
    op.create_index(
        "exports_due",
        EXPORTS,
        ["due_at"],
        schema=ROOM,
        postgresql_where=sa.text("state = 'queued'"),
    )
