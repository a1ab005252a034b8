"""Discovery: what we support, read off the tables that do it, so that it can't lie.

Specs: OpenID Connect Discovery 1.0 §3, RFC 8414, RFC 8705 §5, RFC 9207, RFC 9728.
"""

import json
from typing import Any

from gateway.oauth import checks, client_auth, managed, names, targets
from gateway.oauth.grants import GRANTS
from gateway.oauth.request import PROMPTS
from gateway.oauth.verified import metadata as verified
from gateway.settings import LOCALES, Settings
from idp import assurance, catalog
from keys import encryption, proofs
from keys.keystore import ALGORITHMS
from relying_parties import response_types
from relying_parties.detail_types import BY_NAME as DETAIL_TYPES
from relying_parties.metadata.backchannel import DELIVERY_MODES
from relying_parties.profiles import PROFILES, SECRET_ALGS

# What is answered at the alias host, too (the routes that say so), by its name in metadata.
ALIASED = {
    "token_endpoint": "/token",
    "userinfo_endpoint": "/userinfo",
    "pushed_authorization_request_endpoint": "/par",
    "backchannel_authentication_endpoint": "/bc-authorize",
    "introspection_endpoint": "/introspect",
    "revocation_endpoint": "/revoke",
    "device_authorization_endpoint": "/device_authorization",
    "grant_management_endpoint": "/grants",
}


def document(settings: Settings) -> dict[str, Any]:
    """Return the metadata of the issuer."""
    issuer, legacy = settings.issuer, settings.legacy_response_types
    types = response_types.offered(legacy=legacy)
    offered = [profile for profile in PROFILES.values() if profile.offered]
    algs = sorted({alg for profile in offered for alg in profile.assertion_algs})
    methods = client_auth.offered(settings)
    proving = [*SECRET_ALGS, *algs]
    confidential = [method for method in methods if method != "none"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "introspection_endpoint": f"{issuer}/introspect",
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": proving,
        "introspection_signing_alg_values_supported": list(ALGORITHMS["event"]),
        "revocation_endpoint": f"{issuer}/revoke",
        # RFC 8414 §2: who reads nothing here takes it that Basic is the only way.
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": proving,
        "backchannel_authentication_endpoint": f"{issuer}/bc-authorize",
        "backchannel_token_delivery_modes_supported": list(DELIVERY_MODES),
        "backchannel_authentication_request_signing_alg_values_supported": _asking_algs(),
        "backchannel_user_code_parameter_supported": False,
        "registration_endpoint": f"{issuer}/register",
        "end_session_endpoint": f"{issuer}/logout",
        **({"check_session_iframe": f"{issuer}/check-session"} if legacy else {}),
        "scopes_supported": ["openid", "offline_access", *catalog.SCOPES, *managed.SCOPES],
        "response_types_supported": list(types),
        "response_modes_supported": list(checks.modes(legacy=legacy)),
        "grant_types_supported": list(
            dict.fromkeys([*(row.grant_type for row in GRANTS), *response_types.grant_types(types)])
        ),
        "subject_types_supported": ["pairwise"],
        "acr_values_supported": list(assurance.ACRS),
        "id_token_signing_alg_values_supported": list(ALGORITHMS["token"]),
        "id_token_encryption_alg_values_supported": list(encryption.ALGORITHMS),
        "id_token_encryption_enc_values_supported": list(encryption.CONTENT),
        "userinfo_signing_alg_values_supported": list(ALGORITHMS["event"]),
        "userinfo_encryption_alg_values_supported": list(encryption.ALGORITHMS),
        "userinfo_encryption_enc_values_supported": list(encryption.CONTENT),
        "authorization_signing_alg_values_supported": list(ALGORITHMS["token"]),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": proving,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(proofs.ALGORITHMS),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "claim_types_supported": ["normal"],
        "claims_supported": [
            names.wire(issuer, each.name)
            for each in catalog.CATALOG
            if each.name not in catalog.PROOF
        ],
        "claims_parameter_supported": True,
        **verified.members(issuer),
        "authorization_details_types_supported": list(DETAIL_TYPES),
        "grant_management_endpoint": managed.address(issuer),
        "grant_management_actions_supported": [*managed.API, *managed.ACTIONS],
        "grant_management_action_required": False,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "request_object_signing_alg_values_supported": [
            *algs,
            *(["none"] if settings.conformance else []),
        ],
        "request_object_encryption_alg_values_supported": list(ALGORITHMS["enc"]),
        "request_object_encryption_enc_values_supported": list(encryption.CONTENT),
        "prompt_values_supported": sorted(PROMPTS),
        "display_values_supported": ["page"],
        "ui_locales_supported": list(LOCALES),
        "authorization_response_iss_parameter_supported": True,
        "protected_resources": [targets.userinfo(issuer), managed.address(issuer)],
        "service_documentation": f"{issuer}/help",
        "op_policy_uri": f"{issuer}/privacy",
        **_mutual_tls(settings),
    }


def _asking_algs() -> list[str]:
    asking = (profile for profile in PROFILES.values() if profile.backchannel)
    return sorted({alg for profile in asking for alg in profile.assertion_algs})


def _mutual_tls(settings: Settings) -> dict[str, Any]:
    """Say where clients can show certificates (RFC 8705 §3.3 and §5)."""
    if not settings.mtls_address:
        return {}
    aliases = {name: f"{settings.mtls_address}{path}" for name, path in ALIASED.items()}
    return {
        "tls_client_certificate_bound_access_tokens": True,
        "mtls_endpoint_aliases": aliases,
    }


def userinfo(settings: Settings) -> dict[str, Any]:
    """Return the metadata of the resource that reads about citizens (RFC 9728 §2)."""
    issuer = settings.issuer
    bound = {"tls_client_certificate_bound_access_tokens": True} if settings.mtls_address else {}
    return {
        "resource": targets.userinfo(issuer),
        "authorization_servers": [issuer],
        "scopes_supported": ["openid", *catalog.SCOPES],
        "bearer_methods_supported": ["header", "body"],
        "dpop_signing_alg_values_supported": list(proofs.ALGORITHMS),
        "resource_documentation": f"{issuer}/help",
        "resource_policy_uri": f"{issuer}/privacy",
        **bound,
    }


def grants(settings: Settings) -> dict[str, Any]:
    """Return the metadata of the API on which services manage their grants (RFC 9728 §2)."""
    issuer = settings.issuer
    bound = {"tls_client_certificate_bound_access_tokens": True} if settings.mtls_address else {}
    return {
        "resource": managed.address(issuer),
        "authorization_servers": [issuer],
        "scopes_supported": list(managed.SCOPES),
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(proofs.ALGORITHMS),
        "resource_documentation": f"{issuer}/help",
        **bound,
    }


def encoded(made: dict[str, Any]) -> bytes:
    """Serialise a document once."""
    return json.dumps(made, separators=(",", ":")).encode()
