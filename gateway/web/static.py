"""Static files: read once, named by their content, compressed once, cached for ever."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from gateway.web.call import Call

FOLDER = Path(__file__).parent.parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed."""

    address: str
    kind: str
    plain: bytes
    packed: bytes


def _load() -> dict[str, Asset]:
    assets = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in TYPES:
            plain = path.read_bytes()
            name = hashlib.sha256(plain).hexdigest()[:12]
            address = f"/static/{name}/{path.name}"
            packed = gzip.compress(plain, 9, mtime=0)
            assets[path.name] = Asset(address, TYPES[path.suffix], plain, packed)
    return assets


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
