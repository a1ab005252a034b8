"""What administrators see of a service's events, and how they have them sent again (D12)."""

import pytest

from relying_parties.streams import delivery
from relying_parties.streams.delivery import Signal
from tests.support import signals
from tests.support.administration import officer
from tests.support.browser import Browser
from tests.support.gateway import Gateway


@pytest.fixture
async def given_up(gateway: Gateway) -> str:
    """A service that listens and refused one of two events."""
    client_id = "watched"
    await gateway.service(signals.document(client_id))
    await gateway.settled()
    api = await signals.api(gateway, client_id)
    stream = await api.create()
    someone = await gateway.citizen(client_id)
    whom = await signals.subject(gateway, someone, client_id)
    async with gateway.runtime.entry() as entry:
        told = [Signal(client_id, whom, "account-disabled", {}, entry.at) for _ in range(2)]
        await delivery.queue(entry, told)
    sets = list((await api.poll(stream))["sets"])
    await api.poll(stream, setErrs={sets[0]: {"err": "invalid_key", "description": "x"}})
    return client_id


async def test_what_was_given_up_is_sent_again(gateway: Gateway, given_up: str) -> None:
    browser = Browser(gateway, (await officer(gateway, "registrar")).cookie)
    page = await browser.follow(f"/admin/services/{given_up}")
    assert "It listens" in page.text
    assert "claims-changed" in page.text  # what was approved

    after = await browser.fill(page, "events-again")

    assert after.status_code == 200
    assert "events-again" not in after.text
    async with gateway.runtime.entry() as entry:
        assert await delivery.standing(entry, given_up) == {"due": 2}


async def test_who_only_reads_can_send_nothing(gateway: Gateway, given_up: str) -> None:
    """An auditor sees how it stands, and the form of somebody else does nothing."""
    writer = Browser(gateway, (await officer(gateway, "registrar")).cookie)
    page = await writer.send("GET", f"/admin/services/{given_up}")
    _, form = writer.form(page, "events-again")
    reader = Browser(gateway, (await officer(gateway, "auditor")).cookie)
    shown = await reader.send("GET", f"/admin/services/{given_up}")

    refused = await reader.send("POST", f"/admin/services/{given_up}/events", form)

    assert "events-again" not in shown.text
    assert refused.status_code in (403, 404)
    async with gateway.runtime.entry() as entry:
        assert (await delivery.standing(entry, given_up))["dead"] == 1
