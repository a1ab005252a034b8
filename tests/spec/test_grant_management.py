"""Services that manage their grants: Grant Management for OAuth 2.0 (FAPI WG draft 03)."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from keys import opaque
from relying_parties.errors import RegistrationInvalid
from tests.support import detailed, services, verdicts
from tests.support.browser import Browser, meanwhile
from tests.support.detailed import decision, plain, share
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK

CLIENT, REQUIRED, OTHER = "grants", "grants-required", "grants-other"
QUERY, REVOKE = "grant_management_query", "grant_management_revoke"


@pytest.fixture(scope="module", autouse=True)
async def registered(gateway: Gateway) -> None:
    """A service that may manage its grants, one that always has to, and one of another agency."""
    await detailed.service(gateway, CLIENT, grantManagement="optional")
    await detailed.service(gateway, REQUIRED, grantManagement="required")
    await gateway.service(services.document(OTHER, "southtown", grantManagement="optional"))
    await gateway.settled()


@pytest.fixture
async def bea(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and has agreed to nothing."""
    return await gateway.citizen()


async def granted(
    gateway: Gateway, someone: Citizen, *details: Any, client_id: str = CLIENT, **over: Any
) -> dict[str, Any]:
    """Let a citizen agree to a fresh grant; return what the service is told."""
    over = {"grant_management_action": "create", "scope": "openid profile offline_access"} | over
    return await detailed.tokens(gateway, someone, client_id, *details, **over)


async def silently(gateway: Gateway, someone: Citizen, **over: Any) -> dict[str, str]:
    """Ask without a page; return what the redirect tells."""
    _, answer = await detailed.ask(gateway, someone, CLIENT, prompt="none", **over)
    return verdicts.sent_back(answer, CALLBACK, gateway.issuer)


async def changed(gateway: Gateway, someone: Citizen, **over: Any) -> dict[str, Any]:
    """Merge or replace without a page; return what the service is told."""
    code = await services.code(gateway, someone, CLIENT, **over)
    answer = await services.redeem(gateway, code)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def own_token(gateway: Gateway, client_id: str = CLIENT, **over: Any) -> Any:
    """Ask for a token for the API."""
    proof = services.proves(gateway, client_id)
    form = {"grant_type": "client_credentials", "scope": f"{QUERY} {REVOKE}"} | over
    return await gateway.post("/token", form | proof.form, headers=proof.headers)


async def at_api(
    gateway: Gateway, method: str, grant_id: str, client_id: str = CLIENT, **over: Any
) -> Any:
    """Ask the API about a grant."""
    token = (await own_token(gateway, client_id, **over)).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    return await gateway.ask(method, f"/grants/{grant_id}", headers=headers)


async def refresh(gateway: Gateway, told: dict[str, Any]) -> Any:
    proof = services.proves(gateway, CLIENT)
    form = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    return await gateway.post("/token", form, headers=proof.headers)


async def test_discovery_names_the_api(gateway: Gateway) -> None:
    """§7.1; RFC9728-3."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()
    described = (await gateway.get("/.well-known/oauth-protected-resource/grants")).json()

    endpoint = told["grant_management_endpoint"]
    assert endpoint == described["resource"] == f"{gateway.issuer}/grants"
    assert {*told["grant_management_actions_supported"]} == {
        *("query", "revoke", "create", "merge", "replace")
    }
    assert told["grant_management_action_required"] is False
    assert {QUERY, REVOKE} <= {*told["scopes_supported"]}
    assert described["scopes_supported"] == [QUERY, REVOKE]
    assert endpoint in told["protected_resources"]


async def test_create_returns_an_id(gateway: Gateway, bea: Citizen) -> None:
    """GM-1, §5.5: with the tokens, and with refreshed ones, and never by the browser."""
    code = await detailed.agreed(
        gateway, bea, CLIENT, grant_management_action="create", scope="openid offline_access"
    )
    told = (await services.redeem(gateway, code)).json()
    again = (await refresh(gateway, told)).json()

    (row,) = await gateway.rows(
        "SELECT consent_id FROM relying_parties.codes WHERE digest = $1", opaque.digest(code.value)
    )
    assert told["grant_id"] == again["grant_id"] == str(row["consent_id"])


async def test_who_does_not_ask_is_told_none(gateway: Gateway, bea: Citizen) -> None:
    assert "grant_id" not in await detailed.tokens(gateway, bea, CLIENT)


@pytest.mark.parametrize(
    ("client_id", "asked"),
    [
        pytest.param(CLIENT, {"grant_id": str(uuid4())}, id="GM-8-id-without-action"),
        pytest.param(
            CLIENT,
            {"grant_management_action": "create", "grant_id": str(uuid4())},
            id="5.4-create-with-an-id",
        ),
        pytest.param(CLIENT, {"grant_management_action": "merge"}, id="5.4-merge-without-id"),
        pytest.param(CLIENT, {"grant_management_action": "replace"}, id="5.4-replace-without-id"),
        pytest.param(CLIENT, {"grant_management_action": "update"}, id="5.4-action-unknown"),
        pytest.param(CLIENT, {"grant_management_action": "query"}, id="5.4-action-of-the-api"),
        pytest.param(REQUIRED, {}, id="5.4-action-required"),
        pytest.param("basic", {"grant_management_action": "create"}, id="5.1-not-registered"),
        pytest.param(
            CLIENT, {"grant_management_action": ["create", "create"]}, id="RFC6749-3.1-twice"
        ),
    ],
)
async def test_a_wrong_action_is_refused(
    gateway: Gateway, bea: Citizen, client_id: str, asked: dict[str, Any]
) -> None:
    form = detailed.request(client_id, scope="openid") | asked
    proof = services.proves(gateway, client_id)

    async with gateway.unchanged():
        pushed = await gateway.post("/par", form, headers=proof.headers)
        brought = await gateway.get("/authorize", params=form, headers=bea.headers)

    verdicts.refused(pushed, "invalid_request")
    told = verdicts.sent_back(brought, CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_request"


@pytest.mark.parametrize("action", ["merge", "replace"])
@pytest.mark.parametrize("whose", ["nobody", "no-uuid", "spelt", "citizen", "service", "over"])
async def test_a_grant_of_others_is_no_grant(
    gateway: Gateway, bea: Citizen, action: str, whose: str
) -> None:
    """GM-4, §5.4: unknown, another citizen's, another service's or ended: one answer."""
    grant_id = {"nobody": str(uuid4()), "no-uuid": "x" * 36}.get(whose, "")
    if whose in ("citizen", "over", "spelt"):
        owner = await gateway.citizen() if whose == "citizen" else bea
        grant_id = (await granted(gateway, owner))["grant_id"]
    if whose == "service":
        grant_id = str((await gateway.agree(bea.account, OTHER)).id)
    if whose == "over":
        await meanwhile(gateway, "withdrawn", bea, CLIENT)
    if whose == "spelt":
        grant_id = grant_id.upper()
    await gateway.agree(bea.account, CLIENT)

    told = await silently(gateway, bea, grant_management_action=action, grant_id=grant_id)

    assert told["error"] == "invalid_grant_id"


@pytest.mark.parametrize(
    "grant_id",
    [
        pytest.param("0b7c0f7e-6f5e-4a43-9d0e-3c8f1f6a2b11", id="5.4-unknown"),
        pytest.param("' OR 1=1 --", id="5.4-no-id"),
        pytest.param("x" * 4000, id="5.4-long"),
    ],
)
async def test_a_pushed_request_learns_it_at_once(gateway: Gateway, grant_id: str) -> None:
    """§5.4."""
    proof = services.proves(gateway, CLIENT)
    form = detailed.request(CLIENT, grant_management_action="merge", grant_id=grant_id)

    answer = await gateway.post("/par", form, headers=proof.headers)

    verdicts.refused(answer, "invalid_grant_id")


async def test_a_wrong_account_may_still_be_changed(gateway: Gateway, bea: Citizen) -> None:
    """Whoever is to sign in first is not judged by who was here before."""
    grant_id = (await granted(gateway, bea))["grant_id"]
    other = await gateway.citizen(CLIENT)

    _, page = await detailed.ask(
        gateway, other, CLIENT, prompt="login", grant_management_action="merge", grant_id=grant_id
    )

    assert page.url.path.startswith("/login")


async def test_create_takes_the_place_of_the_one_before(gateway: Gateway, bea: Citizen) -> None:
    """§5.3: a fresh id; everything is asked anew, and what was before ends."""
    before = await granted(gateway, bea, decision())
    silent = await silently(gateway, bea, grant_management_action="create", scope="openid")
    _, page = await detailed.ask(
        gateway, bea, CLIENT, grant_management_action="create", scope="openid"
    )
    after = await granted(gateway, bea, scope="openid")

    assert silent["error"] == "consent_required"
    assert "takes the place" in page.text
    assert after["grant_id"] != before["grant_id"]
    verdicts.refused(await refresh(gateway, before), "invalid_grant")
    assert (await at_api(gateway, "GET", before["grant_id"])).status_code == 404
    fresh = (await at_api(gateway, "GET", after["grant_id"])).json()
    assert (fresh["claims"], fresh["authorization_details"]) == ([], [])


async def test_merge_keeps_what_was(gateway: Gateway, bea: Citizen) -> None:
    """GM-2, §5.3: the id stays, old refresh tokens do not."""
    before = await granted(gateway, bea, decision(), scope="openid profile offline_access")
    after = await detailed.tokens(
        gateway,
        bea,
        CLIENT,
        grant_management_action="merge",
        grant_id=before["grant_id"],
        scope="openid email offline_access",
    )

    seen = (await at_api(gateway, "GET", before["grant_id"])).json()

    assert after["grant_id"] == before["grant_id"]
    assert {"name", "email", "email_verified"} <= {*seen["claims"]}
    assert plain(seen["authorization_details"]) == [decision()]
    verdicts.refused(await refresh(gateway, before), "invalid_grant")
    assert (await refresh(gateway, after)).status_code == 200


async def test_replace_keeps_what_was_asked_alone(gateway: Gateway, bea: Citizen) -> None:
    """GM-3, §5.3: less takes no question, and the citizen reads who gave it up."""
    before = await granted(gateway, bea, decision(), scope="openid profile email offline_access")
    after = await changed(
        gateway,
        bea,
        grant_management_action="replace",
        grant_id=before["grant_id"],
        scope="openid email",
    )

    seen = (await at_api(gateway, "GET", before["grant_id"])).json()
    page = await Browser(gateway, bea.cookie).follow(f"/account/sharing/{CLIENT}")
    dropped = await silently(gateway, bea, scope="openid profile")

    assert after["grant_id"] == before["grant_id"]
    assert seen["claims"] == ["email", "email_verified"]
    assert seen["authorization_details"] == []
    assert seen["scopes"] == [{"scope": "openid email"}]
    assert seen["updated_by"] == "client"
    assert "The service gave up details" in page.text
    assert 'id="undo"' not in page.text
    assert dropped["error"] == "consent_required"
    verdicts.refused(await refresh(gateway, before), "invalid_grant")


async def test_replace_asks_for_more(gateway: Gateway, bea: Citizen) -> None:
    """§5.3: and drops the rest when it is agreed to."""
    before = await granted(gateway, bea, decision(), scope="openid profile")
    named = {"grant_management_action": "replace", "grant_id": before["grant_id"]}
    silent = await silently(gateway, bea, scope="openid email", **named)
    await detailed.tokens(gateway, bea, CLIENT, share(claims=["email"]), scope="openid", **named)

    seen = (await at_api(gateway, "GET", before["grant_id"])).json()

    assert silent["error"] == "consent_required"
    assert seen["claims"] == ["email", "email_verified"]
    assert plain(seen["authorization_details"]) == [share(claims=["email"])]


async def test_who_does_not_agree_changes_nothing(gateway: Gateway, bea: Citizen) -> None:
    before = await granted(gateway, bea, scope="openid profile offline_access")
    browser, page = await detailed.ask(
        gateway,
        bea,
        CLIENT,
        grant_management_action="replace",
        grant_id=before["grant_id"],
        scope="openid email",
    )

    answer = await browser.fill(page, "consent-deny", {"answer": "deny"})

    assert verdicts.sent_back(answer, CALLBACK, gateway.issuer)["error"] == "access_denied"
    assert (await refresh(gateway, before)).status_code == 200


async def test_a_query_tells_what_the_grant_covers(gateway: Gateway, bea: Citizen) -> None:
    """GM-5, §6.4: names and dates; no value, no token, nobody's name."""
    resource = detailed.FILED
    told = await granted(
        gateway,
        bea,
        share(),
        scope="openid profile offline_access files:read",
        resource=[resource],
    )

    answer = await at_api(gateway, "GET", told["grant_id"])
    seen = answer.json()

    assert answer.headers["cache-control"] == "no-store"
    assert seen.keys() == {
        *("scopes", "claims", "authorization_details"),
        *("created_at", "last_updated", "expires_at", "updated_by"),
    }
    first, second = seen["scopes"]
    assert {"openid", "profile", "email", "offline_access"} <= {*first["scope"].split()}
    assert second["resource"] == [resource]
    assert "files:read" in second["scope"].split()
    assert seen["created_at"] <= seen["last_updated"] < seen["expires_at"]
    assert seen["updated_by"] == "client"
    assert plain(seen["authorization_details"]) == [share()]
    assert bea.email not in answer.text


async def test_what_the_citizen_stops_is_seen(gateway: Gateway, bea: Citizen) -> None:
    """§6.4: the grant is the consent in their account."""
    told = await granted(gateway, bea, scope="openid profile email")
    browser = Browser(gateway, bea.cookie)
    page = await browser.follow(f"/account/sharing/{CLIENT}")
    await browser.fill(page, "save", {"share": "email"})

    seen = (await at_api(gateway, "GET", told["grant_id"])).json()
    await meanwhile(gateway, "withdrawn", bea, CLIENT)
    after = await at_api(gateway, "GET", told["grant_id"])

    assert seen["claims"] == ["email", "email_verified"]
    assert seen["updated_by"] == "authorization_server"
    assert after.status_code == 404


async def test_revoke_ends_everything(gateway: Gateway, bea: Citizen) -> None:
    """GM-6, §6.5: and the citizen reads who did it."""
    told = await granted(gateway, bea, decision())
    proof = services.proves(gateway, CLIENT)

    ended = await at_api(gateway, "DELETE", told["grant_id"])

    assert (ended.status_code, ended.content) == (204, b"")
    assert (await at_api(gateway, "DELETE", told["grant_id"])).status_code == 404
    assert (await at_api(gateway, "GET", told["grant_id"])).status_code == 404
    verdicts.refused(await refresh(gateway, told), "invalid_grant")
    looked = await gateway.post(
        "/introspect", {"token": told["access_token"]}, headers=proof.headers
    )
    assert looked.json() == {"active": False}
    assert (await silently(gateway, bea, scope="openid"))["error"] == "consent_required"
    page = (await Browser(gateway, bea.cookie).follow(f"/account/sharing/{CLIENT}")).text
    assert "The service ended it" in page
    assert "You stopped sharing" not in page
    assert 'id="undo"' not in page
    (row,) = await gateway.rows(
        "SELECT actor FROM keys.journal WHERE kind = 'ConsentWithdrawn' AND object = $1",
        f"consent:{told['grant_id']}",
    )
    assert row["actor"] == f"client:{CLIENT}"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("which", ["other's", "nobody's", "no-uuid", "spelt"])
async def test_another_service_finds_nothing(
    gateway: Gateway, bea: Citizen, method: str, which: str
) -> None:
    """GM-7, §6.6: an id that leaked is worth nothing, and says nothing."""
    told = await granted(gateway, bea)
    client_id = OTHER if which == "other's" else CLIENT
    grant_id = {
        "nobody's": str(uuid4()),
        "no-uuid": "1",
        "spelt": told["grant_id"].upper(),
    }.get(which, told["grant_id"])

    answer = await at_api(gateway, method, grant_id, client_id)

    verdicts.refused(answer, "invalid_grant_id", 404)
    assert (await refresh(gateway, told)).status_code == 200


@pytest.mark.parametrize(("method", "scope"), [("GET", REVOKE), ("DELETE", QUERY)])
async def test_another_scope_does_not_do(
    gateway: Gateway, bea: Citizen, method: str, scope: str
) -> None:
    """§6.6: 403."""
    told = await granted(gateway, bea)

    answer = await at_api(gateway, method, told["grant_id"], scope=scope)

    verdicts.refused(answer, "insufficient_scope", 403)


@pytest.mark.parametrize("which", ["none", "made-up", "citizen's", "other-api's"])
async def test_another_token_does_not_do(gateway: Gateway, bea: Citizen, which: str) -> None:
    """§6.6: 401, and where the API is described."""
    told = await granted(gateway, bea)
    headers = {}
    if which == "made-up":
        headers = {"authorization": f"Bearer {opaque.handle()}"}
    if which == "citizen's":
        headers = {"authorization": f"Bearer {told['access_token']}"}
    if which == "other-api's":
        proof = services.proves(gateway, "clerk")
        form = {"grant_type": "client_credentials"}
        other = await gateway.post("/token", form, headers=proof.headers)
        headers = {"authorization": f"Bearer {other.json()['access_token']}"}

    answer = await gateway.ask("DELETE", f"/grants/{told['grant_id']}", headers=headers)

    assert answer.status_code == 401
    described = f"{gateway.issuer}/.well-known/oauth-protected-resource/grants"
    assert described in answer.headers["www-authenticate"]
    if which != "none":
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert (await refresh(gateway, told)).status_code == 200


@pytest.mark.parametrize(
    ("client_id", "over", "error"),
    [
        pytest.param("basic", {}, "unauthorized_client", id="6.1-not-registered"),
        pytest.param(CLIENT, {"scope": f"{QUERY} email"}, "unauthorized_client", id="6.1-mixed"),
        pytest.param(CLIENT, {"scope": "openid"}, "unauthorized_client", id="6.1-other-scope"),
    ],
)
async def test_who_is_not_registered_gets_no_token(
    gateway: Gateway, client_id: str, over: dict[str, str], error: str
) -> None:
    verdicts.refused(await own_token(gateway, client_id, **over), error)


async def test_the_api_may_be_named_as_a_resource(gateway: Gateway) -> None:
    """RFC8707-2: then any of its scopes, and no other's."""
    api = {"resource": f"{gateway.issuer}/grants"}

    both = await own_token(gateway, scope="", **api)
    other = await own_token(gateway, scope="openid", **api)
    told = both.json()
    looked = await detailed.look(gateway, told["access_token"], CLIENT)

    assert told["scope"] == f"{QUERY} {REVOKE}"
    assert (looked["active"], looked["aud"]) == (True, api["resource"])
    assert "refresh_token" not in told
    verdicts.refused(other, "invalid_scope")


async def test_what_was_taken_away_works_no_more(gateway: Gateway, bea: Citizen) -> None:
    """The registration in force decides, whatever was issued before."""
    await detailed.service(gateway, "grants-once", grantManagement="optional")
    told = await granted(gateway, bea, client_id="grants-once")
    token = (await own_token(gateway, "grants-once")).json()["access_token"]
    await detailed.service(gateway, "grants-once")

    headers = {"authorization": f"Bearer {token}"}
    answer = await gateway.get(f"/grants/{told['grant_id']}", headers=headers)

    verdicts.refused(answer, "insufficient_scope", 403)
    assert await detailed.look(gateway, token, "grants-once") == {"active": False}


async def test_a_public_client_manages_none(gateway: Gateway) -> None:
    """§5.1."""
    with pytest.raises(RegistrationInvalid, match=r"spec\.grantManagement: profile_forbids"):
        await gateway.service(
            services.document(
                "grants-app",
                profile="native-public",
                redirectUris=[services.APP],
                auth={"method": "none"},
                grantManagement="optional",
            )
        )


async def test_two_agencies_can_not_match_a_citizen(gateway: Gateway, bea: Citizen) -> None:
    """§9: each has an id of its own, drawn at random."""
    one = await granted(gateway, bea, scope="openid")
    two = await granted(gateway, bea, client_id=OTHER, scope="openid")

    ids = [one["grant_id"], two["grant_id"]]
    assert len({*ids}) == 2
    assert all(each[14] == "4" for each in ids)  # RFC 9562: nothing but chance


async def test_of_fifty_revocations_one_ends_it(gateway: Gateway, bea: Citizen) -> None:
    """One change of the grant, one line of its history."""
    told = await granted(gateway, bea)
    token = (await own_token(gateway)).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    path = f"/grants/{told['grant_id']}"

    answers = await asyncio.gather(
        *(gateway.ask("DELETE", path, headers=headers, node=n % 2) for n in range(50))
    )

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(204) == 1
    assert {*statuses} <= {204, 404, 503}
    rows = await gateway.rows(
        "SELECT kind FROM relying_parties.consent_changes WHERE consent_id = $1::uuid"
        " AND kind = 'revoked'",
        told["grant_id"],
    )
    assert len(rows) == 1


async def test_details_travel_with_the_id(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-7 beside §5.5: one answer tells both."""
    told = await granted(gateway, bea, decision())

    assert told["grant_id"]
    assert plain(told["authorization_details"]) == [decision()]
    assert json.dumps(told).count(told["grant_id"]) == 1
