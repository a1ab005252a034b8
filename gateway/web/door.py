"""The door: uvicorn's HTTP protocol, with an end for whatever never ends.

uvicorn bounds how long a connection may rest between two requests. It waits for ever for
the first byte, for the rest of a head that comes drop by drop, for the rest of a body
that was answered already, and for a client that does not read what it asked for; and it
gathers a head of any size. Here each of these has an end, at the cost of one comparison
per read and one per answer.

    connected ──▶ head ──complete──▶ request under way ──answered──▶ rest of its body
        └─────────┴──5 s or 32 kB──▶ closed ◀──5 s──────────────────────────┘

    answers are read ──64 kB wait, or the last was sent──▶ unread ──30 s──▶ aborted
        └◀────────────── 16 kB are left ──────────────────────┘

An answer that is there as a whole is written at once (:data:`WHOLE`): uvicorn looks at
every header twice with a regular expression, which costs a sign-on as much as a statement.

Specs: RFC 9110 §15.5.9 and RFC 6585 §5; security: HT-04, HT-05, HT-07.
"""

import asyncio
import ssl
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

WHOLE = "gatehouse.whole"  # of the scope's extensions: writes a response, or says that it can't

SECONDS = 5.0
UNREAD_SECONDS = 30.0
MOST = 32 * 1024  # bytes of a head that is not complete; the dispatcher judges complete ones

_REFUSED = (
    b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: 0\r\ncache-control: no-store\r\n\r\n"
)
_TOO_LARGE = _REFUSED % b"431 Request Header Fields Too Large"
_TOO_SLOW = _REFUSED % b"408 Request Timeout"


class Door(HttpToolsProtocol):
    """One connection of a client."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _running: Any = None  # the request that is being answered; ``cycle`` is the last to come
    _head = 0  # bytes of a head that is not complete
    _shut = False
    _extensions: Mapping[str, Any] = MappingProxyType({})  # of ASGI, for every request of it

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(SECONDS, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._wait_no_more()
        self._is_read()
        if self._running is not None:
            # uvicorn tells the last request to come only, and others write into nothing.
            self._running.disconnected = True
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Stop answering: the client does not read, and is waited for only so long."""
        super().pause_writing()
        self._is_unread()

    def resume_writing(self) -> None:
        """Go on: it reads."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._is_read()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the client to read the last answer."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._is_unread()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that rests; what was not read yet is waited for only so long."""
        super().timeout_keep_alive_handler()
        # The time in which it rested counts, too.
        self._is_unread(max(UNREAD_SECONDS - self.timeout_keep_alive, 1.0))

    def shutdown(self) -> None:
        """End the connection with the process, after the answer that is under way."""
        super().shutdown()
        if self.transport.is_closing():
            self._is_unread()

    def data_received(self, data: bytes) -> None:
        """Read; what is no part of a request under way is waited for only so long."""
        if self._shut:
            return
        super().data_received(data)
        cycle: Any = self.cycle  # None before the first request
        if cycle is not None and cycle.scope is self.scope and not cycle.response_complete:
            if self._deadline is not None:
                self._wait_no_more()
            return
        if self._deadline is None:
            self._deadline = self.loop.call_later(SECONDS, self._late)
        if self._answered:
            return
        self._head += len(data)
        if self._head > MOST:
            self._refuse(_TOO_LARGE)

    @property
    def _answered(self) -> bool:
        """Whether the last request that began has its answer: the rest of its body comes."""
        cycle: Any = self.cycle
        return cycle is not None and cycle.scope is self.scope

    def _wait_no_more(self) -> None:
        self._head = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._running = cycle
        cycle.scope["extensions"] = {WHOLE: partial(self._write, cycle), **self._extensions}
        super()._start_asgi_task(cycle, app)

    def _write(self, cycle: Any, response: Response) -> bool:
        """Write an answer, if nothing about it or its connection is out of the ordinary."""
        usual = response.background is None and response.status_code not in (204, 304)
        if (
            not usual
            or not cycle.keep_alive
            or cycle.response_started
            or cycle.disconnected
            or cycle.scope["method"] == "HEAD"
            or self.flow.write_paused
        ):
            return False
        lines = [*cycle.default_headers, *response.raw_headers]
        head = b"\r\n".join([b"%b: %b" % line for line in lines])
        # A line that broke in two would be a header of somebody else's making.
        whole = head.count(b"\n") == len(lines) - 1 and b"content-length: " in head
        if not whole or b"connection: " in head:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        status = STATUS_LINE[response.status_code]
        self.transport.write(b"".join((status, head, b"\r\n\r\n", response.body)))
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _is_unread(self, seconds: float | None = None) -> None:
        if self._unread is None:
            wait = UNREAD_SECONDS if seconds is None else seconds
            self._unread = self.loop.call_later(wait, self.transport.abort)

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _late(self) -> None:
        self._deadline = None
        if self._shut or self._answered or not self._head:
            self.transport.abort()
        else:
            self._refuse(_TOO_SLOW)

    def _refuse(self, answer: bytes) -> None:
        """Answer, and let what is still on its way run into nothing for a moment.

        A connection that is closed with bytes unread is reset, and the answer with it.
        """
        self._shut = True
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            self.transport.abort()  # it would be taken for the answer that is still awaited
            return
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._wait_no_more()
        self._deadline = self.loop.call_later(SECONDS, self._late)


class AskingDoor(Door):
    """One connection at the alias host: its client was asked for a certificate (RFC 8705)."""

    def connection_made(self, transport: Any) -> None:
        """Keep what the client showed, as ASGI's TLS extension hands it on."""
        super().connection_made(transport)
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        chain = [ssl.DER_cert_to_PEM_cert(shown)] if shown else []
        self._extensions = {"tls": {"client_cert_chain": chain}}
