"""A citizen to test with: who answers what services ask from behind, as the suite wishes.

Only under the conformance setting has it an address. The answer is that of the citizen's
page, less the page: the same decision, consent and code.
"""

from collections.abc import Sequence

from starlette.responses import Response

from gateway.oauth import answers, approving
from gateway.oauth.approving import Standing
from gateway.oauth.interaction import Step
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from idp import identifiers, sessions
from keys import opaque, pairwise
from relying_parties import agencies, consents
from relying_parties.consents import Consent, Decision
from relying_parties.grants import backchannel_requests
from relying_parties.grants.backchannel_requests import Asked

PATH = "/conformance/citizen"
_AMR, _AAL = ("pop", "user", "mfa"), 2  # as with a passkey


@answers.protocol
async def answer(call: Call) -> Response:
    """Approve or decline what the citizen with an address was asked."""
    vault, query = call.runtime.vault, call.query
    account_id = await identifiers.find_account(call.entry, vault, query.text("email"))
    if account_id is None:
        raise OAuthRefused("unknown_user_id")
    subjects = [
        pairwise.subject(vault.pairwise, agency.sector, account_id)
        for agency in await agencies.listed(call.entry)
    ]
    asked = await _asked(call, subjects)
    if query.text("action") == "deny":
        await backchannel_requests.decline(call.entry, asked)
        return answers.told({"declined": True})
    session, _ = await sessions.start(
        call.entry, account_id, kind="citizen", amr=_AMR, aal=_AAL, device="Suite"
    )
    client = await call.runtime.client(asked.client_id)
    at = await approving.standing(call, asked, client, session)
    if approving.decide(call, at, confirmed=True).step is not Step.CONSENT:
        raise OAuthRefused("access_denied")
    await approving.approve(call, at, await _consent(call, at))
    return answers.told({"approved": True})


async def _asked(call: Call, subjects: Sequence[str]) -> Asked:
    digest = opaque.digest(call.query.text("auth_req_id"))
    for one in await backchannel_requests.of_subjects(call.entry, subjects):
        if one.digest == digest:
            held = await backchannel_requests.hold(call.entry, one.id, subjects)
            if held is not None and held.state == "pending":
                return held
    raise OAuthRefused("invalid_request", "no such request waits for them")


async def _consent(call: Call, at: Standing) -> Consent:
    sealer, account_id = call.runtime.vault.sealer, at.session.account.id
    decision = Decision(at.wanted.all, at.wanted.all, "until", True, call.locale, b"suite")
    return await consents.give(
        call.entry,
        subject=at.asked.subject,
        client=at.client,
        citizen=pairwise.seal_citizen(sealer, account_id, at.client.client_id),
        decision=decision,
    )
