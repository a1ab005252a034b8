"""The grant management API: a service looks at a grant of its own, or ends it.

With a token of its own name for this API. Another service's grant is as unknown as none, so
an id that leaked is worth nothing; the answer names no citizen and holds no token.

Specs: Grant Management for OAuth 2.0 (FAPI WG draft 03) §6.
"""

from typing import Any

from starlette.responses import Response

from gateway.oauth import answers, managed, names, resource, rich
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from gateway.web.headers import PROTOCOL
from idp import catalog
from relying_parties import managed as grants
from relying_parties.claims_policy import FOLLOWS
from relying_parties.managed import Grant

_PATH = "/grants"  # where the API is described


async def show(call: Call) -> Response:
    """Tell what a grant covers now (§6.4)."""
    try:
        client_id = await _admitted(call, managed.QUERY)
    except OAuthRefused as refusal:
        return resource.refused(call, refusal, _PATH)
    grant_id = managed.read_id(call.path_text("grant"))
    grant = await grants.find(call.entry, grant_id, client_id) if grant_id else None
    return answers.told(_told(call, grant)) if grant else _unknown(call)


async def end(call: Call) -> Response:
    """End a grant: it is withdrawn, and every token under it is over (§6.5)."""
    try:
        client_id = await _admitted(call, managed.REVOKE)
    except OAuthRefused as refusal:
        return resource.refused(call, refusal, _PATH)
    grant_id = managed.read_id(call.path_text("grant"))
    if grant_id is None or not await grants.revoke(call.entry, grant_id, client_id):
        return _unknown(call)
    return Response(status_code=204, headers=dict(PROTOCOL))


async def _admitted(call: Call, scope: str) -> str:
    """Return whose token the request came with.

    :raises OAuthRefused: none that works here (401), or not for this (403)
    """
    api = managed.address(call.runtime.settings.issuer)
    client = await resource.admit_service(call, scope, api)
    if not client.registration.grant_management:  # taken away since
        raise OAuthRefused("insufficient_scope", status=403)
    return client.client_id


def _unknown(call: Call) -> Response:
    return answers.refused(call, OAuthRefused("invalid_grant_id", "no such grant", 404))


def _told(call: Call, grant: Grant) -> dict[str, Any]:
    consent, issuer = grant.consent, call.runtime.settings.issuer
    agreed = set(consent.claims)
    flags = [flag for flag, of in FOLLOWS.items() if of in agreed]
    known = [name for name in (*consent.claims, *flags) if name in catalog.BY_NAME]
    return {
        "scopes": [
            {"scope": " ".join(_scopes(agreed, offline=consent.offline))},
            *({"scope": scope, "resource": list(at)} for scope, at in grant.directed),
        ],
        "claims": [names.wire(issuer, name) for name in known],
        "authorization_details": rich.spelt((one.detail for one in grant.approvals), issuer),
        "created_at": int(grant.created_at.timestamp()),
        "last_updated": int(consent.changed_at.timestamp()),
        "expires_at": int(consent.expires_at.timestamp()),
        "updated_by": "client" if grant.by_client else "authorization_server",
    }


def _scopes(agreed: set[str], *, offline: bool) -> list[str]:
    """Return the scope values for which the grant holds something."""
    held = [scope for scope, claims in catalog.SCOPES.items() if agreed.intersection(claims)]
    return ["openid", *held, *(["offline_access"] if offline else [])]
