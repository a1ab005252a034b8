"""The grant types of the token endpoint, a row each.

The endpoint has read the form, authenticated the client and read whose key the tokens
will be for before a grant runs, and writes the answer after it; a grant only says what
its proof stands for.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gateway.oauth.grants import (
    authorization_code,
    ciba,
    client_credentials,
    device_code,
    refresh_token,
    token_exchange,
)
from gateway.oauth.sender import Sender
from gateway.web.call import Call
from relying_parties.clients import Client

Redeem = Callable[[Call, Client, Sender], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant type: its name on the wire, and what answers it."""

    grant_type: str
    redeem: Redeem


GRANTS = (
    Grant("authorization_code", authorization_code.redeem),
    Grant("refresh_token", refresh_token.redeem),
    Grant("client_credentials", client_credentials.redeem),
    Grant(ciba.GRANT_TYPE, ciba.redeem),
    Grant(token_exchange.GRANT_TYPE, token_exchange.redeem),
    Grant(device_code.GRANT_TYPE, device_code.redeem),
)
BY_TYPE = {grant.grant_type: grant for grant in GRANTS}
