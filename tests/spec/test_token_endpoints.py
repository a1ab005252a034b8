"""Group TK at the endpoints that clients call: shape of requests, tokens of others, answers.

Specs: RFC 6749 §3.2 and §5, RFC 6750 §2 and §3, RFC 7009 §2, RFC 7662 §2 and §4.
"""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import services, verdicts
from tests.support.gateway import Citizen, Gateway

FORM = "application/x-www-form-urlencoded"
CALLED = ("/token", "/par", "/introspect", "/revoke")


async def call(gateway: Gateway, path: str, body: Any, kind: str | None = FORM, **how: Any) -> Any:
    """Post bytes as ``basic``, with the content type that is named."""
    headers = dict(services.proves(gateway, "basic").headers) | how.pop("headers", {})
    if kind is not None:
        headers["content-type"] = kind
    return await gateway.ask("POST", path, content=body, headers=headers, **how)


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        pytest.param("password", "unsupported_grant_type", id="TK-05-password"),
        pytest.param("implicit", "unsupported_grant_type", id="TK-05-implicit"),
        pytest.param("client_credentials", "unauthorized_client", id="TK-22-not-registered"),
        pytest.param("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type",
                     id="TK-05-jwt"),
        pytest.param("Authorization_Code", "unsupported_grant_type", id="TK-05-case"),
        pytest.param("", "invalid_request", id="TK-05-RFC6749-3.2-empty"),
        pytest.param(None, "invalid_request", id="TK-05-missing"),
    ],
)  # fmt: skip
async def test_another_grant_type_is_not_supported(
    gateway: Gateway, ana: Citizen, grant_type: str | None, error: str
) -> None:
    code = await services.code(gateway, ana)
    async with gateway.unchanged():
        answer = await services.redeem(gateway, code, grant_type=grant_type)

    verdicts.refused(answer, error)


@pytest.mark.parametrize("path", CALLED)
async def test_clients_call_by_post_alone(gateway: Gateway, path: str) -> None:
    """TK-07, and no CORS preflight succeeds."""
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    async with gateway.unchanged():
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = await gateway.ask(method, path, headers=headers)
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), method
            assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_parameters_in_the_address_count_for_nothing(gateway: Gateway, ana: Citizen) -> None:
    """TK-07."""
    code = await services.code(gateway, ana)
    async with gateway.unchanged():
        answer = await call(gateway, f"/token?{urlencode(code.form())}", b"")

    verdicts.refused(answer, "invalid_request")


@pytest.mark.parametrize("path", CALLED)
async def test_what_is_no_form_is_not_read_as_an_empty_one(gateway: Gateway, path: str) -> None:
    """TK-08."""
    body = b"grant_type=authorization_code&token=x"
    others = ("application/json", "text/plain", "multipart/form-data; boundary=x", None, f"{FORM}x")
    async with gateway.unchanged():
        for kind in others:
            verdicts.refused(await call(gateway, path, body, kind), "invalid_request", 415)


@pytest.mark.parametrize("path", CALLED)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("&".join(f"f{n}=x" for n in range(1001)), 400, id="TK-10-many-fields"),
        pytest.param("x=" + "y" * 2_000_000, 413, id="TK-10-2-MB"),
        pytest.param("x=%ff", 400, id="TK-11-no-text"),
        pytest.param("x=%00", 400, id="TK-11-nul"),
        pytest.param("token=a&token=a", 400, id="AZ-07-twice"),
        pytest.param("a=1&a=2&grant_type=refresh_token", 400, id="AZ-07-unknown-twice"),
    ],
)
async def test_an_oversized_or_broken_form_is_refused(
    gateway: Gateway, path: str, body: str, status: int
) -> None:
    async with gateway.unchanged():
        answer = await call(gateway, path, body.encode())

    verdicts.refused(answer, "invalid_request", status)


async def test_unknown_parameters_are_ignored_and_not_kept(gateway: Gateway, ana: Citizen) -> None:
    """TK-29."""
    code = await services.code(gateway, ana, client_session_host="planted-host.example")

    answer = await services.redeem(gateway, code, client_session_host="planted-host.example")

    assert answer.status_code == 200
    assert "planted-host" not in await gateway.dump()


async def test_answers_of_the_protocol_are_kept_by_nobody(gateway: Gateway, ana: Citizen) -> None:
    """TK-14, SE-17."""
    code = await services.code(gateway, ana)
    token = await services.redeem(gateway, code)
    bearer = {"authorization": f"Bearer {token.json()['access_token']}"}
    proof = services.proves(gateway, "basic").headers

    for answer in (
        token,
        await gateway.get("/userinfo", headers=bearer),
        await gateway.post("/userinfo", headers=bearer),
        await gateway.post("/introspect", {"token": token.json()["access_token"]}, headers=proof),
        await services.redeem(gateway, code),
    ):
        verdicts.private(answer)


@pytest.mark.parametrize("place", ["query", "query-and-header", "form-and-header", "form-twice"])
async def test_a_token_is_never_taken_from_an_address_or_two_places(
    gateway: Gateway, ana: Citizen, place: str
) -> None:
    """TK-17, RFC 6750 §2."""
    token = (await services.tokens(gateway, ana))["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    named = urlencode({"access_token": token})
    async with gateway.unchanged():
        if place.startswith("query"):
            headers = bearer if "header" in place else {}
            answer = await gateway.get(f"/userinfo?{named}", headers=headers)
        else:
            body = f"{named}&{named}" if "twice" in place else named
            headers = {"content-type": FORM} | (bearer if "header" in place else {})
            answer = await gateway.ask("POST", "/userinfo", content=body, headers=headers)

    verdicts.refused(answer, "invalid_request")
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_request"')


@pytest.mark.parametrize("place", ["header", "form", "lower-case"])
async def test_a_token_is_taken_from_the_header_or_the_form(
    gateway: Gateway, ana: Citizen, place: str
) -> None:
    token = (await services.tokens(gateway, ana))["access_token"]
    scheme = "bearer" if place == "lower-case" else "Bearer"
    how = {"header": {"headers": {"authorization": f"{scheme} {token}"}},
           "lower-case": {"headers": {"authorization": f"{scheme} {token}"}},
           "form": {"form": {"access_token": token}}}[place]  # fmt: skip

    answer = await gateway.post("/userinfo", **how)

    assert answer.json()["email"] == ana.email


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic eDp5", "Bearer a b", "Bearer é", "Bearer " + "x" * 15_000,
     "DPoP x", 'Bearer "x"', "Bearer x, Bearer y"],
    ids=lambda value: value[:12],
)  # fmt: skip
async def test_what_is_no_token_of_ours_reads_nothing(gateway: Gateway, header: str) -> None:
    """TK-28, RFC 6750 §3.1: without a token there is no error to name."""
    async with gateway.unchanged():
        answer = await gateway.get("/userinfo", headers={"authorization": header.encode()})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    named = answer.json().get("error")
    assert named == (None if header in ("", "Bearer", "Basic eDp5", "DPoP ")
                     else "invalid_token")  # fmt: skip


@pytest.mark.parametrize("kind", ["id_token", "refresh_token", "code"])
async def test_only_an_access_token_reads(gateway: Gateway, ana: Citizen, kind: str) -> None:
    """TK-16, LO-07: nothing else that we made opens userinfo."""
    code = await services.code(gateway, ana, scope="openid profile offline_access")
    told = (await services.redeem(gateway, code)).json() | {"code": code.value}
    async with gateway.unchanged():
        answer = await gateway.get("/userinfo", headers={"authorization": f"Bearer {told[kind]}"})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize("who", ["other", "post", "gov"])
async def test_others_learn_nothing_of_a_token(gateway: Gateway, ana: Citizen, who: str) -> None:
    """TK-25."""
    token = (await services.tokens(gateway, ana))["access_token"]
    proof = services.proves(gateway, who)
    async with gateway.unchanged("keys.replays"):
        answer = await gateway.post(
            "/introspect", {"token": token} | proof.form, headers=proof.headers
        )

    assert (answer.status_code, answer.json()) == (200, {"active": False})


@pytest.mark.parametrize("token", ["x", "x" * 20_000, "' OR 1=1 --", "é"])
async def test_an_unknown_token_is_not_active(gateway: Gateway, token: str) -> None:
    proof = services.proves(gateway, "basic")
    async with gateway.unchanged():
        looked = await gateway.post("/introspect", {"token": token}, headers=proof.headers)
        ended = await gateway.post("/revoke", {"token": token}, headers=proof.headers)

    assert looked.json() == {"active": False}
    assert (ended.status_code, ended.content) == (200, b"")


async def test_a_public_client_cannot_introspect(gateway: Gateway) -> None:
    """RFC 7662 §2.1: who asks must have proved who it is."""
    someone = await gateway.citizen("app")
    token = (await services.tokens(gateway, someone, "app"))["access_token"]
    async with gateway.unchanged():
        answer = await gateway.post("/introspect", {"token": token, "client_id": "app"})

    verdicts.refused(answer, "invalid_client", 401)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_others_cannot_end_a_token(gateway: Gateway, ana: Citizen, kind: str) -> None:
    """TK-26: 200, and nothing happened."""
    told = await services.tokens(gateway, ana, scope="openid profile offline_access")
    proof = services.proves(gateway, "other")
    async with gateway.unchanged():
        answer = await gateway.post("/revoke", {"token": told[kind]}, headers=proof.headers)

    assert answer.status_code == 200
    alive = await gateway.get(
        "/userinfo", headers={"authorization": f"Bearer {told['access_token']}"}
    )
    assert alive.status_code == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "bogus", None])
async def test_a_token_that_was_given_back_is_dead_everywhere(
    gateway: Gateway, ana: Citizen, hint: str | None
) -> None:
    token = (await services.tokens(gateway, ana))["access_token"]
    form = {"token": token} | ({"token_type_hint": hint} if hint else {})
    proof = services.proves(gateway, "basic")

    ended = await gateway.post("/revoke", form, headers=proof.headers)

    assert ended.status_code == 200
    for node in (0, 1):
        read = await gateway.get(
            "/userinfo", headers={"authorization": f"Bearer {token}"}, node=node
        )
        told = await gateway.post("/introspect", form, headers=proof.headers, node=node)
        assert (read.status_code, told.json()) == (401, {"active": False})


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_giving_back_twice_is_no_error(gateway: Gateway, ana: Citizen, kind: str) -> None:
    """REV-2, REV-4, RFC 7009 §2.2: what is dead already, or never was, is dead all the same."""
    token = (await services.tokens(gateway, ana, scope="openid offline_access"))[kind]
    proof = services.proves(gateway, "basic")

    answers = [
        await gateway.post("/revoke", {"token": one}, headers=proof.headers)
        for one in (token, token, "never-was")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.content for answer in answers}) == 1


async def test_rev_1_who_gives_back_a_refresh_token_gives_back_all(
    gateway: Gateway, ana: Citizen
) -> None:
    """RFC 7009 §2.1: the access tokens that came of it, too."""
    told = await services.tokens(gateway, ana, scope="openid offline_access")
    proof = services.proves(gateway, "basic")

    await gateway.post("/revoke", {"token": told["refresh_token"]}, headers=proof.headers)

    about = await gateway.post(
        "/introspect", {"token": told["access_token"]}, headers=proof.headers, node=1
    )
    assert about.json() == {"active": False}


@pytest.mark.parametrize(
    "odd", ["\r\nset-cookie: a=b", "\t", '"quoted"', "back\\slash", "é", "\x7f", "<b>"], ids=ascii
)
@pytest.mark.parametrize("name", ["grant_type", "scope", "code", "resource"])
async def test_an_error_is_told_in_plain_characters(gateway: Gateway, name: str, odd: str) -> None:
    """TK-13, RFC 6749 §5.2: whatever was sent, and none of it comes back in a header."""
    proof = services.proves(gateway, "basic")
    form = {"grant_type": "authorization_code", "code": "x", name: f"a{odd}b"}

    answer = await gateway.post("/token", form, headers=proof.headers)

    assert 400 <= answer.status_code < 500
    verdicts.refused(answer, answer.json()["error"], answer.status_code)
    assert "set-cookie" not in answer.headers
