"""Orders: what a code will stand for, worked out of the request, the sign-in and the consent.

Pure. Whoever answers a request, by redirect or from behind, orders its code here.

Specs: OpenID Connect Core §2, §5.4 and §11.
"""

from collections.abc import Sequence

from gateway.oauth.request import AuthorizationRequest
from gateway.oauth.verified import keeping
from idp import assurance
from idp.sessions import Session
from keys import pairwise
from keys.vault import Vault
from relying_parties.claims_policy import Wanted
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.grants.codes import Issue


def order(
    vault: Vault,
    client: Client,
    asked: AuthorizationRequest,
    session: Session,
    wanted: Wanted,
    consent: Consent | None,
    pushed: bytes | None = None,
) -> Issue:
    """Return what the code for ``client`` stands for, as the citizen of ``session`` agreed.

    :param pushed: digest of the pushed request that is used up with it
    """
    account = session.account
    read = keeping.by_name(client.registration, asked, wanted) if asked.verified else wanted
    offline = _offline(asked, client, consent)
    return Issue(
        client_id=client.client_id,
        subject=pairwise.subject(vault.pairwise, client.sector, account.id),
        citizen=pairwise.seal_citizen(vault.sealer, account.id, client.client_id),
        consent_id=consent.id if consent else None,
        redirect_uri=asked.redirect_uri,
        challenge=asked.code_challenge,
        nonce=asked.nonce,
        scope=_granted_scope(asked, offline=offline),
        claims=_within(read.userinfo, consent),
        id_token_claims=_within(read.id_token, consent),
        acr=assurance.acr(account.ial, session.aal, phr=session.phishing_resistant),
        amr=list(session.amr),
        auth_time=session.auth_time,
        sid=pairwise.sid(vault.pairwise, client.client_id, session.id),
        lives=client.registration.profile.code_ttl,
        offline_until=consent.expires_at if offline and consent else None,
        jkt=asked.dpop_jkt,
        pushed=pushed,
    )


def _within(wanted: Sequence[str], consent: Consent | None) -> list[str]:
    agreed = set(consent.claims) if consent else set()
    return [name for name in wanted if name in agreed]


def _offline(asked: AuthorizationRequest, client: Client, consent: Consent | None) -> bool:
    """OpenID Connect Core §11: asked for, registered, and the citizen agreed to it."""
    registered = client.registration.offline_access
    return "offline_access" in asked.scopes and registered and bool(consent and consent.offline)


def _granted_scope(asked: AuthorizationRequest, *, offline: bool) -> str:
    kept = [scope for scope in asked.scopes if scope != "offline_access" or offline]
    return " ".join(kept)
