"""AD-10, SS-01 to SS-08: a service's logo is ours before anybody sees it.

The worker's duty runs against a service of this machine; the gateway's own process serves.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape

import pytest

from gateway import worker
from gateway.runtime import Runtime
from relying_parties import clients
from relying_parties.samples.clinic.logo import LOGO as CLINIC
from relying_parties.samples.parking.logo import LOGO
from tests.support import services
from tests.support.browser import Browser
from tests.support.gateway import Gateway
from tests.support.peers import a_peer

PLAIN = b"HTTP/1.0 200 OK\r\nContent-Type: %b\r\n\r\n%b"


async def put(gateway: Gateway, client_id: str, answer: bytes) -> int:
    """Register a service whose logo is answered with ``answer``; return how often it was asked."""
    async with a_peer(answer) as (port, heard):
        address = f"http://{client_id}.localhost:{port}/logo"
        await gateway.service(services.document(client_id, logo=address))
        await fetch(gateway.runtime)
        return len(heard)


async def fetch(runtime: Runtime) -> None:
    """Fetch what is due, that of services of other tests too."""
    while await worker.fetch_logos(runtime):
        pass


async def logo(gateway: Gateway, client_id: str) -> str | None:
    async with gateway.runtime.entry() as entry:
        found = await clients.find(entry, client_id)
    assert found
    return found.logo


async def test_the_pages_show_our_copy_and_ask_nobody_else(gateway: Gateway) -> None:
    """RegistrationLogoUri: already on the page of signing in."""
    assert await put(gateway, "pictured", PLAIN % (b"image/png", LOGO)) == 1
    await gateway.settled()
    someone = await gateway.citizen()
    asked = services.asked("pictured")
    query = "&".join(f"{name}={value}" for name, value in asked.items())

    login = await Browser(gateway).follow(f"/authorize?{query}")
    consent = await Browser(gateway, someone.cookie).follow(f"/authorize?{query}")

    assert "Sign in" in login.text
    assert 'id="consent-allow"' in consent.text
    for page in (login, consent):
        sources = [unescape(one) for one in re.findall(r'<img src="([^"]+)"', page.text)]
        assert sources == [f"/logos/pictured/{await logo(gateway, 'pictured')}"]
        assert "img-src 'self' data:" in page.headers["content-security-policy"]


async def test_a_logo_is_served_so_that_it_runs_nothing(gateway: Gateway) -> None:
    """The service called it HTML; what it is, we say."""
    await put(gateway, "sincere", PLAIN % (b"text/html", LOGO))

    shown = await gateway.get(f"/logos/sincere/{await logo(gateway, 'sincere')}")

    assert shown.content == LOGO
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cross-origin-resource-policy"] == "same-origin"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in shown.headers


@pytest.mark.parametrize("digest", ["0" * 32, "x", "..", "%2e%2e", "' OR 1=1"])
async def test_no_other_name_shows_anything(gateway: Gateway, digest: str) -> None:
    answer = await gateway.get(f"/logos/basic/{digest}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("client_id", "answer"),
    [
        pytest.param("svg", PLAIN % (b"image/png", b"<svg onload='alert(1)'/>"), id="svg"),
        pytest.param("html", PLAIN % (b"image/png", b"<script>alert(1)</script>"), id="html"),
        pytest.param("huge", PLAIN % (b"image/png", LOGO + bytes(30_000)), id="SS-07-huge"),
        pytest.param("endless", PLAIN % (b"image/png", bytes(70_000)), id="SS-07-endless"),
        pytest.param(
            "away",
            b"HTTP/1.0 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n",
            id="SS-05-redirect",
        ),
    ],
)
async def test_what_is_no_picture_is_not_shown(
    gateway: Gateway, client_id: str, answer: bytes
) -> None:
    assert await put(gateway, client_id, answer) == 1

    assert await logo(gateway, client_id) is None


async def test_what_the_service_shows_later_is_nobodys_concern(gateway: Gateway) -> None:
    """The picture that was approved stays, whatever its address answers now."""
    await put(gateway, "steady", PLAIN % (b"image/png", LOGO))
    before = await logo(gateway, "steady")

    async with a_peer(PLAIN % (b"image/png", CLINIC)) as (_, heard):
        await worker.fetch_logos(gateway.runtime)

    assert heard == []
    assert await logo(gateway, "steady") == before


@pytest.fixture
async def closed(gateway: Gateway) -> AsyncIterator[Runtime]:
    """The same runtime where no service may name an address of this machine."""
    runtime = Runtime(replace(gateway.runtime.settings, allow_loopback=False))
    runtime.vault = gateway.runtime.vault
    yield runtime
    await runtime.close()


async def test_an_address_of_ours_is_never_asked(gateway: Gateway, closed: Runtime) -> None:
    """SS-02: the canary hears nothing."""
    async with a_peer(PLAIN % (b"image/png", LOGO)) as (port, heard):
        address = f"http://127.0.0.1:{port}/logo"
        await gateway.service(services.document("inward", logo=address))
        await fetch(closed)

    tries = await gateway.rows("SELECT tries FROM relying_parties.logos WHERE client_id = 'inward'")
    assert [row["tries"] for row in tries] == [1]
    assert heard == []
    assert await logo(gateway, "inward") is None
