"""Static files: read once, named by their content, compressed once, cached for ever.

What every page may need of scripts is one file, so that a page with a service's logo
still takes four requests and a second page takes none.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from gateway.web.call import Call

FOLDER = Path(__file__).parent.parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
TOGETHER = {"gatehouse.js": ("enhance.js", "passkey.js")}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed."""

    address: str
    kind: str
    plain: bytes
    packed: bytes


def _load() -> dict[str, Asset]:
    found = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in TYPES}
    for whole, parts in TOGETHER.items():
        # In a block of its own each part keeps its names to itself.
        found[whole] = b"\n".join(b"{\n%b}" % found.pop(part) for part in parts)
    return {name: _asset(name, plain) for name, plain in sorted(found.items())}


def _asset(name: str, plain: bytes) -> Asset:
    address = f"/static/{hashlib.sha256(plain).hexdigest()[:12]}/{name}"
    kind = TYPES[Path(name).suffix]
    return Asset(address, kind, plain, gzip.compress(plain, 9, mtime=0))


ASSETS = _load()
BY_ADDRESS = {asset.address: asset for asset in ASSETS.values()}


def asset(name: str) -> str:
    """Return the address of a file in gateway/static."""
    return ASSETS[name].address


async def show(call: Call) -> Response:
    """Serve a file under its present name."""
    found = BY_ADDRESS.get(call.path)
    if found is None:
        return Response(status_code=404, headers={"cache-control": "no-store"})
    headers = {
        "cache-control": "public, max-age=31536000, immutable",
        "content-type": found.kind,
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
    }
    if "gzip" in call.header("accept-encoding"):
        return Response(found.packed, headers={**headers, "content-encoding": "gzip"})
    return Response(found.plain, headers=headers)
