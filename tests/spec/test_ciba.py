"""CIBA Core 1.0 and FAPI-CIBA: the request from behind, its answer, and who learns what.

The citizen's own page has its tests in test_ciba_inbox.py, pings theirs in test_ciba_ping.py.
"""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest

from gateway.runtime import now
from keys import opaque
from relying_parties import clients
from relying_parties.grants import backchannel_requests
from tests.support import asking, dpop, services, verdicts
from tests.support.asking import MESSAGE
from tests.support.browser import meanwhile
from tests.support.gateway import Citizen, Gateway


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and was never asked."""
    return await gateway.citizen()


def at(seconds: int) -> int:
    return int(now().timestamp()) + seconds


async def test_it_is_announced(gateway: Gateway) -> None:
    """CIBA §4: where, how answers are told, what signs; no push and no user code."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    assert told["backchannel_authentication_endpoint"] == f"{gateway.issuer}/bc-authorize"
    assert told["backchannel_token_delivery_modes_supported"] == ["poll", "ping"]
    algs = told["backchannel_authentication_request_signing_alg_values_supported"]
    assert algs == ["ES256", "PS256"]
    assert told["backchannel_user_code_parameter_supported"] is False
    assert asking.CIBA in told["grant_types_supported"]


# The request, §7.1


async def test_a_request_is_acknowledged(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-1, §7.3: an identifier that can't be guessed, how long, how often."""
    answer = await asking.send(gateway, asking.signed(gateway, login_hint=ana.email))

    told = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert len(told["auth_req_id"]) == 43
    assert (told["expires_in"], told["interval"]) == (300, 5)
    assert told["auth_req_id"] not in await gateway.dump()


@pytest.mark.parametrize(
    ("over", "lives"),
    [
        pytest.param({"requested_expiry": 120}, 120, id="CIBA-7.1-number"),
        pytest.param({"requested_expiry": "90"}, 90, id="FAPI-CIBA-string"),
        pytest.param({"requested_expiry": 10}, 10, id="CIBA-7.1-short"),
        pytest.param({"requested_expiry": 86400}, 1800, id="CIBA-7.1-no-longer-than-we-keep-it"),
        pytest.param({"scope": "email openid"}, 300, id="CIBA-7.1-other-order-of-scopes"),
        pytest.param({"acr_values": "phr"}, 300, id="CIBA-7.1-acr-values"),
        pytest.param({"aud": ["ISSUER", "https://else.example"]}, 300, id="JAR-several-audiences"),
        pytest.param({"binding_message": "品川 №7"}, 300, id="CIBA-7.1-message-in-any-script"),
    ],
)
async def test_a_request_that_is_good_all_the_same(
    gateway: Gateway, ana: Citizen, over: dict[str, Any], lives: int
) -> None:
    if "aud" in over:
        over = {"aud": [gateway.issuer, over["aud"][1]]}

    answer = await asking.send(gateway, asking.signed(gateway, login_hint=ana.email, **over))

    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_in"] == lives


@pytest.mark.parametrize(
    ("over", "error"),
    [
        pytest.param({"aud": None}, "invalid_request", id="CIBA-7.1.1-no-aud"),
        pytest.param({"aud": "https://else.example"}, "invalid_request", id="CIBA-7.1.1-bad-aud"),
        pytest.param({"iss": None}, "invalid_request", id="CIBA-7.1.1-no-iss"),
        pytest.param({"iss": "hotline"}, "invalid_request", id="CIBA-7.1.1-bad-iss"),
        pytest.param({"exp": None}, "invalid_request", id="CIBA-9-no-exp"),
        pytest.param({"exp": timedelta(seconds=-60)}, "invalid_request", id="CIBA-7.1.1-expired"),
        pytest.param({"exp": timedelta(minutes=70)}, "invalid_request", id="FAPI-CIBA-70-minutes"),
        pytest.param({"iat": None}, "invalid_request", id="CIBA-9-no-iat"),
        pytest.param({"nbf": None}, "invalid_request", id="CIBA-9-no-nbf"),
        pytest.param({"nbf": timedelta(minutes=10)}, "invalid_request", id="CIBA-7.1.1-not-yet"),
        pytest.param(
            {"nbf": timedelta(minutes=-70)}, "invalid_request", id="FAPI-CIBA-nbf-70-minutes-ago"
        ),
        pytest.param({"jti": None}, "invalid_request", id="CIBA-9-no-jti"),
        pytest.param({"client_id": "hotline"}, "invalid_request", id="JAR-another-client-id"),
        pytest.param({"scope": "email"}, "invalid_scope", id="CIBA-7.1-no-openid"),
        pytest.param({"scope": None}, "invalid_scope", id="CIBA-7.1-no-scope"),
        pytest.param({"login_hint": None}, "invalid_request", id="CIBA-7.1-no-hint"),
        pytest.param({"login_hint_token": "x"}, "invalid_request", id="CIBA-2-two-hints"),
        pytest.param(
            {"login_hint": None, "login_hint_token": "x"}, "invalid_request", id="CIBA-hint-token"
        ),
        pytest.param(
            {"login_hint": None, "id_token_hint": "x"}, "invalid_request", id="CIBA-hint-not-ours"
        ),
        pytest.param({"login_hint": "ana"}, "unknown_user_id", id="CIBA-13-no-address"),
        pytest.param({"user_code": "1234"}, "invalid_request", id="CIBA-7.1-user-code"),
        pytest.param(
            {"claims": {"id_token": {"sub": {"value": "x"}}}},
            "invalid_request",
            id="CIBA-2-sub-beside-the-hint",
        ),
        pytest.param({"requested_expiry": 0}, "invalid_request", id="CIBA-7.1-expiry-zero"),
        pytest.param({"requested_expiry": -5}, "invalid_request", id="CIBA-7.1-expiry-negative"),
        pytest.param({"requested_expiry": "soon"}, "invalid_request", id="CIBA-7.1-expiry-word"),
        pytest.param({"requested_expiry": 1.5}, "invalid_request", id="CIBA-7.1-expiry-fraction"),
        pytest.param({"requested_expiry": True}, "invalid_request", id="CIBA-7.1-expiry-bool"),
        pytest.param(
            {"binding_message": None}, "invalid_binding_message", id="FAPI-CIBA-no-context"
        ),
        pytest.param({"binding_message": "x" * 101}, "invalid_binding_message", id="CIBA-7-long"),
        pytest.param({"binding_message": "a\nb"}, "invalid_binding_message", id="CIBA-7-two-lines"),
        pytest.param(
            {"binding_message": "a\u202eb"}, "invalid_binding_message", id="CIBA-7-turned-round"
        ),
        pytest.param({"binding_message": "a\u200b"}, "invalid_binding_message", id="CIBA-7-unseen"),
        pytest.param({"resource": "https://else.example"}, "invalid_target", id="RFC8707-foreign"),
    ],
)
async def test_a_bad_request_is_refused_and_changes_nothing(
    gateway: Gateway, ana: Citizen, over: dict[str, Any], error: str
) -> None:
    # From now on, not from when the tests were gathered.
    moments = {
        name: at(int(value.total_seconds()))
        for name, value in over.items()
        if isinstance(value, timedelta)
    }
    raw = asking.signed(gateway, **{"login_hint": ana.email} | over | moments)

    async with gateway.unchanged("keys.replays"):
        answer = await asking.send(gateway, raw)

    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text


async def test_what_is_not_signed_is_refused(gateway: Gateway, ana: Citizen) -> None:
    """FAPI-CIBA §5.2.2: no object; none of the client's; no algorithm of the profile."""
    header, body, _ = asking.signed(gateway, login_hint=ana.email).split(".")
    rsa: Any = {"key": services.RSA_KEY, "kid": "rsa", "login_hint": ana.email}
    refused = [
        None,
        f"{header}.{body}.",
        asking.signed(gateway, login_hint=ana.email, key=services.STRANGER),
        asking.signed(gateway, alg="RS256", **rsa),
    ]

    answers = [await asking.send(gateway, raw) for raw in refused]
    plain = await asking.send(
        gateway, None, login_hint=ana.email, scope="openid", binding_message=MESSAGE
    )
    strong = await asking.send(gateway, asking.signed(gateway, alg="PS256", **rsa))

    assert [one.json()["error"] for one in (*answers, plain)] == ["invalid_request"] * 5
    assert strong.status_code == 200, strong.text


async def test_nothing_stands_beside_the_object(gateway: Gateway, ana: Citizen) -> None:
    """CIBA §7.1.1: what is not signed does not count, and is not let by in silence."""
    raw = asking.signed(gateway, login_hint=ana.email)

    answer = await asking.send(gateway, raw, scope="openid profile")

    assert answer.json()["error"] == "invalid_request"


async def test_an_object_works_once(gateway: Gateway, ana: Citizen) -> None:
    """CIBA §7.1.1: fifty at once make one request, over both processes."""
    raw = asking.signed(gateway, login_hint=ana.email)

    answers = await asyncio.gather(*(asking.send(gateway, raw, node=n % 2) for n in range(50)))

    assert sorted(one.status_code for one in answers) == [200] + [400] * 49


async def test_only_registered_services_ask(gateway: Gateway, ana: Citizen) -> None:
    """§13: another profile, a suspended service, nobody at all."""
    raw = asking.signed(gateway, "gov", login_hint=ana.email)

    other = await asking.send(gateway, raw, "gov")
    nobody = await gateway.post("/bc-authorize", {"request": asking.signed(gateway)})
    get = await gateway.get("/bc-authorize")

    assert (other.status_code, other.json()["error"]) == (400, "unauthorized_client")
    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_client")
    assert get.status_code == 405


@pytest.mark.parametrize("path", ["", "/token", "/bc-authorize"])
async def test_an_assertion_may_be_for_these(gateway: Gateway, ana: Citizen, path: str) -> None:
    """CIBA §7.1: issuer, token endpoint and this endpoint; nothing else, and none beside it."""
    form = {"request": asking.signed(gateway, login_hint=ana.email)}
    to = {"aud": f"{gateway.issuer}{path}"}
    good = services.by_assertion(services.assertion(gateway, "counter", **to))

    answer = await gateway.post("/bc-authorize", form | good)

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "aud", ["https://else.example", ["ISSUER"], "ISSUER/par"], ids=["other", "list", "par"]
)
async def test_an_assertion_for_others_is_refused(gateway: Gateway, ana: Citizen, aud: Any) -> None:
    form = {"request": asking.signed(gateway, login_hint=ana.email)}
    spelt = [gateway.issuer] if isinstance(aud, list) else aud.replace("ISSUER", gateway.issuer)
    bad = services.by_assertion(services.assertion(gateway, "counter", aud=spelt))

    answer = await gateway.post("/bc-authorize", form | bad)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/bc-authorize", "/token"])
async def test_an_assertion_of_another_algorithm_is_refused(
    gateway: Gateway, ana: Citizen, path: str
) -> None:
    """FAPI-CIBA §7.10: RS256, with a key that is registered; or none at all."""
    request = await asking.ask(gateway, ana)
    form = {"grant_type": asking.CIBA, "auth_req_id": request} if path == "/token" else {}
    form |= {"request": asking.signed(gateway, login_hint=ana.email)}
    rsa: dict[str, Any] = {"key": services.RSA_KEY, "header": {"kid": "rsa"}}
    weak = services.by_assertion(services.assertion(gateway, "counter", alg="RS256", **rsa))

    answers = [await gateway.post(path, form | proof) for proof in (weak, {})]

    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


# Whom it is about, and what the service learns of that


async def test_nobody_learns_whether_there_is_an_account(gateway: Gateway, ana: Citizen) -> None:
    """CIBA §14: the same answer, the same row and the same time; it runs out."""
    stranger = Citizen(ana.account, ana.session, f"no-{ana.email}", "")
    known = await asking.ask(gateway, ana)
    unknown = await asking.ask(gateway, stranger)
    rows = [await row(gateway, one) for one in (known, unknown)]

    polled = [await asking.poll(gateway, one) for one in (known, unknown)]
    for one in (known, unknown):
        await asking.later(gateway, one, 400)
    ended = [await asking.poll(gateway, one) for one in (known, unknown)]

    assert [{name for name in one if one[name] is None} for one in rows] == [
        {name for name in rows[0] if rows[0][name] is None}
    ] * 2
    assert [len(one["subject"]) for one in rows] == [43, 43]
    assert len(rows[0]["citizen"]) == len(rows[1]["citizen"])
    assert [one.json() for one in polled] == [polled[0].json()] * 2
    assert [one.json()["error"] for one in ended] == ["expired_token"] * 2


async def test_the_row_links_nobody(gateway: Gateway, ana: Citizen) -> None:
    """ADR 2: neither the address nor the account stands with the request."""
    found = await row(gateway, await asking.ask(gateway, ana))

    told = str(found)
    assert ana.email not in told
    assert str(ana.account) not in told


async def test_a_citizen_is_named_by_a_former_id_token(gateway: Gateway, ana: Citizen) -> None:
    """§7.1 ``id_token_hint``: ours, of this client, however old."""
    first = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, first)
    hint = (await asking.poll(gateway, first)).json()["id_token"]

    again = await asking.ask(gateway, ana, id_token_hint=hint)
    await asking.approve(gateway, ana, again)
    answer = await asking.poll(gateway, again)
    foreign = await asking.send(
        gateway, asking.signed(gateway, "hotline", id_token_hint=hint), "hotline"
    )

    assert verdicts.claims(answer.json()["id_token"])["sub"] == verdicts.claims(hint)["sub"]
    assert foreign.json()["error"] == "invalid_request"


async def test_a_hint_about_nobody_names_nobody(gateway: Gateway) -> None:
    """§7.1 ``id_token_hint``: an answer by JARM is signed by us, and for this client, too."""
    told = {"iss": gateway.issuer, "aud": "counter", "exp": at(600), "code": "x", "state": "y"}
    raw = asking.signed(gateway, id_token_hint=gateway.sign_id_token(told))

    async with gateway.unchanged("keys.replays"):
        answer = await asking.send(gateway, raw)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_service_does_not_nag(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-10: one waits at a time, three an hour without a yes; others are not hindered."""
    first = await asking.ask(gateway, ana)
    raw = asking.signed(gateway, login_hint=ana.email)
    second = await asking.send(gateway, raw)
    other = await asking.ask(gateway, ana, "hotline")

    await asking.decline(gateway, ana, first)
    for _ in range(2):
        await asking.decline(gateway, ana, await asking.ask(gateway, ana))
    fourth = await asking.send(gateway, asking.signed(gateway, login_hint=ana.email))

    assert other
    for refused in (second, fourth):
        assert refused.status_code == 429
        assert refused.json()["error"] == "temporarily_unavailable"
        assert "Retry-After" in refused.json()["error_description"]
    assert 0 < int(second.headers["retry-after"]) <= 300
    assert 300 < int(fourth.headers["retry-after"]) <= 3600


async def test_nobody_is_not_nagged_either(gateway: Gateway) -> None:
    """Or the second answer would tell what the first does not."""
    address = f"{opaque.handle().lower()}@nowhere.example"

    first = await asking.send(gateway, asking.signed(gateway, login_hint=address))
    second = await asking.send(gateway, asking.signed(gateway, login_hint=address))

    assert (first.status_code, second.status_code) == (200, 429)


async def test_being_told_to_wait_ties_no_address_to_a_token(gateway: Gateway) -> None:
    """CIBA-10, CO-11: whose address it is makes no difference to what the service is told."""
    ana, bea = [await gateway.citizen() for _ in range(2)]
    tokens = []
    for one in (ana, bea):
        request = await asking.ask(gateway, one)
        await asking.approve(gateway, one, request)
        tokens.append((await asking.poll(gateway, request)).json()["id_token"])

    told = []
    for address, token in ((ana.email, tokens[0]), (f"no-{bea.email}", tokens[1])):
        asked = [{"login_hint": address}, {"id_token_hint": token}, {"login_hint": address.upper()}]
        answers = [
            await asking.send(gateway, asking.signed(gateway, **each))
            for each in (*asked, asked[1])
        ]
        told.append([(one.status_code, sorted(one.json())) for one in answers])

    assert told[0] == told[1]
    assert [status for status, _ in told[0]] == [200, 200, 429, 429]


async def test_fifty_at_once_make_one(gateway: Gateway, ana: Citizen) -> None:
    requests = [asking.signed(gateway, login_hint=ana.email) for _ in range(50)]

    answers = await asyncio.gather(
        *(asking.send(gateway, raw, node=n % 2) for n, raw in enumerate(requests))
    )

    assert sorted(one.status_code for one in answers) == [200] + [429] * 49


async def test_who_said_yes_may_be_asked_again(gateway: Gateway, ana: Citizen) -> None:
    for _ in range(5):
        request = await asking.ask(gateway, ana)
        await asking.approve(gateway, ana, request)
        assert (await asking.poll(gateway, request)).status_code == 200


# The grant, §10.1 and §11


async def test_an_approved_request_becomes_tokens(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-1: pending, approved, tokens; what the citizen agreed to can be read, and no more."""
    request = await asking.ask(gateway, ana, scope="openid profile email offline_access")
    before = await asking.poll(gateway, request)
    await asking.approve(gateway, ana, request)

    answer = await asking.poll(gateway, request)
    told = answer.json()
    read = await userinfo(gateway, told["access_token"])

    assert (before.status_code, before.json()["error"]) == (400, "authorization_pending")
    assert answer.status_code == 200, answer.text
    assert told["token_type"] == "DPoP"
    assert told["refresh_token"]
    assert set(told["scope"].split()) == {"openid", "profile", "email", "offline_access"}
    assert read["email"] == ana.email
    assert "locale" not in read  # an option whose switch nobody moved


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("689b6261-37Ad-47E2-9fE8-73dBcB4b5543", True, id="FAPI-6.2.1-11-echoed"),
        pytest.param("not-an-id", False, id="FAPI-6.2.1-11-no-id"),
        pytest.param(None, False, id="FAPI-6.2.1-11-none-given"),
    ],
)
async def test_what_is_read_carries_the_interaction(
    gateway: Gateway, ana: Citizen, given: str | None, *, kept: bool
) -> None:
    request = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, request)
    token = (await asking.poll(gateway, request)).json()["access_token"]
    proof = dpop.proof(gateway, "/userinfo", method="GET", token=token)
    headers = {"authorization": f"DPoP {token}", "dpop": proof}

    answer = await gateway.get(
        "/userinfo", headers=headers | ({"x-fapi-interaction-id": given} if given else {})
    )

    carried = answer.headers["x-fapi-interaction-id"]
    assert uuid.UUID(carried)
    assert (carried == str(given).lower()) is kept


async def test_the_id_token_tells_of_the_sign_in(gateway: Gateway, ana: Citizen) -> None:
    """§10.1.1: an ordinary one; what a pushed one would carry stays away (§10.3.1)."""
    request = await asking.ask(gateway, ana, nonce="n", acr_values="phr")
    await asking.approve(gateway, ana, request)

    told = (await asking.poll(gateway, request)).json()
    claims = verdicts.claims(told["id_token"])

    assert claims["aud"] == "counter"
    assert claims["acr"] == "phr"
    assert claims["at_hash"]
    assert at(-60) < claims["auth_time"] <= at(0)
    assert not {
        "urn:openid:params:jwt:claim:auth_req_id",
        "urn:openid:params:jwt:claim:rt_hash",
    } & (claims.keys())


async def test_who_comes_too_often_has_to_wait_longer(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-3, §11 ``slow_down``: five seconds more each time, and it is over once approved."""
    request = await asking.ask(gateway, ana)

    polled = [(await asking.poll(gateway, request)).json()["error"] for _ in range(3)]
    interval = (await row(gateway, request))["interval"]
    await asking.later(gateway, request, 11)
    early = (await asking.poll(gateway, request)).json()["error"]
    await asking.later(gateway, request, 21)
    in_time = (await asking.poll(gateway, request)).json()["error"]
    await asking.approve(gateway, ana, request)
    approved = await asking.poll(gateway, request)

    assert polled == ["authorization_pending", "slow_down", "slow_down"]
    assert interval == 15
    assert (early, in_time) == ("slow_down", "authorization_pending")
    assert approved.status_code == 200


async def test_a_request_runs_out(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-4: unanswered, or approved and not come for."""
    unanswered = await asking.ask(gateway, ana)
    await asking.later(gateway, unanswered, 301)
    late = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, late)
    await asking.later(gateway, late, 301)

    for request in (unanswered, late):
        answer = await asking.poll(gateway, request)
        assert (answer.status_code, answer.json()["error"]) == (400, "expired_token")


async def test_a_refresh_token_is_for_the_absence(gateway: Gateway, ana: Citizen) -> None:
    """§12 of Core: the same sign-in; of another client it is nothing."""
    request = await asking.ask(gateway, ana, scope="openid profile offline_access")
    await asking.approve(gateway, ana, request)
    first = (await asking.poll(gateway, request)).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}

    foreign, own = [
        await gateway.post(
            "/token",
            form | asking.proof(gateway, client_id),
            headers={"dpop": dpop.proof(gateway)},
        )
        for client_id in ("hotline", "counter")
    ]

    assert (foreign.status_code, foreign.json()["error"]) == (400, "invalid_grant")
    told, before = (verdicts.claims(one["id_token"]) for one in (own.json(), first))
    for name in ("iss", "sub", "aud", "auth_time"):
        assert told[name] == before[name]
    assert (await userinfo(gateway, own.json()["access_token"]))["sub"] == told["sub"]


async def test_no_is_told(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-5."""
    request = await asking.ask(gateway, ana)
    await asking.decline(gateway, ana, request)

    answers = [await asking.poll(gateway, request) for _ in range(2)]

    assert [one.json()["error"] for one in answers] == ["access_denied"] * 2


async def test_another_client_has_nothing_of_it(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-8: not even that it exists; the one that asked is not disturbed."""
    request = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, request)

    foreign = await asking.poll(gateway, request, "hotline")
    unknown = await asking.poll(gateway, opaque.handle())
    own = await asking.poll(gateway, request)

    assert foreign.json() == unknown.json()
    assert (foreign.status_code, foreign.json()["error"]) == (400, "invalid_grant")
    assert own.status_code == 200


async def test_it_works_once(gateway: Gateway, ana: Citizen) -> None:
    """Of fifty polls at once, over both processes, one gets tokens, and they live."""
    request = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, request)

    answers = await asyncio.gather(*(asking.poll(gateway, request, node=n % 2) for n in range(50)))
    won = [one for one in answers if one.status_code == 200]

    assert len(won) == 1
    lost = {one.json()["error"] for one in answers if one not in won}
    assert lost <= {"invalid_grant", "slow_down"}
    assert (await asking.poll(gateway, request)).json()["error"] == "invalid_grant"
    assert (await userinfo(gateway, won[0].json()["access_token"]))["sub"]


async def test_tokens_are_for_a_key(gateway: Gateway, ana: Citizen) -> None:
    """FAPI-CIBA §5.2.2: without a proof there are none, and the request is not used up."""
    request = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, request)
    form = {"grant_type": asking.CIBA, "auth_req_id": request}

    bare = await gateway.post("/token", form | services.proves(gateway, "counter").form)
    answer = await asking.poll(gateway, request)

    assert (bare.status_code, bare.json()["error"]) == (400, "invalid_dpop_proof")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("client_id", "form", "error"),
    [
        ("gov", {"auth_req_id": "x"}, "unauthorized_client"),
        ("counter", {}, "invalid_request"),
        ("counter", {"auth_req_id": "x", "resource": "https://else.example"}, "invalid_grant"),
    ],
)
async def test_a_bad_poll_gets_its_error(
    gateway: Gateway, client_id: str, form: dict[str, str], error: str
) -> None:
    given = {"grant_type": asking.CIBA} | form | services.proves(gateway, client_id).form

    answer = await gateway.post("/token", given, headers={"dpop": dpop.proof(gateway)})

    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_the_code_behind_it_is_nobodys(gateway: Gateway, ana: Citizen) -> None:
    """What the service holds is no authorization code, whatever address it names."""
    request = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, request)
    form = {"grant_type": "authorization_code", "code": request, "redirect_uri": asking.CIBA}

    as_code = await gateway.post(
        "/token",
        form | services.proves(gateway, "counter").form,
        headers={"dpop": dpop.proof(gateway)},
    )
    answer = await asking.poll(gateway, request)

    assert as_code.json()["error"] == "invalid_grant"
    assert answer.status_code == 200


@pytest.mark.parametrize("what", ["withdrawn", "new-password"])
async def test_what_ends_meanwhile_is_not_handed_out(
    gateway: Gateway, ana: Citizen, what: str
) -> None:
    """RC-17: between the yes and the poll; and the tokens of one that was handed out die, too."""
    request = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, request)
    await meanwhile(gateway, what, ana, "counter")

    answer = await asking.poll(gateway, request)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_signing_out_does_not_undo_a_yes(gateway: Gateway, ana: Citizen) -> None:
    """The service is not in the browser in which the citizen said it."""
    request = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, request)
    await meanwhile(gateway, "signed-out", ana, "counter")

    answer = await asking.poll(gateway, request)

    assert answer.status_code == 200
    assert (await userinfo(gateway, answer.json()["access_token"]))["sub"]


async def test_a_suspended_service_gets_nothing(gateway: Gateway, ana: Citizen) -> None:
    request = await asking.ask(gateway, ana, "hotline")
    await asking.approve(gateway, ana, request)
    try:
        await meanwhile(gateway, "suspended", ana, "hotline")
        await gateway.settled()
        answer = await asking.poll(gateway, request, "hotline")
        asked = await asking.send(
            gateway, asking.signed(gateway, "hotline", login_hint=ana.email), "hotline"
        )
    finally:
        async with gateway.runtime.entry() as entry:
            await clients.resume(entry, "hotline", "test")
        await gateway.settled()

    assert [one.status_code for one in (answer, asked)] == [401, 401]


async def test_what_is_over_is_forgotten(gateway: Gateway, ana: Citizen) -> None:
    """A day after its end nothing is left of it."""
    request = await asking.ask(gateway, ana)
    await asking.later(gateway, request, 2 * 86400)

    async with gateway.runtime.entry() as entry:
        gone = await backchannel_requests.purge(entry)

    assert gone >= 1
    assert (await asking.poll(gateway, request)).json()["error"] == "invalid_grant"


async def row(gateway: Gateway, auth_req_id: str) -> Any:
    """Return what is kept of a request."""
    [found] = await gateway.rows(
        "SELECT * FROM relying_parties.backchannel_requests WHERE digest = $1",
        opaque.digest(auth_req_id),
    )
    return dict(found)


async def userinfo(gateway: Gateway, token: str) -> dict[str, Any]:
    """Read with a bound token."""
    proof = dpop.proof(gateway, "/userinfo", method="GET", token=token)
    headers = {"authorization": f"DPoP {token}", "dpop": proof}
    answer = await gateway.get("/userinfo", headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
