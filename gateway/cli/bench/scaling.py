"""What a second worker adds, on a machine whose cores the database and the load need, too.

Each worker may run a fifth of the time only, and no two at once, so that what they
share besides the database is nothing. What two do against one then says how the gateway
scales, and not how many cores this machine has left.

    worker 1  ▆▁▁▁▁▆▁▁▁▁▆▁▁▁▁
    worker 2  ▁▁▆▁▁▁▁▆▁▁▁▁▆▁▁
"""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import click

from gateway.cli.bench import budget, standing
from gateway.cli.bench.load import Load, sign_on
from gateway.cli.bench.standing import Base

_TURN = 0.005  # seconds that a worker runs
_TURNS = 5  # of each round, one is a worker's
_ROUNDS = 2


async def show(base: Base, seconds: float, connections: int) -> None:
    """Measure one worker and two in turn, each worker under the same load."""
    done = {1: 0.0, 2: 0.0}
    for _ in range(_ROUNDS):
        for workers in done:
            async with standing.gateway(base, workers) as gateway:
                load = Load(gateway, connections * workers, seconds)
                with _turns(gateway.workers):
                    result = await load.measure("sign-on", sign_on)
                done[workers] += result.per_second / _ROUNDS
    times = done[2] / done[1]
    kept = "held" if times >= budget.SCALING else "missed"
    click.echo(
        f"\nsign-ons a second, each worker a fifth of a core: {done[1]:.0f} with one worker,"
        f" {done[2]:.0f} with two: {times:.2f} times: {kept} (at least {budget.SCALING})"
        "\nHow: a worker runs a fifth of the time, and no two run at once, so that the database and"
        "\nthe load have the rest of the cores. It shows whether workers wait for one another, not"
        "\nwhat two do on cores of their own. More than twice is noise of a busy machine."
    )


@contextmanager
def _turns(workers: Sequence[int]) -> Iterator[None]:
    over = threading.Event()
    clock = threading.Thread(target=_take_turns, args=(workers, over))
    clock.start()
    try:
        yield
    finally:
        over.set()
        clock.join()


def _take_turns(workers: Sequence[int], over: threading.Event) -> None:
    whose = {2 * number: pid for number, pid in enumerate(workers)}
    for pid in workers:
        _send(pid, signal.SIGSTOP)
    turn = 0
    while not over.is_set():
        next_one = whose.get(turn % _TURNS)
        if next_one is not None:
            _send(next_one, signal.SIGCONT)
        over.wait(_TURN)
        if next_one is not None:
            _send(next_one, signal.SIGSTOP)
        turn += 1
    for pid in workers:
        _send(pid, signal.SIGCONT)


def _send(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)
