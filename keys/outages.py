"""Outages: what a database says when it can't, and not because it was asked wrongly.

    gone │ restarting │ full │ too many callers │ read only │ a row is held for too long
                                   └──▶ whoever asked may come again; nothing was kept

Specs: PostgreSQL, appendix A (the classes of SQLSTATE).
"""

import asyncpg

# Connections, resources, an operator's doing or a statement's time, the system below.
_CLASSES = ("08", "53", "57", "58")
# Of two that were in each other's way one was ended: asked alone, it may well succeed.
COLLISIONS = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_STATES = COLLISIONS | {
    "25006",  # read_only_sql_transaction: a standby, or a disk that is kept from filling up
    "55P03",  # lock_not_available: held for longer than we wait
}


def state(error: BaseException) -> str | None:
    """Return a word for the log that says which outage ``error`` is; ``None`` if it is none."""
    if isinstance(error, asyncpg.PostgresError):
        told = error.sqlstate or ""
        return told if told.startswith(_CLASSES) or told in _STATES else None
    # Of a connection that was lost while it was used.
    lost = isinstance(error, asyncpg.InterfaceError | ConnectionError | TimeoutError)
    return type(error).__name__ if lost else None
