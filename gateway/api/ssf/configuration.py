"""What we transmit and where it is managed: SSF 1.0 §7.1, derived from what there is."""

from typing import Any

from starlette.responses import Response

from gateway.api.ssf import status, streams, subjects, verification
from gateway.oauth.endpoints import discovery
from gateway.settings import Settings
from gateway.web.call import Call


async def show(call: Call) -> Response:
    """Serve the transmitter's metadata."""
    return discovery.made(call, document)


def document(settings: Settings) -> dict[str, Any]:
    """Return the metadata of the transmitter."""
    issuer = settings.issuer
    return {
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "delivery_methods_supported": list(streams.METHODS),
        "configuration_endpoint": f"{issuer}{streams.PATH}",
        "status_endpoint": f"{issuer}{status.PATH}",
        "add_subject_endpoint": f"{issuer}{subjects.ADD}",
        "remove_subject_endpoint": f"{issuer}{subjects.REMOVE}",
        "verification_endpoint": f"{issuer}{verification.PATH}",
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}],
        # Nobody has to be added: consent adds and takes away.
        "default_subjects": "NONE",
    }
