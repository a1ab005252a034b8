"""A service's logo, from our own address: which pages show it, nobody else learns."""

from starlette.responses import Response

from gateway.web.call import Call
from relying_parties import logos
from relying_parties.clients import Client

# Whatever a browser makes of the bytes, it runs nothing and belongs to no one.
_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


async def show(call: Call) -> Response:
    """Serve the picture under its present name."""
    found = await logos.find(call.entry, call.path_text("client"), call.path_text("digest"))
    if found is None:
        return Response(status_code=404, headers={"cache-control": "no-store"})
    return Response(found.body, headers={**_HEADERS, "content-type": found.kind})


def address(client: Client) -> str:
    """Return where the logo of ``client`` is here; empty if it has none."""
    return f"/logos/{client.client_id}/{client.logo}" if client.logo else ""
