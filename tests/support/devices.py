"""A device without a browser: it asks for a code, and asks again until it is let in."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from gateway.oauth.grants.device_code import GRANT_TYPE


def asks(issuer: str, client_id: str, scope: str = "openid profile") -> dict[str, Any]:
    """Return the two codes and where to go with one of them."""
    return _posted(f"{issuer}/device_authorization", client_id=client_id, scope=scope)


def polls(issuer: str, client_id: str, device_code: str) -> dict[str, Any]:
    """Return the tokens, or the error instead of them."""
    return _posted(
        f"{issuer}/token", client_id=client_id, grant_type=GRANT_TYPE, device_code=device_code
    )


def _posted(address: str, **form: str) -> dict[str, Any]:
    try:
        with urlopen(address, urlencode(form).encode(), timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        with error:
            told = json.load(error)
    return told
