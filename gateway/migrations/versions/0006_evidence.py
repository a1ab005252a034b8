"""Evidence is sealed under the citizen's own key.

What stands there was sealed under the master key, so it outlives a closed account. It
is the sandbox register's only, of people who do not exist, and nothing reads it.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forget it: a new proofing writes its own."""
    op.execute("DELETE FROM idp.evidence")


def downgrade() -> None:
    """Nothing comes back."""
