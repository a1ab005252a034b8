"""The suite's clients: services that may ask for every standard claim, and how it was checked.

Their secrets and keys are drawn here and kept by the caller, so that a second start changes
nothing. One without a ``client_id`` registers itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from joserfc.jwk import ECKey, RSAKey, import_key

from gateway.cli.services import rules
from gateway.oauth.endpoints import trial
from gateway.runtime import Runtime
from idp import catalog
from keys.entry import Entry
from relying_parties import initial_access_tokens, onboarding
from relying_parties.profiles import PROFILES, SECRET_METHODS

AGENCY = "conformance"
PURPOSE = "tests"

# Client metadata (RFC 7591) that a service document knows by another name.
MEMBERS = {
    "post_logout_redirect_uris": "postLogoutRedirectUris",
    "backchannel_logout_uri": "backchannelLogoutUri",
    "frontchannel_logout_uri": "frontchannelLogoutUri",
    "id_token_signed_response_alg": "idTokenAlg",
    "require_signed_request_object": "requireSignedRequest",
    "response_types": "responseTypes",
    "response_modes": "responseModes",
    "request_uris": "requestUris",
    "dpop_bound_access_tokens": "dpop",
    "backchannel_token_delivery_mode": "backchannelMode",
    "backchannel_client_notification_endpoint": "notificationEndpoint",
    "openid_optional": "openidOptional",
    "authorization_details_types": "authorizationDetailsTypes",
    "events": "events",
}

Client = Mapping[str, Any]


async def register(
    runtime: Runtime,
    entry: Entry,
    groups: Mapping[str, Mapping[str, Client]],
    known: dict[str, dict[str, Any]],
) -> None:
    """Register every client; ``known`` gets the secret or the keys of each that is new.

    :raises RegistrationInvalid: a client breaks the rules of its profile
    """
    await onboarding.apply(entry, _agency(), by="operator")
    issuer = runtime.settings.issuer
    await onboarding.apply(entry, _trial(issuer), by="operator", rules=rules(runtime))
    for roles in groups.values():
        for client in roles.values():
            if "client_id" not in client:  # it will register itself
                continue
            await _one(runtime, entry, client, known.setdefault(client["client_id"], {}))


async def invite(entry: Entry) -> str:
    """Let the suite's clients register themselves; returns their initial access token."""
    return await initial_access_tokens.issue(
        entry, AGENCY, lives=timedelta(days=90), uses=1_000_000, by="operator"
    )


async def _one(
    runtime: Runtime, entry: Entry, client: Mapping[str, Any], known: dict[str, Any]
) -> None:
    if client["token_endpoint_auth_method"] not in SECRET_METHODS and not known:
        alg = client.get("token_endpoint_auth_signing_alg", "ES256")
        known["jwks"] = client.get("jwks") or {"keys": [_new_jwk(alg)]}
    applied = await onboarding.apply(
        entry,
        service(client, known.get("jwks"), runtime.settings.issuer),
        by="operator",
        rules=rules(runtime),
        sealer=runtime.vault.sealer,
    )
    if applied.secret:
        known["client_secret"] = applied.secret


def service(
    client: Mapping[str, Any], jwks: Mapping[str, Any] | None, issuer: str
) -> dict[str, Any]:
    """Return the document of a client: it may ask for every standard claim, and needs none.

    :param client: client metadata by the names of RFC 7591, and the name of its ``profile``
    :param jwks: its keys, private members and all; only the others are registered
    """
    profile = PROFILES[client["profile"]]
    auth: dict[str, Any] = {"method": client["token_endpoint_auth_method"]}
    if auth["method"] == "tls_client_auth":
        auth["subjectDn"] = f"CN={client['client_id']}"
    if jwks:
        auth["jwks"] = {"keys": [import_key(key).as_dict(private=False) for key in jwks["keys"]]}
    spec: dict[str, Any] = {
        "name": {"en": client["client_id"]},
        "profile": client["profile"],
        "auth": auth,
        "redirectUris": client["redirect_uris"],
        "offlineAccess": True,
        "purposes": [_purpose()],
    }
    if profile.pkce_waivable:
        spec["requirePkce"] = False
    if set(trial.SCOPES).intersection(client.get("scope", "").split()):
        spec["calls"] = [{"resource": f"{issuer}{trial.PATH}", "scopes": [*trial.SCOPES]}]
    for name, member in MEMBERS.items():
        if name in client:
            spec[member] = client[name]
    return _document(client["client_id"], spec)


def _document(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Service",
        "metadata": {"id": name, "agency": AGENCY},
        "spec": spec,
    }


def _trial(issuer: str) -> dict[str, Any]:
    """Return the service that offers the resource which clients call without a citizen."""
    return _document(
        "suite-trial",
        {
            "name": {"en": "A resource to test with"},
            "auth": {"method": "client_secret_basic"},
            "profile": "oidc-basic",
            "resource": {"identifier": f"{issuer}{trial.PATH}", "scopes": [*trial.SCOPES]},
        },
    )


def _agency() -> dict[str, Any]:
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Agency",
        "metadata": {"id": AGENCY},
        "spec": {"name": {"en": "Conformance suite"}, "contact": "suite@example.test"},
    }


def _purpose() -> dict[str, Any]:
    scopes = ("profile", "email", "phone", "address")
    standard = [claim for scope in scopes for claim in catalog.SCOPES[scope]]
    proof = [claim for claim in catalog.BY_NAME if claim in catalog.PROOF]
    names = dict.fromkeys([*standard, *proof])
    claims = [
        {"claim": claim, "need": "needed", "basis": "consent", "why": {"en": "To be tested"}}
        for claim in names
    ]
    return {"id": PURPOSE, "name": {"en": "To test the protocol"}, "claims": claims}


def _new_jwk(alg: str) -> dict[str, Any]:
    # With RSA the suite also tries RS256, which must be refused.
    if alg == "PS256":
        key: RSAKey | ECKey = RSAKey.generate_key(2048, {"use": "sig", "alg": alg})
    else:
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": alg})
    key.ensure_kid()
    return dict(key.as_dict(private=True))
