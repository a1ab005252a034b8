"""Shared Signals: how a service says what it wants to hear, and hears it (SSF 1.0).

Specs: SSF 1.0 §7 and §8, RFC 8936.
"""

from gateway.api.ssf import configuration, poll, status, streams, subjects, verification
from gateway.web.dispatch import Route

LIMIT = 64 * 1024  # bytes of a request; a poll acknowledges many at once

_STREAM = {
    "GET": streams.read,
    "POST": streams.create,
    "PATCH": streams.update,
    "PUT": streams.replace,
    "DELETE": streams.delete,
}


def _route(path: str, **methods: object) -> Route:
    return Route(path, methods, "protocol", LIMIT, safe=False, json=True, aliased=True)  # type: ignore[arg-type]


ROUTES: tuple[Route, ...] = (
    Route("/.well-known/ssf-configuration", {"GET": configuration.show}, "protocol"),
    Route(streams.PATH, _STREAM, "protocol", LIMIT, safe=False, json=True, aliased=True),
    _route(status.PATH, GET=status.read, POST=status.update),
    _route(subjects.ADD, POST=subjects.add),
    _route(subjects.REMOVE, POST=subjects.remove),
    _route(verification.PATH, POST=verification.ask),
    _route(f"{poll.PATH}/{{stream}}", POST=poll.read),
)
