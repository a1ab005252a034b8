"""Leaving a browser: what the former user had open there is worth nothing to the next.

Forms and passkey challenges belong to the browser's handle, and that outlives a session,
so whoever signs out leaves the handle behind, too.

Specs: W3C Clear Site Data; security: SE-01, SE-10.
"""

from starlette.responses import Response

from gateway.web import cookies
from keys import opaque


def sign_out(response: Response, session: str) -> Response:
    """Let ``response`` take the session's cookie back and make the browser a new one.

    :param session: the cookie of a citizen's or an administrator's session
    """
    cookies.clear(response, session)
    cookies.set_browser(response, opaque.handle())
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response
