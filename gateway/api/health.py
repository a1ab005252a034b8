"""Probes: is the process alive, may it get requests, has it started.

``live`` asks nothing, so a slow database restarts no worker; ``ready`` asks the
database, so that a worker without one gets no citizen. A schema that is newer than
this code is no hindrance: a release migrates first, while the old pods still answer.
"""

import re
from pathlib import Path

import asyncpg
from starlette.responses import Response

import gateway
from gateway.web.call import Call
from keys import schema
from keys.errors import DatabaseBusy

_VERSIONS = Path(gateway.__file__).parent / "migrations" / "versions"
_FOLLOWS = re.compile(r'^down_revision = "(.+)"$', re.MULTILINE)
# Whatever another one follows. Read as text: the history itself would load Alembic into every
# process.
_FOLLOWED = (_FOLLOWS.search(path.read_text()) for path in _VERSIONS.glob("[0-9]*.py"))
TOO_OLD = frozenset([None, "", *(found[1] for found in _FOLLOWED if found)])

_FIELDS = {"cache-control": "no-store", "content-type": "text/plain; charset=utf-8"}


async def live(_call: Call) -> Response:
    """Answer while the event loop turns."""
    return Response(b"ok\n", headers=_FIELDS)


async def ready(call: Call) -> Response:
    """Answer 200 while the database answers and is migrated, 503 otherwise."""
    try:
        revision = await schema.revision(call.entry)
    except (DatabaseBusy, OSError):
        return _not_yet(b"no database\n")
    except asyncpg.PostgresError:
        return _not_yet(b"no schema\n")
    return (
        _not_yet(b"schema too old\n") if revision in TOO_OLD else Response(b"ok\n", headers=_FIELDS)
    )


def _not_yet(why: bytes) -> Response:
    return Response(why, 503, {**_FIELDS, "retry-after": "5"})
