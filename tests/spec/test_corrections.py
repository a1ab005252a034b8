"""Corrections: a service says what is wrong, the citizen answers, all who have it learn (N19)."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from gateway import correcting
from gateway.correcting import Effect
from gateway.exporting.corrections import PART
from gateway.exporting.part import Whose
from gateway.oauth import locking
from gateway.runtime import now
from idp import accounts, attributes, catalog
from relying_parties import consents, corrections, onboarding
from relying_parties.errors import RegistrationInvalid
from tests import factories
from tests.factories import values_of
from tests.spec.test_requests_page import mailed
from tests.support import ceremonies, services, signals
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.signals import Api

ROOM, MINE = "/api/agency/v1/corrections", "/account/corrections"
SCOPE = "corrections.propose"
MANY = 50
NEW, WHY, SEEN = "Anabel", "The birth certificate spells it otherwise", "Certificate 4711"
BLOCKED = (
    "SELECT 1 AS one FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
BORN, OTHER_DAY = "1980-02-29", "1980-02-28"


def document(client_id: str, agency: str = "northtown", **over: Any) -> dict[str, Any]:
    asked = [
        factories.asks(claim) for claim in ("given_name", "birthdate", "address", "age_over_18")
    ]
    usual = {
        "purposes": [{"id": "all", "name": {"en": "To test this"}, "claims": asked}],
        "corrections": ["given_name", "birthdate", "address"],
    }
    return services.document(client_id, agency, **(usual | over))


@pytest.fixture(scope="module")
async def offices(gateway: Gateway) -> None:
    """Who may propose, who may do so elsewhere, who may not, and who only hears."""
    name = [{"id": "all", "name": {"en": "To test this"}, "claims": [factories.asks("given_name")]}]
    for made in (
        document("corrects", name={"en": "Front desk"}, contact="desk@rp.example"),
        document("corrects-too", "southtown"),
        document("never-corrects", corrections=None, requests=True),
        services.document(
            "hears-of-it", "southtown", events={"types": ["claims-changed"]}, purposes=name
        ),
    ):
        await gateway.service(made)
    await gateway.settled()


@pytest.fixture
async def desk(gateway: Gateway, offices: None) -> Api:
    return await signals.api(gateway, "corrects", SCOPE)


@pytest.fixture
async def ana(gateway: Gateway, offices: None) -> Citizen:
    return await gateway.citizen("corrects", "corrects-too", "hears-of-it")


def proposal(**over: Any) -> dict[str, Any]:
    usual = {"claim": "given_name", "value": NEW, "reason": {"en": WHY}, "evidence": {"en": SEEN}}
    return {name: value for name, value in (usual | over).items() if value is not None}


async def propose(gateway: Gateway, caller: Api, someone: Citizen, **over: Any) -> Any:
    given = {"sub": await signals.subject(gateway, someone, caller.client_id), **proposal(**over)}
    return await caller.ask("POST", ROOM, given)


async def proposed(gateway: Gateway, caller: Api, someone: Citizen, **over: Any) -> str:
    answer = await propose(gateway, caller, someone, **over)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["correction_id"])


async def told(caller: Api, number: str) -> Any:
    answer = await caller.ask("GET", f"{ROOM}/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def answered(gateway: Gateway, someone: Citizen, number: str, **form: Any) -> Any:
    """Open the page and answer on it; return the page that follows."""
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"{MINE}/{number}")
    return await browser.fill(page, "correction-answer", form)


async def held(gateway: Gateway, someone: Citizen, claim: str) -> Any:
    async with gateway.runtime.entry() as entry:
        found = await values_of(entry, gateway.runtime.vault, someone.account, [claim])
    return found.get(claim)


async def registered(gateway: Gateway, someone: Citizen, claim: str, value: Any) -> None:
    async with gateway.runtime.entry() as entry:
        await attributes.record(
            entry, gateway.runtime.vault, someone.account, claim, value, source_type="register",
            source="Population Register", verified=True, by="register:test",
        )  # fmt: skip


async def test_a_proposal_waits_and_is_told_to_its_service(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    made = await propose(gateway, desk, ana)
    again = await propose(gateway, desk, ana)
    other = await propose(gateway, desk, ana, value="Another")

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json() == await told(desk, made.json()["correction_id"])
    assert made.json()["state"] == "open"
    assert made.json()["claim"] == "given_name"
    assert (other.status_code, other.json()["error"]) == (409, "conflict")


async def test_nobody_and_not_allowed_answer_alike(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    """Unknown, another agency's, who stopped, who does not share this detail: one answer."""
    stopped, narrow = [await gateway.citizen("corrects") for _ in range(2)]
    subs = [await signals.subject(gateway, one, "corrects") for one in (stopped, narrow)]
    async with gateway.runtime.entry() as entry:
        for sub, kept in zip(subs, ([], ["birthdate"]), strict=True):
            found = await consents.current(entry, sub, "corrects")
            assert found is not None
            if kept:
                await consents.narrow(entry, found.id, [sub], kept)
            else:
                await consents.withdraw(entry, found.id, [sub])
    subs += [await signals.subject(gateway, ana, "corrects-too"), "x" * 43]
    async with gateway.unchanged():
        answers = [await desk.ask("POST", ROOM, {"sub": sub, **proposal()}) for sub in subs]

    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"claim": "family_name"}, id="not-of-its-registration"),
        pytest.param({"claim": "ISSUER/claims/age_over_18"}, id="of-ours-not-registered"),
        pytest.param({"claim": "nothing"}, id="no-claim"),
        pytest.param({"claim": ["given_name"]}, id="claims"),
        pytest.param({"claim": "birthdate"}, id="no-day"),
        pytest.param({"claim": "birthdate", "value": "2999-01-01"}, id="to-come"),
        pytest.param({"claim": "address"}, id="no-address"),
        pytest.param({"value": "x" * 151}, id="too-long"),
        pytest.param({"value": "left\u202eright"}, id="turned"),
        pytest.param({"value": None}, id="no-value"),
        pytest.param({"reason": None}, id="no-reason"),
        pytest.param({"reason": {"en": "<b>why</b>"}}, id="markup"),
        pytest.param({"reason": "why not"}, id="no-language"),
        pytest.param({"evidence": {"en": "x"}}, id="evidence-too-short"),
        pytest.param({"verified": True}, id="unknown-member"),
    ],
)
async def test_what_can_be_proposed_is_bounded(
    gateway: Gateway, desk: Api, ana: Citizen, over: dict[str, Any]
) -> None:
    if isinstance(over.get("claim"), str):
        over = over | {"claim": over["claim"].replace("ISSUER", gateway.issuer)}
    async with gateway.unchanged():
        answer = await propose(gateway, desk, ana, **over)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), answer.text
    assert len(answer.json()["error_description"].split()) > 3, "a sentence, and not a word of ours"


async def test_what_follows_from_others_is_neither_registered_nor_proposed(
    gateway: Gateway,
) -> None:
    """A registration says so at once; one from before that rule is told at its proposal."""
    made = document("corrects-what-follows", corrections=["age_over_18"])
    with pytest.raises(RegistrationInvalid, match=r"spec\.corrections\[0\]: not_corrigible"):
        await gateway.service(made)
    await gateway.service(document("corrects-what-follows"))
    async with gateway.runtime.entry() as entry:
        await onboarding.apply(entry, made)
    await gateway.settled()
    someone = await gateway.citizen("corrects-what-follows")
    caller = await signals.api(gateway, "corrects-what-follows", SCOPE)
    claim = f"{gateway.issuer}/claims/age_over_18"

    async with gateway.unchanged():
        answer = await propose(gateway, caller, someone, claim=claim, value=True)

    assert answer.status_code == 400
    assert answer.json()["error_description"] == "claim is made of others, or the citizen proves it"


async def test_a_token_for_reports_proposes_nothing(
    gateway: Gateway, offices: None, ana: Citizen
) -> None:
    reporter = await signals.api(gateway, "never-corrects", "requests.write")
    proof = services.proves(gateway, "never-corrects")
    form = {"grant_type": "client_credentials", "scope": SCOPE} | proof.form
    asked = await gateway.post("/token", form, headers=proof.headers)

    assert (asked.status_code, asked.json()["error"]) == (400, "invalid_scope")
    assert (await propose(gateway, reporter, ana)).status_code == 403


async def test_a_proposal_is_its_service_s_alone(gateway: Gateway, desk: Api, ana: Citizen) -> None:
    number = await proposed(gateway, desk, ana)
    other = await signals.api(gateway, "corrects-too", SCOPE)

    async with gateway.unchanged():
        for caller, path in ((other, number), (desk, "x"), (desk, str(corrections.new_id()))):
            for method in ("GET", "DELETE"):
                assert (await caller.ask(method, f"{ROOM}/{path}")).status_code == 404


async def test_of_fifty_proposals_at_once_one_is_made(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    given = {"sub": await signals.subject(gateway, ana, "corrects"), **proposal()}

    answers = await asyncio.gather(
        *(desk.ask("POST", ROOM, given, node=n % 2) for n in range(MANY))
    )

    assert sorted(one.status_code for one in answers) == [200] * (MANY - 1) + [201]
    assert len({one.json()["correction_id"] for one in answers}) == 1


async def test_one_citizen_hears_no_more_than_five_in_a_month(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    for _ in range(corrections.MOST):
        number = await proposed(gateway, desk, ana)
        assert (await desk.ask("DELETE", f"{ROOM}/{number}")).status_code == 204

    async with gateway.unchanged():
        answer = await propose(gateway, desk, ana)

    assert (answer.status_code, answer.json()["error"]) == (429, "slow_down")


async def test_what_is_taken_back_can_not_be_answered(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    number = await proposed(gateway, desk, ana)
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(f"{MINE}/{number}")
    await desk.ask("DELETE", f"{ROOM}/{number}")

    after = await browser.fill(page, "correction-answer", {"answer": "accept"})

    assert after.status_code == 404
    assert await held(gateway, ana, "given_name") == "Ana"
    assert (await desk.ask("DELETE", f"{ROOM}/{number}")).status_code == 409
    assert (await told(desk, number))["state"] == "withdrawn"


async def test_the_citizen_sees_both_and_why(gateway: Gateway, desk: Api, ana: Citizen) -> None:
    number = await proposed(gateway, desk, ana)
    browser = Browser(gateway, ana.cookie)

    page = (await browser.follow(f"{MINE}/{number}")).text

    for said in ("Ana", NEW, WHY, SEEN, "Front desk", "They are right", "as your own word"):
        assert said in page, said
    assert f"{MINE}/{number}" in (await browser.follow("/account/details")).text
    assert f"{MINE}/{number}" in (await browser.follow(MINE)).text
    assert "1 detail of yours is wrong" in (await browser.follow("/account")).text


async def test_a_yes_changes_what_citizens_tell_and_all_who_have_it_learn(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    """N19: the path of a change that the citizen makes: seen beforehand, told, on the timeline."""
    hears = await signals.api(gateway, "hears-of-it")
    stream = await hears.create()
    number = await proposed(gateway, desk, ana)

    page = await answered(gateway, ana, number, answer="accept", tell=["hears-of-it"])

    assert "You said that they are right" in page.text
    assert "1 service is told" in page.text
    assert await held(gateway, ana, "given_name") == NEW
    [raw] = (await hears.poll(stream))["sets"].values()
    [event] = signals.read(gateway, raw)["events"].values()
    assert event["claims"] == ["given_name"]
    assert (await told(desk, number))["state"] == "accepted"
    assert "answered_on" in await told(desk, number)
    [row] = await gateway.rows(
        "SELECT source_type, source, recorded_by FROM idp.attributes WHERE account_id = $1"
        " AND claim = 'given_name' AND status = 'active'",
        ana.account,
    )
    assert (row["source_type"], row["source"]) == ("self", None)
    assert row["recorded_by"] == f"account:{ana.account}"


async def test_a_yes_never_overwrites_what_a_register_says(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    """It is contested instead: nobody gets it until the register has settled it."""
    await registered(gateway, ana, "birthdate", BORN)
    number = await proposed(gateway, desk, ana, claim="birthdate", value=OTHER_DAY)

    page = await answered(gateway, ana, number, answer="accept")

    assert "No service gets this detail until the register has settled it" in page.text
    async with gateway.runtime.entry() as entry:
        vault = gateway.runtime.vault
        found = (await attributes.read(entry, vault, ana.account, ["birthdate"]))["birthdate"]
        released = await attributes.release(entry, vault, ana.account, ["birthdate", "age_over_18"])
    assert (found.value, found.verified, found.disputed) == (BORN, True, True)
    assert released.values == {}
    assert (await told(desk, number))["state"] == "accepted"


async def test_a_no_leaves_all_as_it_is(gateway: Gateway, desk: Api, ana: Citizen) -> None:
    await registered(gateway, ana, "birthdate", BORN)
    number = await proposed(gateway, desk, ana, claim="birthdate", value=OTHER_DAY)

    async with gateway.unchanged("relying_parties.corrections"):
        await answered(gateway, ana, number, answer="dispute", words="My mother knows.\nAsk her.")

    assert await held(gateway, ana, "birthdate") == BORN
    answer = await told(desk, number)
    assert (answer["state"], answer["said"]) == ("disputed", "My mother knows.\nAsk her.")


async def test_a_no_may_say_that_what_is_held_is_wrong_too(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    await registered(gateway, ana, "birthdate", BORN)
    number = await proposed(gateway, desk, ana, claim="birthdate", value=OTHER_DAY)

    await answered(gateway, ana, number, answer="dispute", contest="yes")

    async with gateway.runtime.entry() as entry:
        vault = gateway.runtime.vault
        found = (await attributes.read(entry, vault, ana.account, ["birthdate"]))["birthdate"]
    assert found.disputed
    assert (await told(desk, number))["state"] == "disputed"


async def test_an_explanation_reaches_that_office_alone(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    number = await proposed(gateway, desk, ana)

    async with gateway.unchanged("relying_parties.corrections"):
        page = await answered(gateway, ana, number, answer="explain", words="  I use <both>. ")

    assert "I use &lt;both&gt;." in page.text
    assert await held(gateway, ana, "given_name") == "Ana"
    answer = await told(desk, number)
    assert (answer["state"], answer["said"]) == ("explained", "I use <both>.")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"answer": "perhaps"},
        {"answer": "explain"},
        {"answer": "explain", "words": " \n "},
        {"answer": "explain", "words": "x" * 1001},
        {"answer": "dispute", "words": "a\u202eb"},
    ],
)
async def test_an_answer_that_is_none_is_asked_for_again(
    gateway: Gateway, desk: Api, ana: Citizen, form: dict[str, str]
) -> None:
    number = await proposed(gateway, desk, ana)

    async with gateway.unchanged():
        page = await answered(gateway, ana, number, **form)

    assert page.status_code == 422
    assert "There is a problem" in page.text


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"auth_time": "auth_time - interval '6 minutes'"}, id="six-minutes-ago"),
        pytest.param({"aal": "1", "amr": "ARRAY['pwd']"}, id="password-beside-a-passkey"),
    ],
)
async def test_a_yes_takes_a_fresh_and_strong_sign_in_and_a_no_does_not(
    gateway: Gateway, desk: Api, ana: Citizen, over: dict[str, str]
) -> None:
    await ceremonies.added(gateway, ana)
    number = await proposed(gateway, desk, ana)
    for name, value in over.items():
        change = f"UPDATE idp.sessions SET {name} = {value} WHERE id = $1"
        await gateway.rows(change, ana.session)

    page = await answered(gateway, ana, number, answer="accept")
    assert str(page.url).endswith(f"/login/confirm?next=corrections/{number}")
    assert 'name="password"' not in page.text  # where there is a passkey, it takes that
    assert (await told(desk, number))["state"] == "open"
    assert await held(gateway, ana, "given_name") == "Ana"

    await answered(gateway, ana, number, answer="dispute")
    assert (await told(desk, number))["state"] == "disputed"


async def test_only_a_form_of_ours_answers(gateway: Gateway, desk: Api, ana: Citizen) -> None:
    """Group CS: without its token nothing is answered."""
    number = await proposed(gateway, desk, ana)
    browser = Browser(gateway, ana.cookie)

    async with gateway.unchanged():
        answer = await browser.send("POST", f"{MINE}/{number}", {"answer": "dispute"})

    assert answer.status_code == 403


async def test_of_fifty_answers_at_once_one_counts(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    number = await proposed(gateway, desk, ana)
    browser = Browser(gateway, ana.cookie)
    path, form = browser.form(await browser.follow(f"{MINE}/{number}"), "correction-answer")
    choices = ("accept", "dispute", "explain")

    answers = await asyncio.gather(
        *(
            gateway.post(
                path,
                form | {"answer": choices[n % 3], "words": f"number {n}"},
                headers={"cookie": "; ".join(f"{k}={v}" for k, v in browser.cookies.items())},
                node=n % 2,
            )
            for n in range(MANY)
        )
    )

    # 409: it changed while they read it, 503: come again; neither counts.
    assert {303} <= {one.status_code for one in answers} <= {303, 409, 503}
    state = (await told(desk, number))["state"]
    assert state in ("accepted", "disputed", "explained")
    assert await held(gateway, ana, "given_name") == (NEW if state == "accepted" else "Ana")
    [row] = await gateway.rows(
        "SELECT count(*) AS n FROM idp.attributes WHERE account_id = $1 AND claim = 'given_name'",
        ana.account,
    )
    assert row["n"] == (2 if state == "accepted" else 1)


async def test_who_answers_something_that_changed_meanwhile_is_asked_again(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    """What was read is what is agreed to: here a register spoke in between."""
    number = await proposed(gateway, desk, ana)
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(f"{MINE}/{number}")
    await registered(gateway, ana, "given_name", "Anastasia")

    async with gateway.unchanged():
        after = await browser.fill(page, "correction-answer", {"answer": "accept"})

    assert after.status_code == 409
    assert "Anastasia" in after.text
    assert (await told(desk, number))["state"] == "open"


@pytest.mark.parametrize("effect", [Effect.WRITE, Effect.CONTEST])
async def test_a_yes_overwrites_nothing_that_is_saved_in_the_same_moment(
    gateway: Gateway, desk: Api, ana: Citizen, effect: Effect
) -> None:
    """The answer has been looked at and waits, as another tab, or a register, writes."""
    if effect is Effect.CONTEST:
        await registered(gateway, ana, "given_name", "Anastasia")
    number = await proposed(gateway, desk, ana)
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(f"{MINE}/{number}")

    async with gateway.runtime.entry() as holding:
        theirs = [await signals.subject(gateway, ana, "corrects")]
        assert await corrections.hold(holding, UUID(number), theirs)
        answer = asyncio.create_task(browser.fill(page, "correction-answer", {"answer": "accept"}))
        while not answer.done() and not await gateway.rows(BLOCKED):
            pass
        if effect is Effect.CONTEST:
            await registered(gateway, ana, "given_name", "Annette")
        else:
            other = Browser(gateway, ana.cookie)
            form = await other.follow("/account/details/given_name")
            await other.fill(form, "detail-save", {"given_name": "Annette"})
    after = await answer

    assert after.status_code == 409
    assert "Annette" in after.text
    assert "This was changed meanwhile" in after.text
    assert await held(gateway, ana, "given_name") == "Annette"
    assert (await told(desk, number))["state"] == "open"
    async with gateway.runtime.entry() as entry:
        vault = gateway.runtime.vault
        found = (await attributes.read(entry, vault, ana.account, ["given_name"]))["given_name"]
    assert not found.disputed


async def test_another_citizen_sees_and_answers_nothing(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    number = await proposed(gateway, desk, ana)
    other = await gateway.citizen("corrects")
    browser = Browser(gateway, other.cookie)

    for path in (f"{MINE}/{number}", f"{MINE}/x", f"{MINE}/{corrections.new_id()}"):
        page = await browser.follow(path)
        assert page.status_code == 404
        assert NEW not in page.text
    assert "No office says" in (await browser.follow(MINE)).text


async def test_who_stopped_sharing_is_not_read_about(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    number = await proposed(gateway, desk, ana)
    whom = await signals.subject(gateway, ana, "corrects")
    async with gateway.runtime.entry() as entry:
        found = await consents.current(entry, whom, "corrects")
        assert found is not None
        await consents.withdraw(entry, found.id, [whom])

    assert (await desk.ask("GET", f"{ROOM}/{number}")).status_code == 404


async def test_no_table_queue_mail_or_log_tells_what_was_said(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    """Nor does a moment lead from the account to the service (ADR 2)."""
    number = await proposed(gateway, desk, ana, value="Xanthippe", evidence={"en": "Paper 0815"})
    [mail] = await mailed(gateway, ana)
    assert (mail.template, mail.fields) == ("correction-proposed", {})
    assert await mailed(gateway, ana) == []
    await answered(gateway, ana, number, answer="accept")

    everything = await gateway.dump() + gateway.logs()
    for secret in ("Xanthippe", WHY, "Paper 0815"):
        assert secret not in everything, secret
    rows = await gateway.rows("SELECT c::text AS line FROM relying_parties.corrections c")
    assert not [row for row in rows if str(ana.account) in row["line"]]
    [row] = await gateway.rows(
        "SELECT at FROM keys.journal WHERE kind = 'AttributesChanged' AND actor = $1"
        " ORDER BY seq DESC LIMIT 1",
        f"account:{ana.account}",
    )
    beside = await gateway.rows("SELECT kind FROM keys.journal WHERE at = $1", row["at"])
    assert {one["kind"] for one in beside} == {"AttributesChanged"}
    same = await gateway.rows(
        "SELECT 1 FROM relying_parties.corrections WHERE answered_at = $1", row["at"]
    )
    assert same == []


async def test_what_nobody_answers_runs_out_and_can_be_proposed_anew(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    number = await proposed(gateway, desk, ana)
    await gateway.rows(
        "UPDATE relying_parties.corrections SET expires_at = $2 WHERE id::text = $1",
        number,
        now() - timedelta(seconds=1),
    )

    page = await Browser(gateway, ana.cookie).follow(f"{MINE}/{number}")
    assert "Not answered in time" in page.text
    assert "correction-answer" not in page.text
    assert (await told(desk, number))["state"] == "expired"
    assert await proposed(gateway, desk, ana) != number


async def test_what_was_said_and_answered_can_be_taken_along(
    gateway: Gateway, desk: Api, ana: Citizen
) -> None:
    taken_back = await proposed(gateway, desk, ana, claim="birthdate", value=BORN)
    await desk.ask("DELETE", f"{ROOM}/{taken_back}")
    number = await proposed(gateway, desk, ana)
    await answered(gateway, ana, number, answer="explain", words="Ask my mother.")
    async with gateway.runtime.entry() as entry:
        account = await accounts.find(entry, ana.account)
        assert account is not None
        key = await attributes.data_key(entry, gateway.runtime.vault, ana.account)
        subjects = await locking.subjects(entry, gateway.runtime.vault, ana.account)
        whose = Whose(gateway.runtime, entry, account, key, subjects, "en")
        made = json.loads((await PART.gather(whose))["corrections.json"])

    row, back = made["corrections"]
    assert (back["state"], back["claim"], back["value"]) == ("withdrawn", "birthdate", BORN)
    assert (row["service"], row["claim"], row["value"]) == ("corrects", "given_name", NEW)
    assert (row["state"], row["said"]) == ("explained", "Ask my mother.")
    assert (row["reason"], row["evidence"]) == ({"en": WHY}, {"en": SEEN})
    Draft202012Validator(PART.schema).validate(made)


async def test_old_ones_are_forgotten(gateway: Gateway, desk: Api, ana: Citizen) -> None:
    await proposed(gateway, desk, ana)
    hers = await signals.subject(gateway, ana, "corrects")
    await gateway.rows(
        "UPDATE relying_parties.corrections SET created_at = $2 WHERE subject = $1",
        hers,
        now() - corrections.KEPT - timedelta(days=1),
    )

    async with gateway.runtime.entry() as entry:
        assert await corrections.purge(entry) >= 1
        assert await corrections.of_subjects(entry, [hers]) == []


@pytest.mark.parametrize("named", ["given_name", [7], ["email"]])
async def test_nobody_corrects_what_they_may_not_see(gateway: Gateway, named: Any) -> None:
    async with gateway.runtime.entry() as entry:
        with pytest.raises(RegistrationInvalid, match=r"spec\.corrections"):
            await onboarding.apply(entry, document("sees-little", corrections=named))


@pytest.mark.parametrize("claim", sorted(correcting.CORRIGIBLE))
def test_every_detail_has_its_effect(claim: str) -> None:
    """What citizens may tell is written; what only registers write never is."""
    does = correcting.effect(claim, None)

    assert does is (Effect.WRITE if claim in catalog.TOLD else Effect.NOTHING)


@pytest.mark.parametrize(
    ("source", "verified", "does"),
    [
        ("register", True, Effect.CONTEST),
        ("document", True, Effect.CONTEST),
        ("self", True, Effect.NOTHING),
        ("register", False, Effect.WRITE),  # its verification has ended: it is no more than told
        ("self", False, Effect.WRITE),
    ],
)
def test_what_was_verified_is_never_overwritten(source: str, verified: bool, does: Effect) -> None:
    held = attributes.Attribute(
        claim="address",
        value={},
        source_type=source,
        source=None,
        verified=verified,
        verified_at=None,
        recorded_at=now(),
        valid_from=None,
        status="active",
        version=1,
    )

    assert correcting.effect("address", held) is does
