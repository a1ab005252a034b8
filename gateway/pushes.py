"""Pushes: what is due goes out to the addresses that were approved, one event a request.

Streams are told at the same time, the events of each one after the other. Who is not there
is asked again later, and longer later each time; who refuses an event is not asked again
about it.

Specs: RFC 8935 §2; security: EV-04, EV-05, EV-11.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

from gateway import outbound, secevents
from gateway.outbound import Answer, OutboundRefused
from gateway.runtime import Runtime
from keys import assertions
from keys.errors import TokenRefused
from relying_parties.clients import Client
from relying_parties.streams import delivery
from relying_parties.streams.delivery import Load, Outcome

log = logging.getLogger("gatehouse.worker")

MOST = 64  # services at the same time
LOOK = 0.5  # seconds for which the slow are waited for until the next are taken
SECONDS = 30.0  # of one load: a worker has it for a minute
# RFC 8935 §2.4 and SSF 1.0 §9: whatever else a service says is not repeated.
WORDS = frozenset(
    {
        *("invalid_request", "invalid_key", "invalid_issuer", "invalid_audience"),
        *("authentication_failed", "access_denied", "invalid_state"),
    }
)
# Somebody else than the receiver spoke, or it is too busy to judge.
_ELSEWHERE = frozenset({401, 403, 404, 408, 410, 425, 429, 502, 503, 504})


async def deliver(runtime: Runtime) -> int:
    """Push what is due, to many services at the same time, until nothing is.

    Who is slow is waited for, and keeps nobody else waiting.

    :returns: how many events went out
    """
    told, under_way = 0, set[asyncio.Task[int]]()
    try:
        while True:
            async with runtime.entry() as entry:
                loads = await delivery.take(entry, most=MOST - len(under_way))
            # No connection is held while strangers take their time.
            under_way |= {asyncio.create_task(_carried(runtime, load)) for load in loads}
            if not under_way:
                return told
            done, under_way = await asyncio.wait(under_way, timeout=LOOK)
            told += sum(one.result() for one in done)
    finally:
        for one in under_way:
            one.cancel()


async def _carried(runtime: Runtime, load: Load) -> int:
    """Carry a load; one that fails is another worker's after a minute, and stops no other."""
    try:
        return await _carry(runtime, load)
    except Exception:
        log.exception("load failed", extra={"client": load.client_id})
        return 0


async def _carry(runtime: Runtime, load: Load) -> int:
    client = await runtime.client(load.client_id)
    if client is None or not client.live or not _approved(client, load):
        outcome = Outcome((), {}, {}, down="not_approved")
    else:
        outcome = await _push_all(runtime, client, load)
    async with runtime.entry() as entry:
        await delivery.settle(entry, load, outcome)
    if outcome.down or outcome.refused or outcome.broken:
        told = {"client": load.client_id, "down": outcome.down, "refused": len(outcome.refused)}
        log.info("events not told", extra=told)
    return len(outcome.told)


async def _push_all(runtime: Runtime, client: Client, load: Load) -> Outcome:
    headers = {"content-type": secevents.MEDIA, "accept": "application/json"}
    if load.authorization is not None:
        place = ("relying_parties.streams", load.client_id)
        secret = runtime.vault.sealer.open(load.authorization, *place)
        headers["authorization"] = secret.decode("ascii")
    told: list[int] = []
    refused: dict[int, str] = {}
    broken: dict[int, str] = {}
    waits: set[str] = set()  # of whom something did not get through: the rest comes later
    until = time.monotonic() + SECONDS
    for one in load.deliveries:
        if (one.subject or "") in waits or time.monotonic() > until:
            continue
        why, kind = await _push(runtime, load, secevents.token(runtime, client, one), headers)
        if kind == "down":
            return Outcome(told, refused, broken, down=why)
        if kind == "told":
            told.append(one.id)
        elif kind == "refused":
            refused[one.id] = why
        else:
            broken[one.id] = why
            waits.add(one.subject or "")
    return Outcome(told, refused, broken)


async def _push(
    runtime: Runtime, load: Load, token: str, headers: Mapping[str, str]
) -> tuple[str, str]:
    """Push one event; return why it was not heard, and what that means."""
    try:
        answer = await outbound.send(
            load.endpoint,
            token.encode(),
            headers=headers,
            allow_loopback=runtime.settings.allow_loopback,
        )
    except OutboundRefused as error:
        return error.reason, "down"
    status = str(answer.status)
    if 200 <= answer.status < 300:
        return "", "told"
    if answer.status == 400:
        return _word(answer), "refused"
    if answer.status in _ELSEWHERE or 300 <= answer.status < 400:
        return status, "down"
    return status, "broken" if answer.status >= 500 else "refused"


def _approved(client: Client, load: Load) -> bool:
    events = client.registration.events
    return events is not None and events.endpoint == load.endpoint


def _word(answer: Answer) -> str:
    """Return the error that the receiver names (RFC 8935 §2.3), if it is one that there is."""
    try:
        told = assertions.decode_json(answer.body[:4096])
    except TokenRefused:
        return "400"
    word = told.get("err") if isinstance(told, dict) else None
    return word if isinstance(word, str) and word in WORDS else "400"
