"""The frame that tells services whether the session is still the same; nobody looks at it.

Specs: OpenID Connect Session Management 1.0 §3.2 and §3.3.
"""

from starlette.responses import Response

from gateway.web import headers, static
from gateway.web.call import Call

PATH = "/check-session"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>OpenID Connect</title>
<script type="module" src="{script}"></script></head><body></body></html>
"""


async def show(call: Call) -> Response:
    """Show a script that reads one cookie and answers, and nothing to see."""
    body = _PAGE.format(script=static.asset("check-session.js"))
    return Response(body, headers=headers.framed(plain=call.runtime.settings.allow_loopback))
