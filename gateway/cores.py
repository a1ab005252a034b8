"""How many cores are this process's: what hashes passwords must not starve what answers.

A container may see sixty-four cores and be given half of one. The kernel says so in
``cpu.max`` of the control group, or of one around it; what is left is shared by the
processes that answer requests.

Specs: Linux control groups v2, cpu.max; v1, cpu.cfs_quota_us.
"""

import os
from collections.abc import Iterator
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def share(cores: int, quotas: Iterator[str], workers: int) -> int:
    """Return how many cores one of ``workers`` processes may keep busy, at least one. Pure.

    :param quotas: microseconds and the period they are allowed in, as in ``cpu.max``
    """
    for quota in quotas:
        allowed, _, period = quota.strip().partition(" ")
        if allowed.isdecimal() and period.isdecimal() and int(period):
            cores = min(cores, int(allowed) // int(period))
    return max(cores // max(workers, 1), 1)


def mine(workers: int) -> int:
    """Return how many cores this process may keep busy, beside ``workers`` - 1 others."""
    return share(_present(), _quotas(), workers)


def _present() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux: those that we may run on
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas() -> Iterator[str]:
    """Read the limits of our group and of those around it; what can't be read limits nothing."""
    try:
        place = OWN.read_text().rpartition("::")[2].strip().strip("/")
    except OSError:
        place = ""
    group = GROUPS / place
    for folder in (group, *group.parents):
        if folder.is_relative_to(GROUPS):
            yield _read(folder / "cpu.max")
    old = GROUPS / "cpu"
    yield f"{_read(old / 'cpu.cfs_quota_us')} {_read(old / 'cpu.cfs_period_us')}"


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
