"""Keys that clients publish at their own address (``jwks_uri``), kept for a while.

A set is believed for fifteen minutes. An unknown ``kid`` may mean that the client has
rotated, so it is looked for again, but at most once a minute: a stranger who invents
key names must not turn us against the client's server (security: CA-16, SS-11). A key
that could not be registered is not believed from there either (CA-23).
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
APART = 60.0

Jwk = Mapping[str, Any]


@dataclass(slots=True)
class _Kept:
    keys: Sequence[Jwk] = ()
    good_until: float = 0.0
    asked: float = -APART
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_SETS: dict[str, _Kept] = {}  # one for each registered address, so bounded by the registry


async def fetch(runtime: Runtime, uri: str, *, again: bool = False) -> Sequence[Jwk]:
    """Return the keys at ``uri``, a registered address; none if they can't be had.

    :param again: what is kept lacks a key; ask once more if the last time is long enough ago
    """
    kept = _SETS.setdefault(uri, _Kept())
    async with kept.turn:
        now = time.monotonic()
        if (now >= kept.good_until or again) and now - kept.asked >= APART:
            kept.asked = now
            found = await _ask(uri, allow_loopback=runtime.settings.allow_loopback)
            if found is not None:
                kept.keys, kept.good_until = found, now + KEPT
        return kept.keys if now < kept.good_until else ()


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
