"""The refresh token grant: a new access token, and the ID token as it was.

Confidential clients keep their token; of a public client each use replaces it, and
one that comes back ends the family.

Specs: RFC 6749 §6, OpenID Connect Core §12.2, RFC 9700 §4.14, FAPI 2.0 §5.3.2.1.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from gateway.oauth import audiences, id_tokens, managed, rich
from gateway.oauth.audiences import Held
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.sender import Sender
from gateway.web.call import Call
from idp import catalog
from relying_parties.clients import Client
from relying_parties.errors import RefreshReplayed
from relying_parties.grants import refresh_tokens
from relying_parties.grants.refresh_tokens import Narrowed, Refreshed

REFUSED = "the refresh token is unknown, expired or ended"


async def redeem(call: Call, client: Client, sender: Sender) -> dict[str, Any]:
    """Use the refresh token of the form.

    :raises OAuthRefused: ``invalid_grant``; or ``invalid_scope`` for more than was given
    """
    token = call.form.text("refresh_token")
    if not token:
        raise OAuthRefused("invalid_request", "refresh_token is missing")
    if not client.registration.offline_access:  # taken away since (RT-10)
        raise OAuthRefused("invalid_grant", REFUSED)
    target = await audiences.of_refresh(call, client)
    wanted = await rich.of_refresh(call, client)
    narrowed, profile = await _narrowed(call, client, token), client.registration.profile
    use: Callable[..., Awaitable[Refreshed | None]] = refresh_tokens.use
    if profile.rotate_refresh:
        use = partial(refresh_tokens.rotate, key=call.runtime.vault.derive("refresh successor"))
    try:
        refreshed = await use(
            call.entry,
            token,
            client_id=client.client_id,
            token_lives=profile.access_token_ttl,
            narrowed=narrowed,
            cnf=sender.cnf,
        )
    except RefreshReplayed as error:
        raise OAuthRefused("invalid_grant", REFUSED) from error
    if refreshed is None:
        raise await _refusal(call, client, token, narrowed)
    if wanted is not None:
        reads = await rich.narrow(call, refreshed.access_token, refreshed, wanted)
        refreshed = replace(refreshed, details=wanted, claims=reads)
    held = await audiences.held(call, refreshed, client, target, sender.cnf)
    return await _answer(call, client, refreshed, held)


async def _answer(call: Call, client: Client, refreshed: Refreshed, held: Held) -> dict[str, Any]:
    answer = {
        "access_token": held.access_token,
        "expires_in": int((refreshed.expires_at - call.entry.at).total_seconds()),
        "scope": held.scope,
        **held.details,
        **managed.told(refreshed.consent_id, named=refreshed.managed),
        "refresh_token": refreshed.refresh_token,
    }
    if id_tokens.due(refreshed.scope):
        answer["id_token"] = await id_tokens.sign(call, client, refreshed, held)
    return answer


async def _refusal(
    call: Call, client: Client, token: str, narrowed: Narrowed | None
) -> OAuthRefused:
    if narrowed is not None:
        given = await refresh_tokens.scope(call.entry, token, client_id=client.client_id)
        if given is not None and not set(narrowed.scope.split()) <= set(given.split()):
            return OAuthRefused("invalid_scope", "more than the citizen agreed to")
    return OAuthRefused("invalid_grant", REFUSED)


async def _narrowed(call: Call, client: Client, token: str) -> Narrowed | None:
    """Read what the client wants less of (RFC 6749 §6); nothing if it repeats what it has.

    What was asked for by name, in the ``claims`` parameter, belongs to no scope and stays.
    """
    wanted = call.form.text("scope").split()
    if not wanted:
        return None
    given = await refresh_tokens.scope(call.entry, token, client_id=client.client_id) or ""
    left_out = set(given.split()) - set(wanted)
    if not left_out and set(wanted) <= set(given.split()):
        return None
    gone = _of_scopes(left_out) - _of_scopes(wanted)
    return Narrowed(scope=" ".join(dict.fromkeys(wanted)), without=tuple(sorted(gone)))


def _of_scopes(scopes: Iterable[str]) -> set[str]:
    return {claim for scope in scopes for claim in catalog.SCOPES.get(scope, ())}
