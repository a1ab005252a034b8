"""Probes: is the process alive, may it get requests, has it started.

``live`` asks nothing, so a slow database restarts no worker; ``ready`` asks the
database, so that a worker without one gets no citizen.
"""

import asyncpg
from starlette.responses import Response

from gateway.web.call import Call
from keys.errors import DatabaseBusy
from relying_parties import clients

_FIELDS = {"cache-control": "no-store", "content-type": "text/plain; charset=utf-8"}


async def live(_call: Call) -> Response:
    """Answer while the event loop turns."""
    return Response(b"ok\n", headers=_FIELDS)


async def ready(call: Call) -> Response:
    """Answer 200 while the database answers, 503 otherwise."""
    try:
        await clients.registry_version(call.entry)
    except (DatabaseBusy, OSError, asyncpg.PostgresError):  # also: not migrated yet
        return Response(b"no database\n", 503, {**_FIELDS, "retry-after": "5"})
    return Response(b"ok\n", headers=_FIELDS)
