"""What the kernel counted: CPU time and memory of a process and of all that it started."""

import os
from pathlib import Path

_LISTEN = "0A"  # as /proc/net/tcp spells the state
_TICK = os.sysconf("SC_CLK_TCK")


def seconds(root: int) -> float:
    """Return the CPU seconds that a process and its descendants took so far."""
    total = 0
    for pid in tree(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICK


def memory(root: int) -> float:
    """Return the megabytes of the largest of them."""
    most = 0.0
    for pid in tree(root):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        most = max(most, int(status.partition("VmRSS:")[2].split()[0]) / 1024)
    return most


def tree(root: int) -> list[int]:
    """Return a process and its descendants."""
    found = [root]
    for pid in found:
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in children.split()]
    return found


def listens(pid: int, port: int) -> bool:
    """Whether a process has a socket that listens at ``port`` of any IPv4 address."""
    try:
        open_files = {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}
        table = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return False
    rows = [line.split() for line in table]
    return any(
        row[3] == _LISTEN and row[1].endswith(f":{port:04X}") and f"socket:[{row[9]}]" in open_files
        for row in rows
    )
