"""The history of the database's schema: one line, and the two commands over it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at ``url`` to ``revision``; of two at once, one waits for the other."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to ``revision``."""
    command.downgrade(_config(url), revision)


def newest() -> str:
    """Name the revision that this code wants."""
    head = ScriptDirectory(str(Path(__file__).parent)).get_current_head()
    return head or ""
