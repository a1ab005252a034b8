"""A mail server to look into, for demos and tests: whatever is sent to it can be read.

SMTP on one port; on the other a page of the mails, and `/messages.json` for programs.
Nothing is kept: stopping it forgets everything.
"""

import asyncio
import contextlib
import email
import email.policy
from html import escape
from typing import Any

import click
import uvicorn
from aiosmtpd.controller import UnthreadedController
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

MOST = 500
# By no other name: a page of somebody else's could give its own our address and read the codes.
HOSTS = ("localhost", "127.0.0.1")
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5"><link rel="icon" href="data:,"><style>
body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
body{color:#1b2226;background:#f6f7f7}article{background:#fff;padding:1rem 1.25rem}
article{border-radius:.5rem;margin-block:1rem;box-shadow:0 1px 3px #0002}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:0}p{margin:.2rem 0;color:#4a555b}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.75rem 0 0}</style></head>
<body><h1>Mail sent by the gateway</h1>"""


class Mailbox:
    """What arrived, newest first."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail (aiosmtpd's name for it)."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        self.messages.insert(
            0,
            {
                "to": ", ".join(envelope.rcpt_tos),
                "subject": str(message["Subject"]),
                "date": str(message["Date"]),
                "body": body.get_content() if body else "",
            },
        )
        del self.messages[MOST:]
        return "250 kept"

    async def page(self, _request: Request) -> Response:
        """Show the mails."""
        shown = "".join(
            f"<article><h2>{escape(one['subject'])}</h2>"
            f"<p>To {escape(one['to'])} · {escape(one['date'])}</p>"
            f"<pre>{escape(one['body'])}</pre></article>"
            for one in self.messages
        )
        return HTMLResponse(_PAGE + (shown or "<p>Nothing yet.</p>") + "</body></html>")

    async def listed(self, request: Request) -> Response:
        """Return the mails of one address, or all, as JSON."""
        to = request.query_params.get("to")
        return JSONResponse([one for one in self.messages if to in (None, one["to"])])


async def run(smtp_port: int, page_port: int) -> None:
    """Serve both ports until cancelled."""
    box = Mailbox()
    loop = asyncio.get_running_loop()
    controller = UnthreadedController(box, "127.0.0.1", smtp_port, loop=loop)
    server = await controller._create_server()  # noqa: SLF001 - the only way inside a loop
    app = Starlette(
        routes=[Route("/", box.page), Route("/messages.json", box.listed)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)],
    )
    web = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=page_port, log_level="error", access_log=False)
    )
    try:
        await web.serve()
    finally:
        server.close()


@click.command()
@click.option("--smtp-port", default=1025)
@click.option("--page-port", default=8025)
def main(smtp_port: int, page_port: int) -> None:
    """Run the mailbox."""
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(run(smtp_port, page_port))


if __name__ == "__main__":
    main()
