"""Keys that clients publish at their own address (``jwks_uri``), kept for a while.

A set is believed for fifteen minutes. An unknown ``kid`` may mean that the client has
rotated, so it is looked for again, but at most once a minute: a stranger who invents
key names must not turn us against the client's server (security: CA-16, SS-11). Clients
that publish at one address wait for one another only if many ask. A key that could not
be registered is not believed from there either (CA-23).
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway import outbound
from gateway.outbound import OutboundRefused
from gateway.runtime import Runtime
from keys.assertions import decode_json
from keys.errors import TokenRefused
from relying_parties import client_keys

KEPT = 15 * 60.0  # seconds
APART = 60.0  # seconds between two looks for one client
ASKERS = 5  # clients of one address for which it is looked at within that time

Jwk = Mapping[str, Any]


@dataclass(slots=True)
class _Kept:
    keys: Sequence[Jwk] = ()
    good_until: float = 0.0
    asked: dict[str, float] = field(default_factory=dict)  # for whom, and when
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_SETS: dict[str, _Kept] = {}  # one for each registered address, so bounded by the registry


async def fetch(
    runtime: Runtime, uri: str, client_id: str, *, again: bool = False
) -> Sequence[Jwk]:
    """Return the keys at ``uri``, a registered address; none if they can't be had.

    :param client_id: whose keys are looked for
    :param again: what is kept lacks a key; ask once more if the last time is long enough ago
    """
    kept = _SETS.setdefault(uri, _Kept())
    async with kept.turn:
        now = time.monotonic()
        if (now >= kept.good_until or again) and _may_ask(kept, client_id, now):
            kept.asked[client_id] = now
            found = await _ask(uri, allow_loopback=runtime.settings.allow_loopback)
            if found is not None:
                kept.keys, kept.good_until = found, now + KEPT
        return kept.keys if now < kept.good_until else ()


def _may_ask(kept: _Kept, client_id: str, now: float) -> bool:
    kept.asked = {who: at for who, at in kept.asked.items() if now - at < APART}
    return client_id not in kept.asked and len(kept.asked) < ASKERS


async def _ask(uri: str, *, allow_loopback: bool) -> Sequence[Jwk] | None:
    try:
        body = await outbound.fetch(uri, accept="application/json", allow_loopback=allow_loopback)
        document = decode_json(body, max_bytes=outbound.MOST)
    except (OutboundRefused, TokenRefused):
        return None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or len(keys) > client_keys.MOST:
        return None
    return client_keys.fit(keys)
