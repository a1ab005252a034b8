"""Scripts of other origins: which may read the answers of the protocol, and of what routes.

    origin registered, route shared ──▶ named in the answer, exactly as it was sent
    anything else                   ──▶ no word of it, so the browser tells the script nothing

No cookie comes along and none is asked for: ``Access-Control-Allow-Credentials`` is never
said. The authorization endpoint and all pages are no shared routes.

Specs: Fetch §3.2, RFC 9700 §2.6, RFC 9449 §8 (which headers a script has to see).
"""

import logging
from collections.abc import Iterable

from starlette.responses import Response

from gateway.web.call import Call
from gateway.web.headers import PROTOCOL

log = logging.getLogger("gatehouse")

SENT = "authorization, content-type, dpop"
SEEN = "dpop-nonce, retry-after, www-authenticate"
SECONDS = 600  # for which a browser need not ask again


async def preflight(call: Call, methods: Iterable[str]) -> Response | None:
    """Answer what a browser asks before the script's own request; ``None`` for no one of ours."""
    if not call.header("access-control-request-method") or not await _registered(call):
        return None
    response = Response(status_code=204, headers=dict(PROTOCOL))
    _name(call, response)
    response.headers["access-control-allow-methods"] = ", ".join(sorted(methods))
    response.headers["access-control-allow-headers"] = SENT
    response.headers["access-control-max-age"] = str(SECONDS)
    return response


async def share(call: Call, response: Response) -> None:
    """Let the script of a registered origin read the answer."""
    if await _registered(call):
        _name(call, response)
        response.headers["access-control-expose-headers"] = SEEN


async def _registered(call: Call) -> bool:
    origin = call.header("origin")
    if not origin:
        return False
    try:
        return origin in await call.runtime.origins()
    except Exception:  # what was done is done, whoever may read of it
        log.exception("origins not read")
        return False


def _name(call: Call, response: Response) -> None:
    response.headers["access-control-allow-origin"] = call.header("origin")
    response.headers["vary"] = "origin"
