"""Grant management: the actions of a request on the grant that it is about.

    create ──page──▶ a fresh grant in the place of the one before
    merge ───page if more is asked──▶ what was agreed to before and now
    replace ─page if more is asked──▶ what was asked now, and no more

A citizen has one grant with a service, the consent that they see in their account. An id
that is not of this very citizen and service, or not in force, is ``invalid_grant_id``,
whatever the reason.

Specs: Grant Management for OAuth 2.0 (FAPI WG draft 03) §5.
"""

from typing import Any
from uuid import UUID

from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.web.call import Call
from keys import opaque
from relying_parties import managed
from relying_parties.claims_policy import Wanted
from relying_parties.clients import Client
from relying_parties.consents import Consent

CREATE, MERGE, REPLACE = ACTIONS = ("create", "merge", "replace")
SCOPES = QUERY, REVOKE = ("grant_management_query", "grant_management_revoke")
API = ("query", "revoke")
REQUIRED = "required"


def address(issuer: str) -> str:
    """Return the address below which each grant has its own."""
    return f"{issuer}/grants"


def api_meant(call: Call) -> bool:
    """Whether a service asks for a token of its own for the API on its grants."""
    named, scopes = call.form.all("resource"), call.form.text("scope").split()
    if named:
        return named == [address(call.runtime.settings.issuer)]
    return bool(scopes) and set(scopes) <= set(SCOPES)


def read_id(text: str) -> UUID | None:
    """Read the id of a grant as we spell it; ``None`` for anything else."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


async def judge(call: Call, asked: AuthorizationRequest, client: Client) -> None:
    """Refuse a grant that is not one of the client's; whose it is shows later.

    :raises OAuthRefused: ``invalid_grant_id``
    """
    if not asked.grant_id:
        return
    grant_id = read_id(asked.grant_id)
    if grant_id is None or not await managed.lives(call.entry, grant_id, client.client_id):
        raise invalid()


def fresh(action: str, *, given_here: bool) -> bool:
    """Whether the citizen is to be asked as if nothing had been agreed to."""
    return action == CREATE and not given_here


def others(asked: AuthorizationRequest, consent: Consent | None) -> bool:
    """Whether the grant that is named is another citizen's, or over."""
    return bool(asked.grant_id) and (consent is None or str(consent.id) != asked.grant_id)


async def settle(
    call: Call, asked: AuthorizationRequest, consent: Consent | None, wanted: Wanted
) -> None:
    """Do to the grant what the request says, just before its code is issued.

    :raises ConsentMissing: it ended a moment ago
    """
    if consent is None or asked.grant_management_action not in (MERGE, REPLACE):
        return
    if asked.grant_management_action == MERGE:
        await managed.merge(call.entry, consent)
        return
    await managed.replace(
        call.entry,
        consent,
        claims=wanted.all,
        details=asked.authorization_details,
        offline="offline_access" in asked.scopes,
    )


async def mark(call: Call, asked: AuthorizationRequest, code: str) -> None:
    """Let the answer to ``code`` name the grant, if the request asked for one."""
    if asked.grant_management_action:
        await managed.mark(call.entry, opaque.digest(code))


def told(consent_id: UUID | None, *, named: bool) -> dict[str, Any]:
    """Return the member of a token answer that names the grant; nothing if nobody asked."""
    return {"grant_id": str(consent_id)} if named and consent_id else {}


def invalid() -> OAuthRefused:
    """Return the one refusal for every grant that is not this citizen's with this client."""
    return OAuthRefused("invalid_grant_id", "no such grant")
