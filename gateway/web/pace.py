"""Paces: how many requests one client, or one network, may send before it has to wait.

    full ──take──▶ less ──take──▶ … ──▶ empty: wait        (and it fills again all the time)

They are counted in the memory of this process and nowhere else, so that a request costs
no statement for it. With N workers somebody whose connections are dealt to all of them
is allowed up to N times as much, and a worker that starts anew has counted nothing:
this bounds what a flood costs, it proves nothing. What guards a secret, such as a
password, is counted in the database (:mod:`idp.attempts`).

Specs: RFC 6585 §4; security §3: PR-10, PR-20, RL-08.
"""

import math
import time
from dataclasses import dataclass

HELD = 10_000  # buckets; of more at once, those that were used least lately begin anew


@dataclass(frozen=True, slots=True)
class Pace:
    """``most`` requests at once, and as many again in ``seconds``."""

    most: int
    seconds: float


PAGES = Pace(300, 300.0)  # of a network; files of ours do not count
CLIENTS = Pace(600, 60.0)  # of a client, at the token endpoint and with pushed requests

REGISTRATIONS = Pace(60, 600.0)  # of a network: to register, and to manage that


class TooFast(Exception):  # noqa: N818 - named as the fact it reports
    """A pace is kept up for too long; ``seconds`` says when to come back."""

    code = "too_fast"

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


class Buckets:
    """A bucket for each of whom a pace limits; the fullest are not kept."""

    def __init__(self, pace: Pace, *, on: bool = True, held: int = HELD) -> None:
        """Begin with full ones.

        :param on: whether anybody is limited at all
        """
        self._on = on
        self._held = held
        self._step = pace.seconds / pace.most
        self._most = pace.seconds
        # When each will be full again (monotonic), in the order of their last use.
        self._full_at: dict[str, float] = {}

    def take(self, whom: str, at: float | None = None) -> None:
        """Take one out of the bucket of ``whom``.

        :param at: the moment, in seconds of the monotonic clock
        :raises TooFast: it is empty
        """
        if not self._on:
            return
        at = time.monotonic() if at is None else at
        full_at = max(self._full_at.pop(whom, at), at) + self._step
        wait = full_at - at - self._most
        self._full_at[whom] = full_at if wait <= 0 else full_at - self._step
        if len(self._full_at) > self._held:
            del self._full_at[next(iter(self._full_at))]
        if wait > 0:
            raise TooFast(max(1, math.ceil(wait)))
