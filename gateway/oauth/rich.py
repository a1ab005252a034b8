"""Rich authorization requests: what is asked in detail, judged, narrowed and told.

    authorization_details ──read──▶ details ──judge──▶ a page asks, unless it was agreed to
                                                  code ──narrow──▶ access token ──told──▶

On the wire a claim of ours carries our address, as it does everywhere. Whatever is wrong is
``invalid_authorization_details`` and uses nothing up. What a resource is told are the details
that name it, and no others.

Specs: RFC 9396 §2 to §9.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway.oauth import names
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from gateway.web.params import Params
from idp import catalog
from keys.assertions import decode_json
from keys.errors import TokenRefused
from relying_parties import authorization_details as details_of
from relying_parties.authorization_details import Detail
from relying_parties.clients import Client
from relying_parties.detail_types import BY_NAME, Kind
from relying_parties.grants import detailed
from relying_parties.registration import Registration

PARAMETER = "authorization_details"
LONGEST = 8192  # bytes of JSON


class Given(Protocol):
    """What this module needs to see of a redeemed code, a used refresh token or a token found."""

    @property
    def scope(self) -> str:
        """What was granted."""

    @property
    def claims(self) -> tuple[str, ...]:
        """What the access token reads."""

    @property
    def details(self) -> Sequence[Detail] | None:
        """What was agreed to in detail; ``None`` if nothing was asked."""


def read(params: Params, issuer: str) -> tuple[Detail, ...] | None:
    """Read the details of a request, claims named as in the catalogue; ``None`` if it has none.

    :raises OAuthRefused: ``invalid_authorization_details``: too big, too many, no JSON array
        of objects
    """
    if PARAMETER not in params:
        return None
    try:
        found = decode_json(params.text(PARAMETER).encode(), max_bytes=LONGEST)
    except TokenRefused as error:
        raise _refused("not JSON that we read") from error
    if not isinstance(found, list) or not 1 <= len(found) <= details_of.MOST:
        raise _refused(f"not an array of 1 to {details_of.MOST}")
    if not all(isinstance(each, dict) for each in found):
        raise _refused("not an array of objects")
    return tuple(_respelt(each, lambda name: names.short(issuer, name) or name) for each in found)


def with_claims(places: Mapping[str, list[str]], details: Iterable[Detail]) -> dict[str, list[str]]:
    """Add what ``details`` ask to be read at userinfo to what ``claims`` asks."""
    asked = {*places.get("userinfo", ()), *details_of.reads(details)}
    return {**places, "userinfo": sorted(asked)}


def judge(details: Sequence[Detail], registration: Registration, at: datetime) -> None:
    """Refuse details that this service may not ask at this moment.

    :raises OAuthRefused: ``invalid_authorization_details``
    """
    for number, detail in enumerate(details):
        wrong = details_of.problem(detail, registration)
        wrong = wrong or details_of.late(detail, registration, at)
        if wrong:
            raise _refused(wrong, f"[{number}]")
    if len({details_of.digest(one) for one in details}) != len(details):
        raise _refused("the same detail twice")


def refuse(call: Call) -> None:
    """Refuse details where no citizen could have agreed to any.

    :raises OAuthRefused: ``invalid_authorization_details``
    """
    if PARAMETER in call.form:
        raise _refused("not offered for this grant")


async def of_code(call: Call, client: Client, code: str) -> list[Detail] | None:
    """Return which details the request wants of its code; ``None`` for all.

    :raises OAuthRefused: ``invalid_authorization_details``; the code can be used still
    """
    wanted = read(call.form, call.runtime.settings.issuer)
    if wanted is None:
        return None
    whole = await detailed.of_code(call.entry, code, client_id=client.client_id)
    # Of a code that is unknown or used the grant itself has something to say.
    return None if whole is None else _pieces(wanted, whole)


async def of_refresh(call: Call, client: Client) -> list[Detail] | None:
    """Return which details the request wants of its refresh token; ``None`` for all.

    :raises OAuthRefused: ``invalid_authorization_details``
    """
    wanted = read(call.form, call.runtime.settings.issuer)
    if wanted is None:
        return None
    token = call.form.text("refresh_token")
    whole = await detailed.of_refresh(call.entry, token, client_id=client.client_id)
    return None if whole is None else _pieces(wanted, whole)


async def narrow(
    call: Call, access_token: str, given: Given, wanted: Sequence[Detail]
) -> tuple[str, ...]:
    """Let a token that nobody has yet stand for ``wanted`` alone; return what it still reads.

    Claims that only a detail asked for go with it; those of a scope stay.
    """
    of_scopes = {claim for one in given.scope.split() for claim in catalog.SCOPES.get(one, ())}
    gone = {*details_of.reads(given.details or ())} - {*details_of.reads(wanted)} - of_scopes
    await detailed.narrow(call.entry, access_token, wanted, without=gone)
    return tuple(name for name in given.claims if name not in gone)


def told(call: Call, client: Client, given: Given, resource: str | None = None) -> dict[str, Any]:
    """Return the member that tells what was granted; nothing if nothing was asked (RFC 9396 §7).

    :param client: to whom the citizen gave it
    :param resource: that the token is for; ``None`` for userinfo
    """
    if not given.details:
        return {}
    left = details_of.granted(
        given.details, client.registration, agreed=given.claims, at=call.entry.at
    )
    if resource is not None:
        left = details_of.at_resource(left, resource)
    return {PARAMETER: spelt(left, call.runtime.settings.issuer)}


def spelt(details: Iterable[Detail], issuer: str) -> list[Detail]:
    """Spell claims as an answer does."""

    def wire(name: str) -> str:
        return names.wire(issuer, name) if name in catalog.BY_NAME else name

    return [_respelt(one, wire) for one in details]


def _respelt(detail: Detail, spell: Any) -> Detail:
    kind = detail.get("type")
    known = BY_NAME.get(kind) if isinstance(kind, str) else None
    lists = known.of(Kind.CLAIMS) if known else ()
    return {
        name: [spell(one) if isinstance(one, str) else one for one in value]
        if name in lists and isinstance(value, list)
        else value
        for name, value in detail.items()
    }


def _pieces(wanted: Sequence[Detail], whole: Sequence[Detail]) -> list[Detail]:
    found = []
    for number, part in enumerate(wanted):
        pieces = (details_of.part_of(part, one) for one in whole)
        piece = next((each for each in pieces if each is not None), None)
        if piece is None:
            raise _refused("more than the citizen agreed to", f"[{number}]")
        found.append(piece)
    return found


def _refused(why: str, where: str = "") -> OAuthRefused:
    return OAuthRefused("invalid_authorization_details", f"authorization_details{where}: {why}")
