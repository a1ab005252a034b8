"""Where a request stands: services report it, and only to whom they may (N18, C12)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.runtime import now
from idp import accounts
from relying_parties import consents, request_states, requests
from tests.support import dpop, reports, services, signals
from tests.support.gateway import Citizen, Gateway
from tests.support.reports import PAGE, STEP, WORDS, state
from tests.support.signals import Api

ROOM = "/api/agency/v1/requests"
MANY = 50


@pytest.fixture(scope="module")
async def offices(gateway: Gateway) -> None:
    """Two services of two agencies that may report, one that may not, one with a key."""
    signed = {"method": "private_key_jwt", "jwks": services.jwks(ec=services.EC_KEY)}
    for made in (
        reports.document("status-berths"),
        reports.document("status-moorings", "southtown"),
        reports.document("status-mute", requests=None, events={"types": ["claims-changed"]}),
        reports.document("status-desk", profile="fapi2", auth=signed, dpop=True),
    ):
        await gateway.service(made)
    await gateway.settled()


@pytest.fixture
async def berths(gateway: Gateway, offices: None) -> Api:
    return await reports.api(gateway, "status-berths")


@pytest.fixture
async def ana(gateway: Gateway, offices: None) -> Citizen:
    return await gateway.citizen("status-berths", "status-moorings")


async def test_a_report_is_told_back_and_added_to(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    first = await reports.put(gateway, berths, ana, "B-1", minutes=-3)
    second = await reports.put(
        gateway, berths, ana, "B-1", minutes=-1, state="waiting_for_you", days=7,
        next_step={"en": STEP, "fr": "Envoyez les papiers"}, link=PAGE,
    )  # fmt: skip

    assert (first.status_code, second.status_code) == (201, 200), second.text
    told = second.json()
    assert told == (await berths.ask("GET", f"{ROOM}/B-1")).json()
    assert told["reference"] == "B-1"
    assert told["sub"] == await signals.subject(gateway, ana, "status-berths")
    assert (told["state"], told["link"]) == ("waiting_for_you", PAGE)
    assert told["next_step"] == {"en": STEP, "fr": "Envoyez les papiers"}
    assert [one["state"] for one in told["states"]] == ["waiting_for_you", "received"]
    assert all(one["noted_at"] > one["at"] for one in told["states"])


async def test_the_same_again_is_no_news(gateway: Gateway, berths: Api, ana: Citizen) -> None:
    """And something else for the same moment is refused: history is not written anew."""
    at = now().isoformat()
    await reports.put(gateway, berths, ana, "B-2", at=at)

    async with gateway.unchanged("relying_parties.access_tokens"):
        again = await reports.put(gateway, berths, ana, "B-2", at=at)
        other = await reports.put(gateway, berths, ana, "B-2", at=at, state="decided")

    assert (again.status_code, len(again.json()["states"])) == (200, 1)
    assert (other.status_code, other.json()["error"]) == (409, "conflict")


async def test_a_late_report_takes_its_place_and_changes_nothing_else(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    await reports.put(gateway, berths, ana, "B-3", minutes=-1, state="decided")
    late = await reports.put(gateway, berths, ana, "B-3", minutes=-60, state="in_progress")

    told = late.json()
    assert told["state"] == "decided"
    assert [one["state"] for one in told["states"]] == ["decided", "in_progress"]


async def test_of_fifty_at_once_one_counts(gateway: Gateway, berths: Api, ana: Citizen) -> None:
    sub, given = await signals.subject(gateway, ana, "status-berths"), state()
    answers = await asyncio.gather(
        *(berths.ask("PUT", f"{ROOM}/B-4", {"sub": sub, **given}, node=n % 2) for n in range(MANY))
    )

    assert sorted(one.status_code for one in answers) == [200] * (MANY - 1) + [201]
    assert len((await berths.ask("GET", f"{ROOM}/B-4")).json()["states"]) == 1
    subjects = [sub]
    [row] = await gateway.rows(
        "SELECT count(*) AS n FROM relying_parties.citizen_requests WHERE subject = ANY($1)",
        subjects,
    )
    assert row["n"] == 1


async def test_nobody_and_not_allowed_answer_alike(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    """An unknown sub, another agency's, one who stopped, one who was locked out: one answer."""
    stopped, locked = [await gateway.citizen("status-berths") for _ in range(2)]
    whom = await signals.subject(gateway, stopped, "status-berths")
    async with gateway.runtime.entry() as entry:
        found = await consents.current(entry, whom, "status-berths")
        assert found is not None
        await consents.withdraw(entry, found.id, [whom])
        await accounts.lock(entry, locked.account, reason="test", by="test")
    subs = [
        whom,
        await signals.subject(gateway, locked, "status-berths"),
        await signals.subject(gateway, ana, "status-moorings"),
        "x" * 43,
        "",
    ]
    async with gateway.unchanged():
        answers = [await berths.ask("PUT", f"{ROOM}/B-5", {"sub": one, **state()}) for one in subs]

    assert {(one.status_code, one.text) for one in answers} == {
        (404, answers[0].text),
    }


async def test_a_request_is_its_service_s_and_its_citizen_s_alone(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    moorings, other = (
        await reports.api(gateway, "status-moorings"),
        await gateway.citizen("status-berths"),
    )
    await reports.put(gateway, berths, ana, "B-6")

    async with gateway.unchanged():
        assert (await moorings.ask("GET", f"{ROOM}/B-6")).status_code == 404
        assert (await berths.ask("GET", f"{ROOM}/B-60")).status_code == 404
        taken = await reports.put(gateway, berths, other, "B-6")
        assert (taken.status_code, taken.json()["error"]) == (409, "conflict")
    own = await reports.put(gateway, moorings, ana, "B-6")
    assert own.status_code == 201  # the number is each service's own


async def test_who_stops_sharing_is_not_reported_about(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    await reports.put(gateway, berths, ana, "B-7", minutes=-2)
    whom = await signals.subject(gateway, ana, "status-berths")
    async with gateway.runtime.entry() as entry:
        found = await consents.current(entry, whom, "status-berths")
        assert found is not None
        await consents.withdraw(entry, found.id, [whom])

    assert (await reports.put(gateway, berths, ana, "B-7")).status_code == 404
    assert (await berths.ask("GET", f"{ROOM}/B-7")).status_code == 404


@pytest.mark.parametrize(
    ("over", "path"),
    [
        pytest.param({"state": "approved"}, "state", id="state-unknown"),
        pytest.param({"state": ["received"]}, "state", id="state-list"),
        pytest.param({"at": "2026-11-25"}, "at", id="moment-of-no-zone"),
        pytest.param({"at": "2026-13-25T10:00:00Z"}, "at", id="moment-of-no-calendar"),
        pytest.param({"minutes": 60}, "at", id="moment-to-come"),
        pytest.param({"at": "1999-01-01T00:00:00Z"}, "at", id="moment-long-ago"),
        pytest.param({"due": "20261201"}, "due", id="day-spelt-otherwise"),
        pytest.param({"due": "2099-01-01"}, "due", id="day-beyond-all"),
        pytest.param({"title": "Plain"}, "title", id="words-of-no-language"),
        pytest.param({"title": {}}, "title", id="no-words"),
        pytest.param({"title": {"en": "x"}}, "title.en", id="too-short"),
        pytest.param({"title": {"en": "x" * 121}}, "title.en", id="too-long"),
        pytest.param({"title": {"en": "<b>Bold</b>"}}, "title.en", id="markup"),
        pytest.param({"title": {"en": "left\u202eright"}}, "title.en", id="turned"),
        pytest.param({"title": {"<en>": "Fine"}}, "title", id="language"),
        pytest.param({"office": {"en": 4}}, "office.en", id="no-text"),
        pytest.param({"next_step": {"en": "x" * 301}}, "next_step.en", id="step-too-long"),
        pytest.param({"link": "http://rp.example/x"}, "link", id="link-in-the-clear"),
        pytest.param({"link": "https://evil.example/x"}, "link", id="link-elsewhere"),
        pytest.param({"link": "https://rp.example.evil.example/"}, "link", id="link-alike"),
        pytest.param({"link": "https://rp.example@evil.example/"}, "link", id="link-disguised"),
        pytest.param({"link": "javascript:alert(1)"}, "link", id="link-script"),
        pytest.param({"note": "hidden"}, "note", id="unknown-member"),
    ],
)
async def test_what_no_page_could_show_is_refused(
    gateway: Gateway, berths: Api, ana: Citizen, over: dict[str, Any], path: str
) -> None:
    async with gateway.unchanged():
        answer = await reports.put(gateway, berths, ana, "B-8", **over)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    said = answer.json()["error_description"]
    assert said.startswith(f"{path}: ")
    assert len(said.split()) > 3, "a sentence, and not a word of ours"


@pytest.mark.parametrize("number", ["a%2Fb", "%00", "-x", "x" * 65, "%D8%A7", "a%20b"])
async def test_a_number_that_is_none_is_refused(
    gateway: Gateway, berths: Api, ana: Citizen, number: str
) -> None:
    async with gateway.unchanged():
        answer = await reports.put(gateway, berths, ana, number)

    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"sub": 7}', '{"sub": null}'])
async def test_a_body_that_is_none_is_refused(gateway: Gateway, berths: Api, body: str) -> None:
    async with gateway.unchanged():
        answer = await berths.ask("PUT", f"{ROOM}/B-9", body)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_only_a_service_of_the_registration_may_report(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    """A token of the events' API opens nothing here, and this one nothing there."""
    mute = await signals.api(gateway, "status-mute")
    proof = services.proves(gateway, "status-mute")
    for over in ({"scope": "requests.write"}, {"resource": f"{gateway.issuer}/api/agency"}):
        form = {"grant_type": "client_credentials"} | over | proof.form
        asked = await gateway.post("/token", form, headers=proof.headers)
        assert (asked.status_code, asked.json()["error"]) == (400, "invalid_target")

    assert (await mute.ask("GET", f"{ROOM}/B-1")).status_code == 401
    assert (await berths.ask("GET", "/ssf/streams")).status_code == 401
    bare = await gateway.get(f"{ROOM}/B-1")
    assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")


async def test_what_the_registration_takes_back_ends_at_once(
    gateway: Gateway, offices: None
) -> None:
    await gateway.service(reports.document("fleeting"))
    await gateway.settled()
    caller = await reports.api(gateway, "fleeting")
    assert (await caller.ask("GET", f"{ROOM}/B-1")).status_code == 404

    await gateway.service(reports.document("fleeting", requests=False))
    await gateway.settled()

    assert (await caller.ask("GET", f"{ROOM}/B-1")).status_code == 401


async def test_where_the_profile_binds_tokens_each_call_proves_the_key(
    gateway: Gateway, offices: None
) -> None:
    """RFC 9449 §7: without the proof the token opens nothing."""
    someone, path = await gateway.citizen("status-desk"), f"{ROOM}/D-1"
    form = services.by_assertion(services.assertion(gateway, "status-desk"))
    form |= {"grant_type": "client_credentials", "scope": "requests.write"}
    asked = await gateway.post("/token", form, headers={"dpop": dpop.proof(gateway)})
    token = asked.json()["access_token"]
    body = {"sub": await signals.subject(gateway, someone, "status-desk"), **state()}
    proof = dpop.proof(gateway, path, method="PUT", token=token)
    stolen = dpop.proof(gateway, path, method="PUT", token=token, key=dpop.OTHER)

    caller = Api(gateway, "status-desk", token)
    answers = [
        await caller.ask("PUT", path, body, headers={"authorization": f"DPoP {token}"} | given)
        for given in ({}, {"dpop": stolen}, {"dpop": proof})
    ]

    assert [one.status_code for one in answers] == [401, 401, 201], answers[2].text
    for one, error in zip(answers[:2], ("invalid_dpop_proof", "invalid_token"), strict=True):
        told = f'DPoP error="{error}", algs="ES256 PS256 EdDSA"'
        assert one.headers["www-authenticate"] == told, "RFC 9449 §7.1"


async def test_no_table_queue_or_log_tells_what_was_reported(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    """Not the words, not the state, not the number; and no row has an account and a service."""
    await reports.put(
        gateway, berths, ana, "SECRET-NUMBER-9", minutes=-1, state="waiting_for_other", days=3,
        next_step={"en": STEP}, link=PAGE,
    )  # fmt: skip

    everything = await gateway.dump() + gateway.logs()
    for secret in (*WORDS, "SECRET-NUMBER-9", "waiting_for_other", "/berths/4711"):
        assert secret not in everything, secret
    rows = await gateway.rows(
        "SELECT r::text AS line FROM relying_parties.citizen_requests r UNION ALL"
        " SELECT j::text FROM keys.journal j WHERE kind = 'RequestReported'"
    )
    assert rows
    assert not [row for row in rows if str(ana.account) in row["line"]]


async def test_a_state_that_was_written_is_never_changed(
    gateway: Gateway, berths: Api, ana: Citizen
) -> None:
    await reports.put(gateway, berths, ana, "B-10")

    with pytest.raises(Exception, match="append-only"):
        await gateway.rows("UPDATE relying_parties.request_states SET noted_at = now()")


async def test_there_is_an_end_of_what_one_service_reports(
    gateway: Gateway, berths: Api, monkeypatch: pytest.MonkeyPatch, ana: Citizen
) -> None:
    """A line that nobody could read, and more requests than anybody has, are refused."""
    sub = await signals.subject(gateway, ana, "status-berths")
    async with gateway.runtime.entry() as entry:
        found = await consents.current(entry, sub, "status-berths")
    assert found is not None
    await reports.put(gateway, berths, ana, "B-11", minutes=-2000)
    await gateway.rows(
        "INSERT INTO relying_parties.request_states"
        " SELECT request_id, at + n * interval '1 minute', noted_at, sealed"
        " FROM relying_parties.request_states JOIN relying_parties.citizen_requests r"
        " ON r.id = request_id, generate_series(1, $2) n WHERE r.subject = $1",
        sub,
        requests.MOST_STATES - 1,
    )
    full = await reports.put(gateway, berths, ana, "B-11", minutes=-1)
    await gateway.rows(
        "INSERT INTO relying_parties.citizen_requests"
        " SELECT gen_random_uuid(), client_id, subject, n::text, moved_at, false, NULL"
        " FROM relying_parties.citizen_requests, generate_series(1, $2) n WHERE subject = $1",
        sub,
        requests.MOST - 1,
    )
    more = await reports.put(gateway, berths, ana, "B-12")

    for answer in (full, more):
        assert (answer.status_code, answer.json()["error"]) == (429, "slow_down")
        assert answer.headers["retry-after"]
    assert (await berths.ask("GET", f"{ROOM}/B-12")).status_code == 404


async def test_old_requests_are_forgotten(gateway: Gateway, berths: Api, ana: Citizen) -> None:
    await reports.put(gateway, berths, ana, "B-13")
    hers = await signals.subject(gateway, ana, "status-berths")
    await gateway.rows(
        "UPDATE relying_parties.citizen_requests SET moved_at = $2 WHERE subject = $1",
        hers,
        now() - requests.KEPT - timedelta(days=1),
    )

    async with gateway.runtime.entry() as entry:
        assert await requests.purge(entry) >= 1

    [row] = await gateway.rows(
        "SELECT count(*) AS n FROM relying_parties.citizen_requests WHERE subject = $1", hers
    )
    assert row["n"] == 0


def test_the_states_are_fixed() -> None:
    """C12."""
    assert request_states.STATES == (
        "received", "in_progress", "waiting_for_you", "waiting_for_other", "decided", "closed",
    )  # fmt: skip
