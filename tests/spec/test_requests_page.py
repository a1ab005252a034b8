"""Your requests: one timeline of all services, whose turn it is, what is overdue (N18, C12)."""

import re
from datetime import timedelta
from typing import Any

import pytest

from gateway import news
from gateway.runtime import now
from idp import accounts, notices
from relying_parties import consents
from tests.support import reports, signals
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.reports import OFFICE, PAGE, STEP, TITLE
from tests.support.signals import Api

MINE = "/account/requests"


@pytest.fixture(scope="module")
async def offices(gateway: Gateway) -> None:
    for made in (
        reports.document("page-berths", name={"en": "Berths"}, contact="desk@rp.example"),
        reports.document("page-moorings", "southtown", name={"en": "Moorings"}),
    ):
        await gateway.service(made)
    await gateway.settled()


@pytest.fixture
async def berths(gateway: Gateway, offices: None) -> Api:
    return await reports.api(gateway, "page-berths")


@pytest.fixture
async def moorings(gateway: Gateway, offices: None) -> Api:
    return await reports.api(gateway, "page-moorings")


@pytest.fixture
async def ana(gateway: Gateway, offices: None) -> Citizen:
    return await gateway.citizen("page-berths", "page-moorings")


async def opened(gateway: Gateway, someone: Citizen, path: str = MINE) -> Any:
    return await Browser(gateway, someone.cookie).follow(path)


async def first(gateway: Gateway, someone: Citizen, query: str = "") -> Any:
    """Open the first request of the list."""
    listed = await opened(gateway, someone, MINE + query)
    found = re.search(rf'href="({MINE}/[0-9a-f-]+)"', listed.text)
    assert found, listed.text
    return await opened(gateway, someone, found[1])


async def stop(gateway: Gateway, someone: Citizen, client_id: str) -> None:
    whom = await signals.subject(gateway, someone, client_id)
    async with gateway.runtime.entry() as entry:
        found = await consents.current(entry, whom, client_id)
        assert found is not None
        await consents.withdraw(entry, found.id, [whom])


async def test_one_line_over_all_services_and_what_waits_for_the_citizen_first(
    gateway: Gateway, berths: Api, moorings: Api, ana: Citizen
) -> None:
    await reports.put(
        gateway, berths, ana, "P-1", minutes=-30, state="waiting_for_you", days=5,
        next_step={"en": STEP}, link=PAGE, title={"en": "Oldest of all"},
    )  # fmt: skip
    await reports.put(gateway, moorings, ana, "P-2", minutes=-20, title={"en": "In between"})
    await reports.put(gateway, berths, ana, "P-3", minutes=-10, title={"en": "Newest of all"})
    await reports.put(gateway, berths, ana, "P-4", state="decided", title={"en": "Over and done"})

    going = (await opened(gateway, ana)).text
    over = (await opened(gateway, ana, f"{MINE}?show=closed")).text
    both = (await opened(gateway, ana, f"{MINE}?show=all")).text

    places = [going.index(one) for one in ("Oldest of all", "Newest of all", "In between")]
    assert places == sorted(places)
    assert "Waiting for you" in going
    assert "Moorings" in going
    assert "Over and done" not in going
    assert "Over and done" in over
    assert "Newest of all" not in over
    assert "Open (3)" in both
    assert "Decided or closed (1)" in both
    front = (await opened(gateway, ana, "/account")).text
    assert "3 requests of yours are open. 1 of them waits for you." in front


async def test_a_request_has_a_page_with_every_state_and_what_to_do(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    await reports.put(gateway, berths, ana, "P-5", minutes=-300)
    await reports.put(
        gateway, berths, ana, "P-5", minutes=-2, state="waiting_for_you", days=5,
        next_step={"en": STEP}, link=PAGE,
    )  # fmt: skip

    page = (await first(gateway, ana)).text

    for said in (TITLE, OFFICE, STEP, "P-5", "Do this by", "Received", "Waiting for you",
                 "desk@rp.example", "Reported to us on"):  # fmt: skip
        assert said in page, said
    assert f'href="{PAGE}"' in page
    assert page.index("How it went") < page.rindex("Waiting for you") < page.rindex("Received")
    assert "Overdue" not in page


@pytest.mark.parametrize(
    ("over", "said"),
    [
        pytest.param(
            {"minutes": -3 * 1440, "days": -1, "state": "in_progress"},
            "The office has not reported since.",
            id="silent",
        ),
        pytest.param({"days": -1, "state": "in_progress"}, "This was due on", id="late"),
        pytest.param(
            {"days": -1, "state": "waiting_for_you"}, "Ask the office what to do now", id="mine"
        ),
    ],
)
async def test_what_is_overdue_is_said_plainly(
    gateway: Gateway, berths: Api, ana: Citizen, over: dict[str, Any], said: str
) -> None:
    """N18: silence beyond the day is shown as such, on the list and on the page."""
    number = f"P-6-{ana.email.partition('@')[0]}"
    assert (await reports.put(gateway, berths, ana, number, **over)).status_code == 201

    for page in (await opened(gateway, ana), await first(gateway, ana)):
        assert "Overdue" in page.text
        assert said in page.text
        assert ("has not reported since" in page.text) == ("not reported" in said)
    front = (await opened(gateway, ana, "/account")).text
    mine = over["state"] == "waiting_for_you"
    assert ("1 request of yours is overdue" in front) == (not mine)


async def test_what_is_decided_is_never_overdue(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    await reports.put(gateway, berths, ana, "P-7", days=-1, state="decided", link=PAGE)

    listed = (await opened(gateway, ana, f"{MINE}?show=all")).text
    page = (await first(gateway, ana, "?show=closed")).text
    assert "Overdue" not in listed + page
    assert f'href="{PAGE}"' in page  # where the decision can be read


async def test_words_come_in_the_citizen_s_language_or_the_one_that_there_is(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    await reports.put(
        gateway, berths, ana, "P-8", title={"fr": "Une place au port", "en": "A place"},
        office={"fr": "Bureau du port"},
    )  # fmt: skip

    page = (await opened(gateway, ana)).text

    assert "<bdi>A place</bdi>" in page
    assert 'lang="fr">Bureau du port' in (await first(gateway, ana)).text


async def test_nothing_is_there_yet_and_nothing_of_others(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    """An address of somebody else's request leads nowhere, as one that never was."""
    await reports.put(gateway, berths, ana, "P-9")
    other = await gateway.citizen("page-berths")
    hers = re.search(r"/account/requests/[0-9a-f-]+", str((await first(gateway, ana)).url))[0]  # type: ignore[index]

    assert "No office has reported" in (await opened(gateway, other)).text
    for path in (hers, f"{MINE}/00000000-0000-4000-8000-000000000000", f"{MINE}/x"):
        page = await opened(gateway, other, path)
        assert page.status_code == 404
        assert TITLE not in page.text


async def test_who_stopped_sharing_reads_that_nothing_more_comes(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    await reports.put(gateway, berths, ana, "P-10")
    await stop(gateway, ana, "page-berths")

    assert "it cannot report here" in (await first(gateway, ana)).text


async def mailed(gateway: Gateway, someone: Citizen) -> list[notices.Notice]:
    """Let the worker look, and return what it would send to somebody."""
    await news.tell_citizens(gateway.runtime)
    async with gateway.runtime.entry() as entry:
        taken = await notices.take(entry, gateway.runtime.vault, 500)
        for one in taken:
            await notices.sent(entry, one)
    return [one for one in taken if one.email == someone.email]


async def test_a_mail_says_that_something_moved_and_nothing_of_what(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    """Once a day for a request, and again once the day is over."""
    await reports.put(gateway, berths, ana, "P-11", minutes=-9)
    [mail] = await mailed(gateway, ana)
    assert (mail.template, mail.fields) == ("request-moved", {})

    await reports.put(gateway, berths, ana, "P-11", minutes=-5, state="in_progress")
    assert await mailed(gateway, ana) == []

    await gateway.rows(
        "UPDATE relying_parties.citizen_requests SET noticed_at = $1", now() - timedelta(days=1)
    )
    assert len(await mailed(gateway, ana)) == 1
    assert await mailed(gateway, ana) == []


async def test_nobody_is_told_what_is_no_news(gateway: Gateway, berths: Api, ana: Citizen) -> None:
    """The same again under a new moment, and what was reported late."""
    await reports.put(gateway, berths, ana, "P-12", minutes=-9)
    await mailed(gateway, ana)
    await gateway.rows("UPDATE relying_parties.citizen_requests SET noticed_at = NULL")
    await reports.put(gateway, berths, ana, "P-12", minutes=-5)
    await reports.put(gateway, berths, ana, "P-12", minutes=-99, state="in_progress")

    assert await mailed(gateway, ana) == []


async def test_services_that_report_without_end_fill_no_mailbox(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    total = 0
    for number in range(8):
        await reports.put(gateway, berths, ana, f"P-13-{number}")
        total += len(await mailed(gateway, ana))

    assert total == 5


async def test_who_left_or_stopped_gets_no_mail(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    locked = await gateway.citizen("page-berths")
    for someone in (ana, locked):
        await reports.put(gateway, berths, someone, f"P-14-{someone.email.partition('@')[0]}")
    await stop(gateway, ana, "page-berths")
    async with gateway.runtime.entry() as entry:
        await accounts.lock(entry, locked.account, reason="test", by="test")

    assert await mailed(gateway, ana) == []
    assert await mailed(gateway, locked) == []


async def test_a_sealed_state_that_was_moved_or_altered_is_not_shown(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    """Nor does it break the page."""
    await reports.put(gateway, berths, ana, "P-15", title={"en": "Whole"})
    await reports.put(gateway, berths, ana, "P-16", title={"en": "Altered"})
    sub = await signals.subject(gateway, ana, "page-berths")
    await gateway.rows("ALTER TABLE relying_parties.request_states DISABLE TRIGGER append_only")
    await gateway.rows(
        "UPDATE relying_parties.request_states SET sealed = (SELECT sealed FROM"
        " relying_parties.request_states s JOIN relying_parties.citizen_requests r"
        " ON r.id = s.request_id WHERE r.subject = $1 ORDER BY s.at LIMIT 1)"
        " WHERE request_id = (SELECT id FROM relying_parties.citizen_requests WHERE subject = $1"
        " ORDER BY moved_at DESC LIMIT 1)",
        sub,
    )
    await gateway.rows("ALTER TABLE relying_parties.request_states ENABLE TRIGGER append_only")

    page = await opened(gateway, ana)

    assert page.status_code == 200
    assert "Whole" in page.text
    assert "Altered" not in page.text
