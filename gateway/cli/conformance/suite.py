"""What the OpenID Foundation's suite reads of us: clients, and how its browser finds its way.

Its browser runs no script modules, so it meets the pages as people without scripts do. Tasks
run in their order, each only where its address fits; texts to wait for are regular
expressions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.cli.conformance import assured, citizen
from gateway.cli.conformance.clients import PURPOSE
from gateway.oauth.endpoints import trial, trial_citizen
from idp.assurance import SUBSTANTIAL
from relying_parties import redirects
from relying_parties.profiles import PROFILES

Task = dict[str, Any]

_MTLS = {"client": "mtls", "client2": "mtls2"}  # by the client that shows it
# Metadata of final specifications that the suite does not know yet: OpenID Connect for Identity
# Assurance §7.
_UNHEARD_OF = ("verified_claims_supported",)
_TOLD = ("client_id", "client_secret", "jwks", "client_name", "initial_access_token")
_SHOWN = ("logo", "policy", "tos")  # on the page of signing in
_BROKEN = "Request cannot be completed"


@dataclass(frozen=True, slots=True)
class Mutual:
    """Where the suite shows certificates, and those of each client that may."""

    address: str
    certificates: Mapping[str, Mapping[str, str]]


def configuration(
    issuer: str, clients: Mapping[str, Any], mutual: Mutual, until: date
) -> dict[str, Any]:
    """Return a configuration for the suite.

    :param clients: by their name in the suite's configuration, secrets and all
    :param until: the last day of what is asked in detail
    """
    # https://suite/test/a/ALIAS/callback
    callback = next(iter(clients.values()))["redirect_uris"][0]
    back = _back(callback)
    sign_in, others = _authorize(issuer, back), _others(issuer, back)
    return {
        "alias": callback.split("/")[5],
        "description": "Gatehouse",
        "server": {
            "discoveryUrl": f"{issuer}/.well-known/openid-configuration",
            "allow_unexpected_metadata_fields": list(_UNHEARD_OF),
        },
        **{role: _client(client) for role, client in clients.items()},
        "automated_ciba_approval_url": _approval(issuer),
        **{_MTLS[role]: dict(held) for role, held in mutual.certificates.items()},
        "resource": {
            "resourceUrl": _resource(issuer, clients, mutual),
            "richAuthorizationRequest": [_detail(until)],
        },
        "ekyc": assured.members(),
        "ssf": {"transmitter": {"issuer": issuer, "metadata_suffix": ""}},
        "options": {"browsercontrol_css_enable": False},
        "browser": [sign_in, _logout(issuer)],
        "override": {module: {"browser": entries} for module, entries in others.items()},
    }


def _others(issuer: str, back: Task) -> dict[str, list[Task]]:
    """Return what the browser does for modules that want another way, by their names."""
    sign_in = _authorize(issuer, back)
    # These want pictures of the second sign-in; any other would take one for an error's page.
    seen = [_authorize(issuer, back, _shot("Sign in|Confirm it is you"))]
    fapi = "fapi2-security-profile-final"
    return {
        "oidcc-prompt-login": seen,
        "oidcc-max-age-1": seen,
        **{f"oidcc-registration-{what}-uri": [_picture(issuer)] for what in _SHOWN},
        f"{fapi}-user-rejects-authentication": [_cancel(issuer, back)],
        f"{fapi}-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds": [
            _look(issuer),
            sign_in,
        ],
    }


def _resource(issuer: str, clients: Mapping[str, Any], mutual: Mutual) -> str:
    # At the alias a proof is as good as a certificate, so one configuration does for both.
    bound = any(
        PROFILES[client.get("profile", "oidc-basic")].require_sender_constraint
        for client in clients.values()
    )
    base = mutual.address if bound else issuer
    signs_in = all("openid" in client.get("scope", "openid") for client in clients.values())
    return f"{base}/userinfo" if signs_in else f"{base}{trial.PATH}"


def _detail(until: date) -> dict[str, Any]:
    """Return what is asked in detail where the suite wants that (RFC 9396)."""
    return {
        "type": "data-share",
        "purpose": PURPOSE,
        "topic": "To test the protocol",
        "claims": ["email"],
        "until": until.isoformat(),
    }


def _client(client: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: client[name] for name in _TOLD if name in client}
    if "jwks" in client:
        scope = client.get("scope", "openid email offline_access")
        known |= {"scope": scope, "dpop_signing_alg": "ES256"}
    if client.get("profile") == "ciba":
        known |= {"scope": client["scope"]} if "scope" in client else {}
        known |= {"hint_type": "login_hint", "hint_value": citizen.EMAIL, "acr_value": SUBSTANTIAL}
    return known


def _approval(issuer: str) -> str:
    # The suite fills in what is in braces, and encodes all of it.
    query = f"email={citizen.EMAIL}&auth_req_id={{auth_req_id}}&action={{action}}"
    return f"{issuer}{trial_citizen.PATH}?{query}"


def _authorize(issuer: str, back: Task, *first: list[Any]) -> Task:
    submit = ["click", "id", "login-submit"]
    address = ["text", "id", "username", citizen.EMAIL]
    password = ["text", "id", "password", citizen.PASSWORD]
    steps = (
        ("Address", "/login?i=*", [*first, address, submit]),
        ("Password", "/login/password*", [password, submit]),
        ("Choose", "/login/choose*", [["click", "id", "choose-this"]]),
        ("Confirm", "/login/confirm*", [*first, password, submit]),
        ("Share", "/consent/*", [["click", "id", "consent-allow"]]),
        ("Go on", "/authorize*", [["click", "id", "continue", "optional"]]),
        ("Refused", "/authorize*", [_shot(_BROKEN)]),
    )
    tasks = [_task(name, issuer + path, commands) for name, path, commands in steps]
    return {"match": f"{issuer}/authorize*", "tasks": [*tasks, back]}


def _cancel(issuer: str, back: Task) -> Task:
    task = _task("Cancel", f"{issuer}/login*", [["click", "id", "cancel"]])
    return {"match": f"{issuer}/authorize*", "tasks": [task, back]}


def _picture(issuer: str) -> Task:
    """Keep the page of signing in as the picture that is wanted, and go no further."""
    task = _task("Picture", f"{issuer}/login*", [_shot("Sign in")])
    return {"match": f"{issuer}/authorize*", "tasks": [task]}


def _look(issuer: str) -> Task:
    """Open the page once and leave it."""
    task = _task("Look", f"{issuer}/login*", [["wait", "id", "username", 10]])
    return {"match": f"{issuer}/authorize*", "match-limit": 1, "tasks": [task]}


def _logout(issuer: str) -> Task:
    here = f"{issuer}/logout*"
    shown = _shot(f"Do you want to sign out|You are signed out|{_BROKEN}")
    confirm = ["click", "id", "logout-confirm", "optional"]
    return {"match": here, "tasks": [_task("Sign out", here, [shown, confirm])]}


def _back(callback: str) -> Task:
    # Whole origin first: an address of ours may name a callback in its query.
    match = f"{redirects.origin(callback)}/test/*/callback*"
    return _task("Back", match, [["wait", "id", "submission_complete", 10]])


def _task(name: str, match: str, commands: list[list[Any]]) -> Task:
    return {"task": name, "optional": True, "match": match, "commands": commands}


def _shot(text: str) -> list[Any]:
    """Wait for ``text`` and keep the page as the picture that a module may want of it."""
    return ["wait", "xpath", "//*", 10, text, "update-image-placeholder-optional"]
