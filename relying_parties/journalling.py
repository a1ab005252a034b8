"""Words for the journal's rows that a statement of the hot path writes itself.

All of them are constants of our own code and stand in the SQL, so that nothing is sent
or planned for them.
"""

from typing import Any

import sqlalchemy as sa


def constant(word: str) -> sa.ColumnElement[str]:
    """Return ``word`` as SQL.

    :raises ValueError: it holds a quote, so it is no constant of ours
    """
    if "'" in word:
        raise ValueError(word)
    return sa.literal_column(f"'{word}'", sa.Text)


def named(kind: str, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """Return a reference such as ``client:library``."""
    return constant(f"{kind}:") + column


def fields(**columns: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the event's fields as a JSON object."""
    pairs: list[sa.ColumnElement[Any]] = []
    for name, column in columns.items():
        pairs += [constant(name), column]
    return sa.func.jsonb_build_object(*pairs)
