"""Group AZ over HTTP: what the browser brings to /authorize, and where it is sent.

Specs: RFC 6749 §3.1 and §4.1, OpenID Connect Core §3.1.2, RFC 9207, RFC 9700 §4.
"""

import re
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.support import services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, SECOND, asked

AAL2 = '{"id_token":{"acr":{"essential":true,"values":["%s"]}}}'
PHR = AAL2 % "phr"
CRLF = "a\r\nset-cookie: x=y"


async def authorize(
    gateway: Gateway, who: Citizen | None = None, query: str = "", **over: Any
) -> Any:
    """Bring a request by the browser; ``query`` is added as it is."""
    headers = who.headers if who else {}
    return await gateway.get(f"/authorize?{urlencode(asked(**over))}{query}", headers=headers)


@pytest.mark.parametrize(
    "client_id",
    [
        pytest.param("nobody", id="AZ-01-unknown"),
        pytest.param(None, id="AZ-02-missing"),
        pytest.param("", id="AZ-02-empty"),
        pytest.param("x" * 7000, id="AZ-02-long"),
        pytest.param("basic\0", id="AZ-02-nul"),
        pytest.param("BASIC", id="AZ-02-case"),
    ],
)
async def test_nobody_is_redirected_for_an_unknown_client(
    gateway: Gateway, ana: Citizen, client_id: str | None
) -> None:
    async with gateway.unchanged():
        answer = await authorize(gateway, ana, client_id=client_id, redirect_uri=CALLBACK)

    verdicts.page(answer)


@pytest.mark.parametrize("over", [{"redirect_uri": None}, {"redirect_uri": ""}])
async def test_an_address_is_never_defaulted(gateway: Gateway, ana: Citizen, over: Any) -> None:
    """AZ-04: even where one alone is registered."""
    async with gateway.unchanged():
        verdicts.page(await authorize(gateway, ana, **over))


@pytest.mark.parametrize(
    ("over", "error"),
    [
        pytest.param({"response_type": None}, "invalid_request", id="AZ-05-missing"),
        pytest.param({"response_type": "token"}, "unsupported_response_type", id="AZ-05-token"),
        pytest.param({"response_type": "code token"}, "unsupported_response_type", id="AZ-05-both"),
        pytest.param({"response_mode": "fragment"}, "invalid_request", id="AZ-08-fragment"),
        pytest.param({"response_mode": "web_message"}, "invalid_request", id="AZ-08-web-message"),
        pytest.param({"state": "s" * 3000}, "invalid_request", id="AZ-10-state-3k"),
        pytest.param({"nonce": "n" * 3000}, "invalid_request", id="AZ-11-nonce-3k"),
        pytest.param({"prompt": "none login"}, "invalid_request", id="AZ-19-none-with-others"),
        pytest.param({"prompt": "bogus"}, "invalid_request", id="AZ-19-bogus"),
        pytest.param({"prompt": ""}, "", id="AZ-19-RFC6749-3.1-empty"),
        pytest.param({"prompt": "none", "claims": PHR}, "unmet", id="AZ-20-none-and-stronger"),
        pytest.param({"claims": "{"}, "invalid_request", id="AZ-25-json"),
        pytest.param({"claims": '{"a":{},"a":{}}'}, "invalid_request", id="AZ-25-twice"),
        pytest.param({"claims": "[" * 1000}, "invalid_request", id="AZ-25-depth"),
        pytest.param({"claims": '{"a":NaN}'}, "invalid_request", id="AZ-25-nan"),
        pytest.param({"claims": "[]"}, "invalid_request", id="AZ-25-array"),
        pytest.param({"claims": AAL2 % r"\ud800"}, "invalid_request", id="AZ-25-surrogate"),
        pytest.param({"claims": AAL2 % r"\u0000"}, "invalid_request", id="AZ-25-nul"),
        pytest.param({"claims": r'{"id_token":{"\udc00":null}}'}, "invalid_request",
                     id="AZ-25-surrogate-name"),
        pytest.param({"claims": '{"id_token":{"acr":[]}}'}, "", id="AZ-25-odd-acr"),
        pytest.param({"claims": '{"id_token":{"acr":{"essential":true,"values":5}}}'},
                     "invalid_request", id="AZ-25-acr-values-are-no-list"),
        pytest.param({"scope": "openid " + " ".join(map(str, range(1000)))}, "invalid_scope",
                     id="AZ-29-many"),
        pytest.param({"scope": "openid " + "x" * 6000}, "invalid_scope", id="AZ-29-long"),
        pytest.param({"scope": "openid openid"}, "invalid_scope", id="AZ-29-twice"),
        pytest.param({"request": "a.b.c"}, "invalid_request_object", id="AZ-41-request"),
        pytest.param({"request_uri": "urn:other:x"}, "request_uri_not_supported", id="AZ-41-uri"),
        pytest.param({"request": "a.b.c", "request_uri": "https://x.example/o"},
                     "invalid_request", id="AZ-41-both"),
        pytest.param({"max_age": "-1"}, "invalid_request", id="max-age-negative"),
        pytest.param({"code_challenge": None, "code_challenge_method": None}, "invalid_request",
                     id="PK-01-no-challenge"),
        pytest.param({"code_challenge_method": None}, "invalid_request", id="PK-02-absent"),
        pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="PK-02-plain"),
        pytest.param({"code_challenge_method": "S512"}, "invalid_request", id="PK-02-S512"),
        pytest.param({"code_challenge": "v" * 42}, "invalid_request", id="PK-02-short"),
    ],
)  # fmt: skip
async def test_a_bad_request_goes_back_with_its_error(
    gateway: Gateway, over: dict[str, str | None], error: str
) -> None:
    weak = await gateway.citizen("basic", aal=1)
    if not error:
        answer = await authorize(gateway, weak, **over)
        assert "code" in verdicts.sent_back(answer, CALLBACK, gateway.issuer)
        return

    async with gateway.unchanged():
        answer = await authorize(gateway, weak, **over)

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["error"] == {"unmet": "unmet_authentication_requirements"}.get(error, error)
    assert told.get("state") == (None if "state" in over else "the state")
    assert "code" not in told


@pytest.mark.parametrize(
    "name",
    [
        *("client_id", "redirect_uri", "state", "nonce", "scope", "prompt", "claims", "request"),
        *("code_challenge", "code_challenge_method", "request_uri", "response_mode", "max_age"),
        *("response_type", "id_token_hint", "login_hint", "acr_values", "ui_locales", "display"),
    ],
)
@pytest.mark.parametrize("same", [True, False], ids=["same", "other"])
async def test_a_parameter_that_comes_twice_is_refused(
    gateway: Gateway, ana: Citizen, name: str, same: bool
) -> None:
    """AZ-07: identical duplicates too."""
    value = asked().get(name, "1")
    twice = f"&{name}={quote(value if same else value + 'x')}"
    async with gateway.unchanged():
        answer = await authorize(gateway, ana, twice, **{name: value})

    if name in ("client_id", "redirect_uri", "request", "request_uri"):
        verdicts.page(answer)
    else:
        told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
        assert told["error"] == "invalid_request"
        assert told.get("state") == (None if name == "state" else "the state")


async def test_an_error_keeps_the_query_of_a_registered_address(gateway: Gateway) -> None:
    answer = await authorize(gateway, redirect_uri=SECOND, prompt="none")

    told = verdicts.sent_back(answer, SECOND, gateway.issuer)
    assert (told["kept"], told["error"], told["state"]) == ("1", "login_required", "the state")


@pytest.mark.parametrize("state", ["s" * 1000, "a b&c=d#e%20+é€𝄞\"'<>", "0", CRLF])
async def test_state_comes_back_as_it_was(gateway: Gateway, ana: Citizen, state: str) -> None:
    """AZ-10, AZ-12."""
    answer = await authorize(gateway, ana, state=state)

    assert verdicts.sent_back(answer, CALLBACK, gateway.issuer)["state"] == state


@pytest.mark.parametrize("error", [False, True])
@pytest.mark.parametrize("state", ["s", '"><script>alert(1)</script>', CRLF])
async def test_an_answer_by_form_goes_to_that_address_alone(
    gateway: Gateway, ana: Citizen, state: str, error: bool
) -> None:
    """OAuth 2.0 Form Post Response Mode; SE-19: what comes back is a value, never markup."""
    over = {"prompt": "none", "max_age": "0"} if error else {}
    answer = await authorize(gateway, ana, response_mode="form_post", state=state, **over)

    found = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', answer.text, re.DOTALL)
    assert found
    fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', found[2]))
    assert unescape(found[1]) == CALLBACK
    assert unescape(fields["state"]).replace("\r\n", "\n") == state.replace("\r\n", "\n")
    assert fields["iss"] == gateway.issuer
    assert fields.get("error") == ("login_required" if error else None)
    assert ("code" in fields) is not error
    policy = answer.headers["content-security-policy"]
    assert "form-action 'self' https://rp.example;" in policy + ";"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("nonce", ["n" * 64, "n" * 384])
async def test_a_nonce_is_echoed_exactly(gateway: Gateway, ana: Citizen, nonce: str) -> None:
    """AZ-11."""
    told = await services.tokens(gateway, ana, nonce=nonce)

    assert verdicts.claims(told["id_token"])["nonce"] == nonce


@pytest.mark.parametrize("raw", ["%ff%fe", "%00", "%ed%a0%80", "%c0%af"])
@pytest.mark.parametrize("name", ["state", "client_id", "unknown"])
async def test_bytes_that_are_no_text_get_a_page(
    gateway: Gateway, ana: Citizen, name: str, raw: str
) -> None:
    """AZ-13: nothing is replaced by U+FFFD in silence."""
    async with gateway.unchanged():
        answer = await authorize(gateway, ana, f"&{name}={raw}", **{name: None})

    verdicts.page(answer)


@pytest.mark.parametrize("size", [9_000, 60_000])
async def test_a_long_address_is_refused_at_the_door(gateway: Gateway, size: int) -> None:
    """AZ-14."""
    async with gateway.unchanged():
        answer = await gateway.get(f"/authorize?client_id=basic&x={'x' * size}")

    assert answer.status_code == 414
    assert "set-cookie" not in answer.headers


async def test_nobody_is_asked_with_prompt_none(gateway: Gateway) -> None:
    """AZ-17: no page, no cookie, no interaction."""
    async with gateway.unchanged():
        answer = await authorize(gateway, prompt="none")

    assert "set-cookie" not in answer.headers
    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["error"] == "login_required"


async def test_an_id_token_claims_no_level_that_was_not_reached(gateway: Gateway) -> None:
    """AZ-20."""
    weak = await gateway.citizen("basic", aal=1)

    told = await services.tokens(gateway, weak, acr_values="phr", prompt="none")

    claims = verdicts.claims(told["id_token"])
    assert claims["amr"] == ["pwd"]
    assert claims.get("acr") not in ("phr", "phrh", "http://eidas.europa.eu/LoA/high")


async def test_a_claim_that_is_not_registered_is_not_told(gateway: Gateway, ana: Citizen) -> None:
    """AZ-26: essential or not; the flow succeeds and nothing is agreed for the citizen."""
    wish = '{"userinfo":{"birthdate":{"essential":true},"gender":null},"id_token":{"address":null}}'
    async with gateway.unchanged("relying_parties.codes"):
        code = await services.code(gateway, ana, claims=wish)

    tokens = (await services.redeem(gateway, code)).json()
    shared = await gateway.get(
        "/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert not {"birthdate", "gender", "address"} & shared.json().keys()
    assert not {"birthdate", "address"} & verdicts.claims(tokens["id_token"]).keys()


@pytest.mark.parametrize("wish", ["xx", "x" * 2000, "xx-" * 600, "ar\r\nSet-Cookie: a=b", "fr xx"])
async def test_a_language_that_nobody_speaks_changes_nothing(gateway: Gateway, wish: str) -> None:
    """AZ-28."""
    answer = await authorize(gateway, ui_locales=wish)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?i=")


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"])
async def test_other_methods_are_refused_without_cors(
    gateway: Gateway, ana: Citizen, method: str
) -> None:
    """AZ-31."""
    headers = {**ana.headers, "origin": "https://evil.example",
               "access-control-request-method": "POST"}  # fmt: skip
    async with gateway.unchanged():
        answer = await gateway.ask(method, f"/authorize?{urlencode(asked())}", headers=headers)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert "access-control-allow-origin" not in answer.headers


async def test_head_issues_nothing(gateway: Gateway, ana: Citizen) -> None:
    """AZ-31, SE-26: a code in an answer without a body would be lost, and HEAD is safe."""
    async with gateway.unchanged():
        answer = await gateway.ask("HEAD", f"/authorize?{urlencode(asked())}", headers=ana.headers)

    assert answer.status_code == 405


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_an_answer_is_for_no_other_origin(
    gateway: Gateway, ana: Citizen, origin: str
) -> None:
    answer = await gateway.get(
        f"/authorize?{urlencode(asked())}", headers={**ana.headers, "origin": origin}
    )

    assert not [name for name in answer.headers if name.startswith("access-control")]
