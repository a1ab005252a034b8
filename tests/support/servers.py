"""Servers that a test starts: wait until one listens."""

import os
import socket
import subprocess
from pathlib import Path

TRIES = 4000


def listens(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until something accepts connections on ``port`` of this machine.

    :raises AssertionError: the server ended, or never listened; its log is the text
    """
    for _ in range(TRIES):
        assert server.poll() is None, log.read_text()
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        breathe()
    raise AssertionError(log.read_text())


def breathe() -> None:
    """Let the processor go for a moment: what is waited for needs it."""
    os.sched_yield()
    subprocess.run(["/bin/true"], check=False)
