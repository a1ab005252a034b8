"""The stream of a service: made, read, changed and ended by the service itself.

There is one for each service. What it asks for is heard as far as its registration goes; a
push goes to the address of the registration and to no other.

Specs: SSF 1.0 §8.1.1; security: EV-01, EV-02, EV-11.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.api import access
from gateway.oauth import answers
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import MANAGE, READ
from gateway.web.call import Call
from relying_parties.clients import Client
from relying_parties.registration import Registration
from relying_parties.streams import subscriptions
from relying_parties.streams.event_types import BY_NAME
from relying_parties.streams.subscriptions import POLL, PUSH, Stream, Wish

PATH = "/ssf/streams"
POLLED = "/ssf/poll"
METHODS = {"urn:ietf:rfc:8935": PUSH, "urn:ietf:rfc:8936": POLL}
URNS = {method: urn for urn, method in METHODS.items()}
TEXT, MOST_EVENTS, HEADER = 255, 50, 2048  # characters, rows, characters

_RECEIVERS_OWN = ("events_requested", "delivery", "description")
_OURS = (
    *("stream_id", "iss", "aud", "events_supported", "events_delivered"),
    "min_verification_interval",
)


@access.of_service(MANAGE)
async def create(call: Call, client: Client) -> Response:
    """Make the stream (§8.1.1.1); a second one is a conflict."""
    given = access.body(call)
    _same(given, _ours(call, client) | {"stream_id": None, "events_delivered": None})
    stream = await subscriptions.create(call.entry, client.client_id, _wish(call, client, given))
    if stream is None:
        raise OAuthRefused("conflict", "there is a stream for this receiver already", 409)
    return answers.told(told(call, client, stream), 201)


@access.of_service(READ, MANAGE)
async def read(call: Call, client: Client) -> Response:
    """Tell the stream that is asked for, or a list of all there are (§8.1.1.2)."""
    stream = await subscriptions.of_client(call.entry, client.client_id)
    if "stream_id" not in call.query:
        return answers.told([told(call, client, stream)] if stream else [])
    return answers.told(told(call, client, own(stream, call.query.text("stream_id"))))


@access.of_service(MANAGE)
async def update(call: Call, client: Client) -> Response:
    """Change what is given (§8.1.1.3)."""
    given, stream = await _changed(call, client)
    _same(given, told(call, client, stream))
    wish = _wish(call, client, given, stream.wish)
    return answers.told(told(call, client, await subscriptions.change(call.entry, stream, wish)))


@access.of_service(MANAGE)
async def replace(call: Call, client: Client) -> Response:
    """Replace all that is the receiver's to say (§8.1.1.4)."""
    given, stream = await _changed(call, client)
    _same(given, told(call, client, stream))
    wish = _wish(call, client, given)
    return answers.told(told(call, client, await subscriptions.change(call.entry, stream, wish)))


@access.of_service(MANAGE)
async def delete(call: Call, client: Client) -> Response:
    """End the stream; what waits in it is dropped (§8.1.1.5)."""
    stream_id = call.query.text("stream_id")
    if not stream_id:
        raise OAuthRefused("invalid_request", "stream_id is missing")
    if not await subscriptions.delete(call.entry, client.client_id, stream_id):
        raise unknown()
    return access.empty(204)


def own(stream: Stream | None, stream_id: object) -> Stream:
    """Return the stream if it is the one that was named.

    :raises OAuthRefused: 404; the same for another's and for one that never was
    """
    if stream is None or stream.id != stream_id:
        raise unknown()
    return stream


def unknown() -> OAuthRefused:
    """Return how a stream is refused that is not there, or not the caller's."""
    return OAuthRefused("not_found", "no such stream", 404)


async def named(call: Call, client: Client, given: Mapping[str, Any]) -> Stream:
    """Return the stream that a body names, locked.

    :raises OAuthRefused: 400 without a name, 404
    """
    if not isinstance(given.get("stream_id"), str):
        raise OAuthRefused("invalid_request", "stream_id is missing")
    return own(await subscriptions.lock(call.entry, client.client_id), given["stream_id"])


def told(call: Call, client: Client, stream: Stream) -> dict[str, Any]:
    """Spell a stream; the header that pushes bring along is never told."""
    issuer, wish = call.runtime.settings.issuer, stream.wish
    polled = f"{issuer}{POLLED}/{stream.id}"
    made = {
        **_ours(call, client),
        "stream_id": stream.id,
        "events_requested": wish.requested,
        "events_delivered": _wire(issuer, wish.types),
        "delivery": {"method": URNS[wish.method], "endpoint_url": wish.endpoint or polled},
        "description": wish.description,
    }
    return {name: value for name, value in made.items() if value is not None}


async def _changed(call: Call, client: Client) -> tuple[dict[str, Any], Stream]:
    given = access.body(call)
    return given, await named(call, client, given)


def _same(given: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse what is ours to say, if it says something else (§8.1.1.3)."""
    for member in _OURS:
        if member in given and given[member] != now[member]:
            raise OAuthRefused("invalid_request", f"{member} is the transmitter's")


def _ours(call: Call, client: Client) -> dict[str, Any]:
    issuer = call.runtime.settings.issuer
    return {
        "iss": issuer,
        "aud": client.client_id,
        "events_supported": _wire(issuer, _may(client.registration)),
        "min_verification_interval": int(subscriptions.VERIFICATION_EVERY.total_seconds()),
    }


def _wish(call: Call, client: Client, given: Mapping[str, Any], before: Wish | None = None) -> Wish:
    """Read what a receiver asks for; what it does not name is as it was ``before``.

    :raises OAuthRefused: ``invalid_request``
    """
    issuer, may = call.runtime.settings.issuer, _may(client.registration)
    asks = {name: given[name] for name in _RECEIVERS_OWN if given.get(name) is not None}
    if before is None or "events_requested" in given:
        requested = _requested(asks.get("events_requested"))
    else:
        requested = before.requested  # type: ignore[assignment]
    if before is None or "delivery" in given:
        method, endpoint, authorization = _delivery(call, client, asks.get("delivery", {}))
    else:
        method, endpoint, authorization = before.method, before.endpoint, before.authorization
    described = before is not None and "description" not in given
    return Wish(
        method=method,
        endpoint=endpoint,
        authorization=authorization,
        description=before.description if before and described else _text(asks),
        requested=requested,
        types=subscriptions.known(requested, may, issuer),
    )


def _requested(given: object) -> list[str] | None:
    if given is None:
        return None
    if not isinstance(given, list) or len(given) > MOST_EVENTS:
        raise OAuthRefused("invalid_request", "events_requested is no list")
    for each in given:
        if not isinstance(each, str) or not 0 < len(each) <= TEXT or "\0" in each:
            raise OAuthRefused("invalid_request", "events_requested holds what is no event")
    return list(dict.fromkeys(given))


def _text(asks: Mapping[str, Any]) -> str | None:
    text = asks.get("description")
    if text is not None and not (isinstance(text, str) and len(text) <= TEXT and "\0" not in text):
        raise OAuthRefused("invalid_request", "description is no text, or too long")
    return text


def _delivery(call: Call, client: Client, given: object) -> tuple[str, str | None, bytes | None]:
    """Return how events get there; without a word, by poll (§8.1.1)."""
    if not isinstance(given, dict):
        raise OAuthRefused("invalid_request", "delivery is no object")
    urn = given.get("method", URNS[POLL])
    if not isinstance(urn, str) or urn not in METHODS:
        raise OAuthRefused("invalid_request", "delivery.method is not supported")
    if METHODS[urn] == POLL:
        return POLL, None, None
    events, endpoint = client.registration.events, given.get("endpoint_url")
    if events is None or endpoint is None or endpoint != events.endpoint:
        raise OAuthRefused("invalid_request", "delivery.endpoint_url is not the registered one")
    return PUSH, endpoint, _sealed(call, client, given.get("authorization_header"))


def _sealed(call: Call, client: Client, header: object) -> bytes | None:
    if header is None:
        return None
    if (
        not isinstance(header, str)
        or not 0 < len(header) <= HEADER
        or not (header.isascii() and header.isprintable())
    ):
        raise OAuthRefused("invalid_request", "delivery.authorization_header is no header")
    place = ("relying_parties.streams", client.client_id)
    sealed: bytes = call.runtime.vault.sealer.seal(header.encode(), *place)
    return sealed


def _may(registration: Registration) -> tuple[str, ...]:
    return registration.events.types if registration.events else ()


def _wire(issuer: str, names: Any) -> list[str]:
    return [BY_NAME[name].wire(issuer) for name in names]
