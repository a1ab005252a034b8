"""The transparency tree, for everybody: its checkpoints, the proof that it only grew, its keys.

Nothing here says whose line is whose, or what any of them says: heads are hashes. Who keeps
a checkpoint can have it proved later that the tree still begins with the same lines.

Specs: RFC 9162 §4.10 and §4.11 (tree heads, consistency), RFC 7517 (keys).
"""

import json
from pathlib import Path
from typing import Any

from starlette.responses import Response

from gateway import ledger_verifier
from gateway.web import caching
from gateway.web.call import Call
from gateway.web.dispatch import Route
from keys import checkpoints, jwks, transparency
from keys.checkpoints import TYPE, Checkpoint
from keys.opaque import unpadded

FRESH = 5  # seconds: as often as the tree may grow
PAGE = 100
_LARGEST = 2**62
_VERIFIER = Path(ledger_verifier.__file__).read_bytes()


async def latest(call: Call) -> Response:
    """Serve the newest checkpoint, as it was signed."""
    found = await checkpoints.latest(call.entry)
    if found is None:
        return _refused(404, "not_found")
    return caching.public(call, found.signed.encode(), FRESH, f"application/{TYPE}")


async def listed(call: Call) -> Response:
    """Serve checkpoints, those of the largest trees first, a page at a time."""
    _pace(call)
    before = _number(call, "before") if call.query.text("before") else _LARGEST
    if before is None:
        return _refused(400, "invalid_request")
    found = await checkpoints.before(call.entry, before, PAGE)
    told: dict[str, Any] = {"checkpoints": [_spelled(one) for one in found]}
    if len(found) == PAGE:
        told["next"] = f"/transparency/checkpoints?before={found[-1].head.size}"
    return caching.public(call, _json(told), FRESH)


async def consistency(call: Call) -> Response:
    """Prove that the tree of ``second`` leaves begins with that of ``first``."""
    _pace(call)
    first, second = _number(call, "first"), _number(call, "second")
    if first is None or second is None:
        return _refused(400, "invalid_request")
    try:
        path = await transparency.consistency(call.entry, first, second)
    except ValueError:
        return _refused(400, "invalid_request")
    told = {"first": first, "second": second, "proof": [unpadded(each) for each in path]}
    return caching.public(call, _json(told), caching.FOREVER)


async def keys(call: Call) -> Response:
    """Serve every key that checkpoints are checked with, past ones too."""
    return caching.public(call, jwks.document(await checkpoints.keys(call.entry)), 900)


async def verifier(call: Call) -> Response:
    """Serve the program that checks a download, to be kept and read."""
    return caching.public(
        call,
        _VERIFIER,
        300,
        "text/x-python; charset=utf-8",
        content_disposition='attachment; filename="verify_ledger.py"',
    )


ROUTES: tuple[Route, ...] = (
    Route("/transparency/checkpoint", {"GET": latest}, "protocol"),
    Route("/transparency/checkpoints", {"GET": listed}, "protocol"),
    Route("/transparency/consistency", {"GET": consistency}, "protocol"),
    Route("/transparency/keys", {"GET": keys}, "protocol"),
    Route("/transparency/verify_ledger.py", {"GET": verifier}, "protocol"),
)


def _pace(call: Call) -> None:
    """Count what costs the database something, as pages are counted."""
    call.runtime.pages.take(call.address)


def _number(call: Call, name: str) -> int | None:
    text = call.query.text(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _spelled(one: Checkpoint) -> dict[str, Any]:
    return {
        "size": one.head.size,
        "root": unpadded(one.head.root),
        "at": one.at.isoformat(timespec="seconds"),
        "signed": one.signed,
    }


def _json(told: Any) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()


def _refused(status: int, error: str) -> Response:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(_json({"error": error}), status, headers)
