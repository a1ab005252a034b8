"""Group RT: what a service may use in the citizen's absence, and what ends it.

Specs: RFC 6749 §6, RFC 7009 §2, RFC 9700 §4.14, OpenID Connect Core §11 and §12.2.
"""

import asyncio
import time
from typing import Any

import pytest

from gateway import news
from idp import identifiers
from keys import opaque, pairwise
from tests.support import letters, services, verdicts
from tests.support.browser import meanwhile
from tests.support.gateway import Citizen, Gateway

SCOPE = "openid profile email offline_access"


async def refresh(
    gateway: Gateway, token: str, client_id: str = "basic", *, node: int = 0, **over: str
) -> Any:
    proof = services.proves(gateway, client_id)
    form = {"grant_type": "refresh_token", "refresh_token": token} | over | proof.form
    return await gateway.post("/token", form, headers=proof.headers, node=node)


async def reads(gateway: Gateway, token: str, node: int = 0) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return int((await gateway.get("/userinfo", headers=headers, node=node)).status_code)


@pytest.fixture
async def held(gateway: Gateway, ana: Citizen) -> dict[str, Any]:
    """What ``basic`` holds of a citizen who agreed to offline access."""
    return await services.tokens(gateway, ana, scope=SCOPE)


@pytest.fixture
async def app(gateway: Gateway) -> dict[str, Any]:
    """What ``app``, a public client, holds."""
    someone = await gateway.citizen("app")
    return await services.tokens(gateway, someone, "app", scope=SCOPE)


async def test_a_service_keeps_its_token(gateway: Gateway, held: dict[str, Any]) -> None:
    """FAPI 2.0 §5.3.2.1: no rotation for who proves who it is; RT-13: a lost answer is no harm."""
    first = (await refresh(gateway, held["refresh_token"])).json()
    again = (await refresh(gateway, held["refresh_token"], node=1)).json()

    assert first["refresh_token"] == again["refresh_token"] == held["refresh_token"]
    assert len({one["access_token"] for one in (held, first, again)}) == 3
    assert [await reads(gateway, one["access_token"]) for one in (held, first, again)] == [200] * 3


async def test_a_refreshed_id_token_is_about_the_same_sign_in(
    gateway: Gateway, held: dict[str, Any]
) -> None:
    """RT-14."""
    before = verdicts.claims(held["id_token"])

    after = verdicts.claims((await refresh(gateway, held["refresh_token"])).json()["id_token"])

    kept = ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert "nonce" not in after


async def test_an_app_gets_another_token_each_time(gateway: Gateway, app: dict[str, Any]) -> None:
    first = (await refresh(gateway, app["refresh_token"], "app")).json()
    second = (await refresh(gateway, first["refresh_token"], "app", node=1)).json()

    assert len({one["refresh_token"] for one in (app, first, second)}) == 3


async def test_a_token_that_was_replaced_ends_its_family(
    gateway: Gateway, app: dict[str, Any]
) -> None:
    """RT-01: somebody else has a copy."""
    first = (await refresh(gateway, app["refresh_token"], "app")).json()
    second = (await refresh(gateway, first["refresh_token"], "app")).json()

    replayed = await refresh(gateway, app["refresh_token"], "app", node=1)

    verdicts.refused(replayed, "invalid_grant")
    verdicts.refused(await refresh(gateway, second["refresh_token"], "app"), "invalid_grant")
    for one in (app, first, second):
        assert await reads(gateway, one["access_token"], node=1) == 401


async def test_rt_01_the_citizen_hears_of_a_copy(gateway: Gateway, app: dict[str, Any]) -> None:
    """RFC 9700 §4.14.2: once, by a mail that names no service."""
    first = (await refresh(gateway, app["refresh_token"], "app")).json()
    await refresh(gateway, first["refresh_token"], "app")
    [whose] = await gateway.rows(
        "SELECT citizen FROM relying_parties.codes WHERE subject = $1 AND client_id = 'app'",
        verdicts.claims(app["id_token"])["sub"],
    )
    account = pairwise.open_citizen(gateway.runtime.vault.sealer, whose["citizen"], "app")
    async with gateway.runtime.entry() as entry:
        [email] = await identifiers.emails(entry, gateway.runtime.vault, account)

    for _ in range(2):
        verdicts.refused(await refresh(gateway, app["refresh_token"], "app"), "invalid_grant")
    until = time.monotonic() + 60  # transactions of other tests hold up what is final
    while not await letters.queued(gateway, email) and time.monotonic() < until:
        await news.tell_citizens(gateway.runtime)
    for _ in range(3):
        await news.tell_citizens(gateway.runtime)

    assert await letters.queued(gateway, email) == [("token-copied", {})]


async def test_an_answer_that_was_lost_is_told_again(gateway: Gateway, app: dict[str, Any]) -> None:
    """RT-13, RT-04: the same successor within ten seconds, and no second chain."""
    lost = (await refresh(gateway, app["refresh_token"], "app")).json()

    again = (await refresh(gateway, app["refresh_token"], "app", node=1)).json()

    assert again["refresh_token"] == lost["refresh_token"]
    assert await _living(gateway, lost["refresh_token"]) == 1


async def test_a_token_that_was_replaced_long_ago_is_not_told_again(
    gateway: Gateway, app: dict[str, Any]
) -> None:
    lost = (await refresh(gateway, app["refresh_token"], "app")).json()
    await gateway.rows(
        "UPDATE relying_parties.refresh_tokens SET replaced_at = now() - interval '11 s'"
        " WHERE digest = $1",
        opaque.digest(app["refresh_token"]),
    )

    verdicts.refused(await refresh(gateway, app["refresh_token"], "app"), "invalid_grant")
    verdicts.refused(await refresh(gateway, lost["refresh_token"], "app"), "invalid_grant")


@pytest.mark.parametrize("who", ["other", "app", "post"])
async def test_a_token_is_its_own_client_s(
    gateway: Gateway, held: dict[str, Any], who: str
) -> None:
    """RT-07."""
    async with gateway.unchanged():
        answer = await refresh(gateway, held["refresh_token"], who)

    verdicts.refused(answer, "invalid_grant")


@pytest.mark.parametrize("form", [{}, {"client_id": "basic"}, {"client_id": "nobody"}])
async def test_a_token_alone_is_worth_nothing(
    gateway: Gateway, held: dict[str, Any], form: dict[str, str]
) -> None:
    """RT-07."""
    given = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]} | form
    async with gateway.unchanged():
        verdicts.refused(await gateway.post("/token", given), "invalid_client", 401)


@pytest.mark.parametrize("token", ["", "x", "x" * 20_000, "é", "' OR 1=1 --"], ids=lambda t: t[:9])
async def test_an_unknown_token_is_refused(gateway: Gateway, token: str) -> None:
    async with gateway.unchanged():
        answer = await refresh(gateway, token)

    verdicts.refused(answer, "invalid_grant" if token else "invalid_request")


async def test_an_access_token_or_a_code_does_not_refresh(gateway: Gateway, ana: Citizen) -> None:
    code = await services.code(gateway, ana, scope=SCOPE)
    told = (await services.redeem(gateway, code)).json()
    async with gateway.unchanged():
        for wrong in (told["access_token"], told["id_token"], code.value):
            verdicts.refused(await refresh(gateway, wrong), "invalid_grant")


async def test_stopping_to_share_stops_it_at_once(gateway: Gateway, ana: Citizen) -> None:
    """RT-08: at the other node, too."""
    held = await services.tokens(gateway, ana, scope=SCOPE)
    await meanwhile(gateway, "withdrawn", ana, "basic")

    async with gateway.unchanged():
        answer = await refresh(gateway, held["refresh_token"], node=1)

    verdicts.refused(answer, "invalid_grant")


async def test_it_goes_on_after_signing_out(gateway: Gateway, ana: Citizen) -> None:
    """LO-10: that is what offline access means; what was only for the session ends."""
    held = await services.tokens(gateway, ana, scope=SCOPE)
    session = await services.tokens(gateway, ana)
    await meanwhile(gateway, "signed-out", ana, "basic")

    assert (await refresh(gateway, held["refresh_token"], node=1)).status_code == 200
    assert await reads(gateway, session["access_token"], node=1) == 401


async def test_a_service_that_lost_offline_access_cannot_refresh(gateway: Gateway) -> None:
    """RT-10 (GHSA-895x-rfqp-jh5c)."""
    await gateway.service(services.document("demoted"))
    someone = await gateway.citizen("demoted")
    held = await services.tokens(gateway, someone, "demoted", scope=SCOPE)
    await gateway.service(services.document("demoted", offlineAccess=False))
    await gateway.settled()

    async with gateway.unchanged():
        answer = await refresh(gateway, held["refresh_token"], "demoted", node=1)

    verdicts.refused(answer, "invalid_grant")


async def test_who_may_not_gets_no_offline_access(gateway: Gateway) -> None:
    someone = await gateway.citizen("quiet")

    told = await services.tokens(gateway, someone, "quiet", scope=SCOPE)

    assert "refresh_token" not in told
    assert told["scope"] == "openid profile email"


@pytest.mark.parametrize("column", ["expires_at", "idle_until"])
async def test_a_token_has_an_end(gateway: Gateway, held: dict[str, Any], column: str) -> None:
    """RT-11."""
    await gateway.rows(
        f"UPDATE relying_parties.refresh_tokens SET {column} = now() WHERE digest = $1",
        opaque.digest(held["refresh_token"]),
    )
    async with gateway.unchanged():
        answer = await refresh(gateway, held["refresh_token"])

    verdicts.refused(answer, "invalid_grant")


async def test_using_a_token_moves_its_idle_end_and_nothing_else(
    gateway: Gateway, held: dict[str, Any]
) -> None:
    """RT-11: the absolute end is the consent's."""
    sql = "SELECT idle_until, expires_at FROM relying_parties.refresh_tokens WHERE digest = $1"
    before = (await gateway.rows(sql, opaque.digest(held["refresh_token"])))[0]
    await refresh(gateway, held["refresh_token"])
    after = (await gateway.rows(sql, opaque.digest(held["refresh_token"])))[0]

    assert before["idle_until"] < after["idle_until"] <= after["expires_at"]
    assert before["expires_at"] == after["expires_at"]


@pytest.mark.parametrize("client_id", ["basic", "app"])
@pytest.mark.parametrize("scope", [f"{SCOPE} address", "openid phone"])
async def test_a_wider_scope_is_refused_and_changes_nothing(
    gateway: Gateway, client_id: str, scope: str
) -> None:
    """TK-20, RFC 6749 §6."""
    someone = await gateway.citizen(client_id)
    held = await services.tokens(gateway, someone, client_id, scope=SCOPE)
    async with gateway.unchanged():
        answer = await refresh(gateway, held["refresh_token"], client_id, scope=scope)

    verdicts.refused(answer, "invalid_scope")


async def test_a_narrower_scope_reads_less(gateway: Gateway, held: dict[str, Any]) -> None:
    less = (await refresh(gateway, held["refresh_token"], scope="openid profile")).json()

    read = await gateway.get(
        "/userinfo", headers={"authorization": f"Bearer {less['access_token']}"}
    )
    assert less["scope"] == "openid profile"
    assert ("email" in read.json(), "name" in read.json()) == (False, True)


@pytest.mark.parametrize("client_id", ["basic", "app"])
@pytest.mark.parametrize(
    "scope",
    ["", "openid phone offline_access", "offline_access openid phone", "openid"],
    ids=["none", "the-same", "in-another-order", "less"],
)
async def test_what_was_asked_for_by_name_is_in_no_scope(
    gateway: Gateway, client_id: str, scope: str
) -> None:
    """RFC 6749 §6: a smaller scope takes away what the rest stood for, and nothing else."""
    someone = await gateway.citizen(client_id)
    wish = '{"userinfo":{"email":null},"id_token":{"name":null}}'
    asked = {"scope": "openid phone offline_access", "claims": wish}
    held = await services.tokens(gateway, someone, client_id, **asked)
    more = {"scope": scope} if scope else {}

    answer = await refresh(gateway, held["refresh_token"], client_id, **more)

    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert "email" in (await gateway.get("/userinfo", headers=headers)).json()
    assert "name" in verdicts.claims(answer.json()["id_token"])
    assert set(answer.json()["scope"].split()) == set((scope or asked["scope"]).split())


@pytest.mark.parametrize("client_id", ["basic", "app"])
async def test_giving_a_token_back_beats_using_it(gateway: Gateway, client_id: str) -> None:
    """RT-05: once /revoke has answered, nothing works and nothing new appears."""
    someone = await gateway.citizen(client_id)
    held = await services.tokens(gateway, someone, client_id, scope=SCOPE)
    proof = services.proves(gateway, client_id)
    form = {"token": held["refresh_token"]} | proof.form

    *used, _ = await asyncio.gather(
        *(refresh(gateway, held["refresh_token"], client_id, node=n % 2) for n in range(12)),
        gateway.post("/revoke", form, headers=proof.headers),
    )

    told = [one.json() for one in used]
    tokens = [one["access_token"] for one in (held, *told) if "access_token" in one]
    assert [await reads(gateway, token) for token in tokens] == [401] * len(tokens)
    verdicts.refused(await refresh(gateway, held["refresh_token"], client_id), "invalid_grant")


async def _living(gateway: Gateway, token: str) -> int:
    """Count the tokens of the family that could be used now."""
    found = await gateway.rows(
        "SELECT count(*) AS n FROM relying_parties.refresh_tokens r"
        " JOIN relying_parties.codes c ON c.digest = r.code"
        " WHERE r.code = (SELECT code FROM relying_parties.refresh_tokens WHERE digest = $1)"
        " AND r.replaced_at IS NULL AND r.revoked_at IS NULL AND c.ended_at IS NULL",
        opaque.digest(token),
    )
    return int(found[0]["n"])
