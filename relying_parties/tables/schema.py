"""The schema of this room, and the type of every moment in it."""

import sqlalchemy as sa

metadata = sa.MetaData(schema="relying_parties")

NOW = sa.DateTime(timezone=True)
