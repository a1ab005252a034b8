"""The door: uvicorn's HTTP protocol, with an end for whatever never ends.

uvicorn bounds how long a connection may rest between two requests. It waits for ever for
the first byte, for the rest of a head that comes drop by drop, and for the rest of a body
that was answered already; and it gathers a head of any size. Here each of these has
an end, at the cost of one comparison per read.

    connected ──▶ head ──complete──▶ request under way ──answered──▶ rest of its body
        └─────────┴──5 s or 32 kB──▶ closed ◀──5 s──────────────────────────┘

Specs: RFC 9110 §15.5.9 and RFC 6585 §5; security: HT-04, HT-05, HT-07.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SECONDS = 5.0
MOST = 32 * 1024  # bytes of a head that is not complete; the dispatcher judges complete ones

_REFUSED = (
    b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: 0\r\ncache-control: no-store\r\n\r\n"
)
_TOO_LARGE = _REFUSED % b"431 Request Header Fields Too Large"
_TOO_SLOW = _REFUSED % b"408 Request Timeout"


class Door(HttpToolsProtocol):
    """One connection of a client."""

    _deadline: asyncio.TimerHandle | None = None
    _head = 0  # bytes of a head that is not complete
    _shut = False

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(SECONDS, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._wait_no_more()
        super().connection_lost(exc)

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
