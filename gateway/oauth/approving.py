"""Approving: what a citizen's yes to a request from behind comes to.

    Standing ──decide──▶ sign in anew │ stronger │ be proved │ the page
    yes ──▶ consent (by the page) ──▶ a code that nobody holds ──▶ the service may come for it

The code is derived from the request, so it is never with a browser, and the grant that
redeems it can find it without it being kept. What came of an approval lives on when the
citizen signs out of the browser in which they said yes: the service is not in it. A lock, a
new password or a withdrawal ends it as it ends everything. What was asked in detail is told
with its tokens to the letter, because the citizen agreed to that and to nothing else.

Specs: OpenID Connect CIBA Core 1.0 §8, RFC 9396 §7; security: the decision is about what was
shown.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from uuid import UUID

from gateway.oauth import claims, interaction, orders
from gateway.oauth.interaction import Decision, Facts
from gateway.oauth.request import AuthorizationRequest
from gateway.oauth.verified import keeping
from gateway.runtime import Place
from idp.sessions import Session
from keys import pairwise
from keys.opaque import unpadded
from keys.vault import Vault
from relying_parties import approvals, claims_policy, consents
from relying_parties.authorization_details import Detail
from relying_parties.claims_policy import New, Wanted
from relying_parties.client_metadata import CIBA
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.errors import ConsentMissing
from relying_parties.grants import backchannel_requests, codes, detailed, directed
from relying_parties.grants.backchannel_requests import Asked


@dataclass(frozen=True, slots=True)
class Standing:
    """A request, and where its citizen stands towards the service."""

    asked: Asked
    request: AuthorizationRequest
    client: Client
    session: Session
    wanted: Wanted
    new: New


def code(vault: Vault, request_id: UUID) -> str:
    """Return the code behind the approval of a request."""
    mac = hmac.digest(vault.derive("backchannel codes"), request_id.bytes, hashlib.sha256)
    return unpadded(mac)


async def standing(call: Place, asked: Asked, client: Client, session: Session) -> Standing:
    """Work out what ``asked`` comes to for the citizen of ``session``."""
    stored = asked.request
    if sealed := stored.get("verified"):
        opened = keeping.unsealed(call.runtime.vault, sealed, asked.id)
        stored = {**stored, "verified": opened}
    wanted = claims.wanted(client.registration, stored, session, call.entry.at)
    consent = await consents.current(call.entry, asked.subject, client.client_id)
    new = claims_policy.difference(client.registration, wanted, consent, care=claims.CARE)
    request = AuthorizationRequest.from_json(stored)
    return Standing(asked, request, client, session, wanted, new)


def decide(call: Place, at: Standing, *, confirmed: bool) -> Decision:
    """Return what is needed before the page takes a yes; ``CONSENT`` is the page itself.

    :param confirmed: the citizen signed in just now, as strongly as the account can
    """
    return interaction.decide(
        Facts(
            request=at.request,
            session=at.session,
            new=at.new,
            at=call.entry.at,
            careful=claims_policy.takes_care(at.wanted, claims.CARE),
            required_acr=(*at.client.registration.acr, *at.request.essential_acr),
            logged_in=confirmed,
        )
    )


async def approve(call: Place, at: Standing, consent: Consent | None) -> None:
    """Let the service come for its tokens; ``at.asked`` is held.

    :raises ConsentMissing: the consent does not cover what is wanted at this moment
    """
    vault, asked, client = call.runtime.vault, at.asked, at.client
    made = orders.order(vault, client, at.request, at.session, at.wanted, consent)
    order = replace(
        made,
        redirect_uri=CIBA,
        challenge=None,
        sid=pairwise.sid(vault.pairwise, client.client_id, asked.id),
        lives=asked.expires_at - call.entry.at,
    )
    name = code(vault, asked.id)
    await codes.issue(call.entry, order, name)
    if at.request.verified:
        await keeping.keep(call, name, order, at.request.verified)
    if at.request.resource:
        await directed.direct(call.entry, name, at.request.resource)
    if at.request.authorization_details:
        await detailed.detail(call.entry, name, await _agreed(call, at, consent))
    await backchannel_requests.approve(call.entry, asked)


async def _agreed(call: Place, at: Standing, consent: Consent | None) -> list[Detail]:
    """Return the details of the request with when each was agreed to: just now, all of them."""
    asked = at.request.authorization_details
    agreed = consent and await approvals.of(call.entry, consent.id, asked, given_here=True)
    if not agreed:
        raise ConsentMissing
    return agreed
