"""Dead ends on the way to a service: each says which service it was, and leads back to it.

Specs: RFC 6749 §4.1.2.1, RFC 9126 §4, RFC 9700 §4.11; security: AZ-37, AZ-38, PR-04, PR-05.
"""

from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from relying_parties import clients
from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

NAME, START = "Parking Permits", "https://parking.example/start"
PAGES = ("/authorize/{i}", "/login?i={i}", "/consent/{i}", "/login/confirm?i={i}")
LATE = "You were away for a while"
DONE = "You are done here already"
OFF = "This service cannot be used at the moment"


def leads_back(page: httpx2.Response, status: int, said: str) -> None:
    """A page that names the service, says what happened and has its start behind a button."""
    text = verdicts.page(page, status)
    assert said in text
    assert f"<bdi>{NAME}</bdi>" in text
    assert f'href="{START}"' in text
    assert f"Start again at {NAME}" in text


def leads_nowhere(page: httpx2.Response, said: str = "Request cannot be completed") -> None:
    """A page that knows of no service, whatever was asked."""
    text = verdicts.page(page)
    assert said in text
    assert NAME not in text
    assert START not in text


async def begun(gateway: Gateway, browser: Browser, client_id: str = "basic") -> str:
    """Begin a request in this browser; returns the handle of the interaction."""
    query = urlencode(asked(client_id, redirect_uri=CALLBACK))
    answer = await browser.send("GET", f"/authorize?{query}")
    return answer.headers["location"].rpartition("i=")[2].rpartition("/")[2]


async def ran_out(gateway: Gateway, table: str, handle: str) -> None:
    """Let the time of a request be over."""
    found = await gateway.rows(
        f"UPDATE relying_parties.{table} SET expires_at = now() - interval '1 second'"
        " WHERE digest = sha256($1::bytea) RETURNING 1",
        handle.encode(),
    )
    assert found


def pushed(uri: str, client_id: str = "basic") -> str:
    return f"/authorize?{urlencode({'client_id': client_id, 'request_uri': uri})}"


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
async def test_a_pushed_request_that_was_answered(
    gateway: Gateway, ana: Citizen, lang: str
) -> None:
    """PR-04: in every language, in the service's own name."""
    uri = await services.push(gateway)
    first = await gateway.get(pushed(uri), headers=ana.headers)
    assert "code" in verdicts.sent_back(first, CALLBACK, gateway.issuer)

    async with gateway.unchanged():
        headers = {**ana.headers, "accept-language": lang}
        answer = await gateway.get(pushed(uri), headers=headers, node=1)

    if lang == "en":
        leads_back(answer, 400, DONE)
    text = verdicts.page(answer)
    assert f'lang="{lang}"' in text
    assert f"<bdi{'' if lang == 'en' else ' lang=' + chr(34) + 'en' + chr(34)}>{NAME}</bdi>" in text
    assert f'href="{START}"' in text


async def test_a_pushed_request_that_ran_out(gateway: Gateway, ana: Citizen) -> None:
    """PR-05."""
    uri = await services.push(gateway)
    await ran_out(gateway, "pushed_requests", uri)

    async with gateway.unchanged():  # another process: this one goes by its own clock
        leads_back(await gateway.get(pushed(uri), headers=ana.headers, node=1), 400, LATE)


async def test_a_pushed_request_that_never_was(gateway: Gateway, ana: Citizen) -> None:
    """Nothing tells it from another client's; the service that is named is the link's."""
    theirs = await services.push(gateway, "waived")
    made_up = "urn:ietf:params:oauth:request_uri:" + "x" * 43
    said = "There is a problem with the link"
    async with gateway.unchanged():
        for uri in (theirs, made_up):
            leads_back(await gateway.get(pushed(uri), headers=ana.headers), 400, said)


@pytest.mark.parametrize("way", PAGES)
async def test_a_request_that_was_answered(gateway: Gateway, ana: Citizen, way: str) -> None:
    browser = Browser(gateway)
    i = await begun(gateway, browser)
    page = await browser.follow(f"/login?i={i}")
    await browser.fill(page, "cancel")

    async with gateway.unchanged():
        leads_back(await browser.send("GET", way.format(i=i)), 410, DONE)


@pytest.mark.parametrize("way", PAGES)
async def test_a_request_that_ran_out(gateway: Gateway, way: str) -> None:
    browser = Browser(gateway)
    i = await begun(gateway, browser)
    await ran_out(gateway, "interactions", i)

    async with gateway.unchanged():
        leads_back(await browser.send("GET", way.format(i=i)), 410, LATE)


@pytest.mark.parametrize("way", PAGES)
async def test_a_request_that_was_answered_and_ran_out(gateway: Gateway, way: str) -> None:
    browser = Browser(gateway)
    i = await begun(gateway, browser)
    await browser.fill(await browser.follow(f"/login?i={i}"), "cancel")
    await ran_out(gateway, "interactions", i)

    async with gateway.unchanged():
        leads_back(await browser.send("GET", way.format(i=i)), 410, DONE)


@pytest.mark.parametrize("way", PAGES)
@pytest.mark.parametrize("state", ["open", "answered", "over"])
async def test_a_request_of_another_browser(gateway: Gateway, way: str, state: str) -> None:
    """AZ-37, AZ-38: it is as unknown there as one that never was."""
    browser = Browser(gateway)
    i = await begun(gateway, browser)
    if state == "answered":
        await browser.fill(await browser.follow(f"/login?i={i}"), "cancel")
    if state == "over":
        await ran_out(gateway, "interactions", i)

    async with gateway.unchanged():
        for other in (Browser(gateway), Browser(gateway, "__Host-browser=" + "x" * 43)):
            leads_nowhere(await other.send("GET", way.format(i=i)))


@pytest.mark.parametrize("way", PAGES)
@pytest.mark.parametrize("i", ["x" * 43, "x", "%"])
async def test_a_request_that_never_was(gateway: Gateway, way: str, i: str) -> None:
    async with gateway.unchanged():
        answer = await Browser(gateway).send("GET", way.format(i=i))

    if i == "%":  # no path of ours has an escape in it, and no query may be broken
        assert answer.status_code in (400, 404)
    else:
        leads_nowhere(answer)


@pytest.mark.parametrize("over", [False, True], ids=["open", "over"])
async def test_a_service_that_was_switched_off_meanwhile(gateway: Gateway, over: bool) -> None:
    """It is named, and nobody is sent to it: on its own link and on every page on the way."""
    client_id = f"off-{over}".lower()
    await gateway.service(services.document(client_id))
    browser = Browser(gateway)
    i = await begun(gateway, browser, client_id)
    uri = await services.push(gateway, client_id)
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, client_id, "test", by="test")
    await gateway.settled()
    if over:
        await ran_out(gateway, "interactions", i)
        await ran_out(gateway, "pushed_requests", uri)

    ways: list[Any] = [way.format(i=i) for way in PAGES]
    ways += [pushed(uri, client_id), f"/authorize?{urlencode(asked(client_id))}"]
    async with gateway.unchanged():
        for way in ways:
            text = verdicts.page(await browser.send("GET", way))
            assert OFF in text, way
            assert f"<bdi>{NAME}</bdi>" in text, way
            assert START not in text, way


async def test_a_link_with_a_wrong_address_names_its_service(gateway: Gateway) -> None:
    """RFC 9700 §4.11: to the address of the registration, at the person's own wish."""
    query = urlencode(asked(redirect_uri="https://evil.example/cb"))
    async with gateway.unchanged():
        answer = await gateway.get(f"/authorize?{query}")

    leads_back(answer, 400, "There is a problem with the link")
    assert 'href="https://evil.example' not in answer.text


async def test_an_unknown_service_has_no_name(gateway: Gateway) -> None:
    query = urlencode(asked("nobody", redirect_uri=CALLBACK))
    async with gateway.unchanged():
        leads_nowhere(await gateway.get(f"/authorize?{query}"))


async def test_a_service_without_a_start_is_only_named(gateway: Gateway) -> None:
    await gateway.service(services.document("startless", start=None))
    query = urlencode(asked("startless", redirect_uri="https://evil.example/cb"))

    text = verdicts.page(await gateway.get(f"/authorize?{query}"))

    assert f"<bdi>{NAME}</bdi>" in text
    assert "Start again" not in text
