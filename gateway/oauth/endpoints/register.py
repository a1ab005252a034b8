"""Registration: a client introduces itself, and later reads, replaces or removes that.

    POST /register, an agency's token ──▶ a draft that waits for its review
                                     └──▶ live at once, where the settings open that

Specs: RFC 7591 §3, RFC 7592 §2, OpenID Connect Registration 1.0 §3 and §4.
"""

from collections.abc import Mapping
from functools import wraps
from typing import Any

from starlette.responses import Response

from gateway.oauth import answers, claims, sector_documents, self_asked
from gateway.oauth.answers import Handler
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from keys import assertions
from keys.errors import TokenRefused
from relying_parties import (
    client_metadata,
    clients,
    initial_access_tokens,
    onboarding,
    registration_access_tokens,
    self_registration,
)
from relying_parties.errors import RegistrationInvalid
from relying_parties.onboarding import OPERATOR
from relying_parties.self_registration import Document, Written

LIMIT = 64 * 1024  # bytes of a request
PATH = "/register"

# RFC 7592 §2.2: what we say, a replacement must not.
_OURS = (
    *("registration_access_token", "registration_client_uri"),
    *("client_secret_expires_at", "client_id_issued_at"),
)


def _bearers(handler: Handler) -> Handler:
    """Let ``handler`` raise its refusals; one that lacks a good token is told how (RFC 6750 §3)."""

    @wraps(handler)
    async def answered(call: Call) -> Response:
        try:
            call.runtime.registrations.take(call.address)
            return await handler(call)
        except RegistrationInvalid as invalid:
            return answers.refused(call, _refusal(invalid))
        except OAuthRefused as refusal:
            response = answers.refused(call, refusal)
            if refusal.status == 401:
                reason = f' error="{refusal.error}"' if call.header("authorization") else ""
                response.headers["www-authenticate"] = f"Bearer{reason}"
            return response

    return answered


@_bearers
async def register(call: Call) -> Response:
    """Register a client of the agency whose token this is."""
    token = _token(call)
    agency_id = await initial_access_tokens.find(call.entry, token)
    if agency_id is None:
        raise _unknown_token()
    given = _given(call)
    made = _new(call, agency_id, given)
    await _judge(call, made, given)
    # Asked again: meanwhile somebody may have used it up.
    if await initial_access_tokens.use(call.entry, token) is None:
        raise _unknown_token()
    written = await _written(call, made)
    client_id = made["metadata"]["id"]
    managing = await registration_access_tokens.issue(call.entry, client_id)
    issued_at = {"client_id_issued_at": int(call.entry.at.timestamp())}
    return answers.told(_told(call, written, managing) | issued_at, 201)


@_bearers
async def read(call: Call) -> Response:
    """Tell a client how it is registered (RFC 7592 §2.1)."""
    _, token = await _managed(call)
    standing = await self_registration.newest(call.entry, call.path_text("client"))
    return answers.told(_told(call, Written(standing.version, standing.document), token))


@_bearers
async def replace(call: Call) -> Response:
    """Replace what a client says of itself (RFC 7592 §2.2)."""
    agency_id, token = await _managed(call)
    client_id, given = call.path_text("client"), _given(call)
    await _same_client(call, client_id, given)
    before = await self_registration.newest(call.entry, client_id)
    spec = client_metadata.spec(given, before.document["spec"])
    made = self_registration.document(client_id, agency_id, spec)
    await _judge(call, made, given)
    if made == before.document:
        return answers.told(_told(call, Written(before.version, made), token))
    return answers.told(_told(call, await _written(call, made), token))


@_bearers
async def remove(call: Call) -> Response:
    """End a client and all that it holds (RFC 7592 §2.3)."""
    await _managed(call)
    await self_registration.remove(call.entry, call.path_text("client"))
    return Response(status_code=204, headers={"cache-control": "no-store"})


def _new(call: Call, agency_id: str, given: Mapping[str, Any]) -> Document:
    settings = call.runtime.settings
    spec = client_metadata.spec(given)
    scope = given.get("scope", " ".join(self_asked.SCOPES) if settings.open_registration else "")
    spec["purposes"] = self_asked.purposes(scope.split() if isinstance(scope, str) else ())
    if settings.open_registration and spec["profile"] == "oidc-basic":
        # Clients that know OpenID Connect alone send no challenge; a reviewer may waive it, too.
        spec["requirePkce"] = False
    return self_registration.document(self_registration.draw_id(), agency_id, spec)


async def _judge(call: Call, made: Document, given: Mapping[str, Any]) -> None:
    """Refuse what breaks rules, first those that cost no call."""
    settings = call.runtime.settings
    client_metadata.judge(made, given, claims.rules(settings))
    sector = made["spec"].get("sectorIdentifierUri")
    if sector:
        await call.entry.release()  # never a connection while a stranger takes their time
        addresses = made["spec"].get("redirectUris", ())
        await sector_documents.check(sector, addresses, allow_loopback=settings.allow_loopback)


async def _written(call: Call, made: Document) -> Written:
    settings, sealer = call.runtime.settings, call.runtime.vault.sealer
    written = await self_registration.write(call.entry, made, claims.rules(settings), sealer)
    if settings.open_registration:
        # Whoever opened it decided for all: nobody looks at any of them.
        client_id = made["metadata"]["id"]
        await onboarding.approve(call.entry, client_id, written.version, by=OPERATOR)
    return written


async def _managed(call: Call) -> tuple[str, str]:
    """Return the agency of the client that the caller may manage, and the token that says so."""
    token = _token(call)
    agency_id = await registration_access_tokens.find(call.entry, call.path_text("client"), token)
    if agency_id is None:
        raise _unknown_token()
    return agency_id, token


async def _same_client(call: Call, client_id: str, given: Mapping[str, Any]) -> None:
    if given.get("client_id") != client_id:
        raise OAuthRefused("invalid_client_metadata", "client_id is missing or another's")
    for name in _OURS:
        if name in given:
            raise OAuthRefused("invalid_client_metadata", f"{name} can't be given")
    secret = given.get("client_secret")
    if secret is not None and not (
        isinstance(secret, str) and await clients.holds_secret(call.entry, client_id, secret)
    ):
        raise OAuthRefused("invalid_client_metadata", "client_secret is not the one in force")


def _given(call: Call) -> dict[str, Any]:
    try:
        given = assertions.decode_json(call.body, max_bytes=LIMIT)
    except TokenRefused as error:
        raise OAuthRefused("invalid_client_metadata", "the body is no JSON") from error
    if not isinstance(given, dict):
        raise OAuthRefused("invalid_client_metadata", "the body is no JSON object")
    if "software_statement" in given:
        _refuse_statement(given["software_statement"])
    return client_metadata.present(given)


def _refuse_statement(statement: object) -> None:
    """RFC 7591 §3.2.2: nobody's statements are believed here."""
    try:
        assertions.strict_header(statement if isinstance(statement, str) else "")
    except TokenRefused as error:
        raise OAuthRefused("invalid_software_statement", "it is no signed JWT") from error
    raise OAuthRefused("unapproved_software_statement", "no issuer of statements is known here")


def _token(call: Call) -> str:
    lines = call.header_lines("authorization")
    scheme, _, token = (lines[0] if len(lines) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise OAuthRefused("invalid_token", "one Authorization header with a bearer token", 401)
    return token.strip()


def _unknown_token() -> OAuthRefused:
    return OAuthRefused("invalid_token", "the token is not good for this", 401)


def _refusal(invalid: RegistrationInvalid) -> OAuthRefused:
    # What is wrong with an address has a word of its own, so that goes first.
    problems = sorted(invalid.problems, key=lambda problem: not _of_address(problem[0]))
    path, word = problems[0]
    safe = "".join(each for each in path[:60] if each.isascii() and each.isprintable())
    description = f"{safe}: {word}".translate({ord('"'): None, ord("\\"): None})
    return OAuthRefused(
        "invalid_redirect_uri" if _of_address(path) else "invalid_client_metadata", description
    )


def _of_address(path: str) -> bool:
    return path.startswith("redirect_uris")


def _told(call: Call, written: Written, managing: str) -> dict[str, Any]:
    client_id = written.document["metadata"]["id"]
    # OpenID Connect Registration 1.0 §3.2: zero is never; it ends once a newer one is issued.
    secret = {"client_secret": written.secret, "client_secret_expires_at": 0}
    return {
        "client_id": client_id,
        **(secret if written.secret else {}),
        "registration_access_token": managing,
        "registration_client_uri": f"{call.runtime.settings.issuer}{PATH}/{client_id}",
        **client_metadata.told(written.document, self_asked.SCOPES),
    }
