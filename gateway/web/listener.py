"""Where a worker listens: a socket of its own at the port that all workers share.

With one socket for all, whoever wakes first accepts everything that waits, and the
connections that a proxy keeps open stay there: one worker may serve them all. With a
socket each, the kernel deals the connections out (``SO_REUSEPORT``, Linux).
"""

import socket
from typing import Any


class PortTaken(Exception):  # noqa: N818 - named as the fact it reports
    """Another program listens there."""


class Listener(socket.socket):
    """Bound, and sent to a worker as the address: the worker binds one of its own."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how the worker makes its own."""
        host, port = self.getsockname()[:2]
        return bound, (host, port)


def claim(host: str, port: int) -> Listener:
    """Bind the first socket of a port, to hold it while workers come and go; it never listens.

    :raises PortTaken: it is somebody's already, or can't be had
    """
    try:
        # Without the option first: with it, a second gateway would get half the requests.
        with socket.create_server((host, port), family=_family(host)):
            pass
        return bound(host, port)
    except OSError as error:
        raise PortTaken(f"{host}:{port}: {error.strerror}") from error


def bound(host: str, port: int) -> Listener:
    """Bind one more socket of a port that is ours.

    :raises OSError: it can't be had
    """
    listener = Listener(_family(host))
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
