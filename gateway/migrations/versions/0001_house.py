"""The house: everything that the first release keeps."""

from alembic import op

from idp import tables as idp
from keys import tables as keys
from relying_parties import tables as relying_parties

revision = "0001"
down_revision = None

ROOMS = (keys.metadata, idp.metadata, relying_parties.metadata)


def upgrade() -> None:
    """Create every table."""
    for metadata in ROOMS:
        metadata.create_all(op.get_bind())


def downgrade() -> None:
    """Drop every table."""
    for metadata in reversed(ROOMS):
        metadata.drop_all(op.get_bind())
