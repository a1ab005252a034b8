"""Polls: a service fetches what waits for it, and says what it got (RFC 8936).

    POST {ack, setErrs, maxEvents, returnImmediately} ─▶ {sets, moreAvailable}

What is not acknowledged comes again. A poll that may wait looks again each second and
answers after some, with nothing if need be; no connection to the database is held meanwhile.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway import secevents
from gateway.api import access
from gateway.api.ssf import streams
from gateway.oauth import answers
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import MANAGE, READ
from gateway.pushes import WORDS
from gateway.web.call import Call
from relying_parties.clients import Client
from relying_parties.streams import delivery, subscriptions
from relying_parties.streams.delivery import Delivery
from relying_parties.streams.subscriptions import ENABLED, POLL, Stream

PATH = streams.POLLED
MOST, USUAL = 200, 50  # events of one answer
MOST_JTIS = 1000
LOOKS = 10  # of a poll that waits
EVERY = 1.0  # seconds


@access.of_service(READ, MANAGE)
async def read(call: Call, client: Client) -> Response:
    """Take what was got off the list, and tell what is on it (RFC 8936 §2.4)."""
    given = access.body(call)
    found = await subscriptions.of_client(call.entry, client.client_id)
    stream = streams.own(found, call.path_text("stream"))
    if stream.wish.method != POLL:
        raise OAuthRefused("invalid_request", "events of this stream are pushed")
    most, at_once = _most(given), _switch(given)
    heard, wrong = _heard(given), _wrong(given)
    await delivery.heard(call.entry, stream.id, heard)
    await delivery.refused(call.entry, client.client_id, stream.id, wrong)
    await call.entry.release()  # what was got is off the list, whatever follows
    sets, more = await _waiting(call, stream, most, looks=1 if at_once or not most else LOOKS)
    told = {one.jti: secevents.token(call.runtime, client, one) for one in sets}
    return answers.told({"sets": told, **({"moreAvailable": True} if more else {})})


async def _waiting(
    call: Call, stream: Stream, most: int, *, looks: int
) -> tuple[list[Delivery], bool]:
    if not most:
        return [], False
    if stream.status != ENABLED:  # it says so, if that was our doing, and nothing else
        async with call.runtime.entry() as entry:
            return await delivery.of_itself(entry, stream.id, most), False
    for look in range(looks):
        if look:
            await asyncio.sleep(EVERY)
        async with call.runtime.entry() as entry:  # each look is at another moment
            sets, more = await delivery.waiting(entry, stream.id, most)
        if sets:
            return sets, more
    return [], False


def _most(given: Mapping[str, Any]) -> int:
    most = given.get("maxEvents", USUAL)
    if isinstance(most, bool) or not isinstance(most, int) or most < 0:
        raise OAuthRefused("invalid_request", "maxEvents is no count")
    return min(most, MOST)


def _switch(given: Mapping[str, Any]) -> bool:
    at_once = given.get("returnImmediately", False)
    if not isinstance(at_once, bool):
        raise OAuthRefused("invalid_request", "returnImmediately is no boolean")
    return at_once


def _heard(given: Mapping[str, Any]) -> list[str]:
    heard = given.get("ack", [])
    if not isinstance(heard, list) or len(heard) > MOST_JTIS:
        raise OAuthRefused("invalid_request", "ack is no list, or too long")
    if not all(isinstance(each, str) and "\0" not in each for each in heard):
        raise OAuthRefused("invalid_request", "ack holds what is no jti")
    return heard


def _wrong(given: Mapping[str, Any]) -> dict[str, str]:
    """Return why a service could do nothing with an event, by jti: a word, or just that."""
    wrong = given.get("setErrs", {})
    if not isinstance(wrong, dict) or len(wrong) > MOST_JTIS:
        raise OAuthRefused("invalid_request", "setErrs is no object, or too long")
    if not all(isinstance(each, dict) and "\0" not in jti for jti, each in wrong.items()):
        raise OAuthRefused("invalid_request", "setErrs holds what is no error")
    words = {jti: each.get("err") for jti, each in wrong.items()}
    return {
        jti: word if isinstance(word, str) and word in WORDS else "refused"
        for jti, word in words.items()
    }
