"""The schema of this room, the type of every moment, and the column that says whose a row is."""

import sqlalchemy as sa

metadata = sa.MetaData(schema="idp")

NOW = sa.DateTime(timezone=True)


def whose() -> sa.Column[object]:
    """Make the column of an account: with it, its rows go."""
    return sa.Column(
        "account_id", sa.Uuid, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False
    )
