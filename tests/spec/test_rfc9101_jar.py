"""Request objects: the request as its client signed it, and nothing else.

Specs: RFC 9101, OpenID Connect Core §6, FAPI 2.0 Message Signing §5.3.
"""

import asyncio
import base64
import json
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from gateway.oauth import request_objects
from gateway.runtime import now
from keys import encryption, keystore
from keys.encryption import Recipient
from tests.support import services, verdicts
from tests.support.gateway import Gateway
from tests.support.jws import encoded
from tests.support.peers import a_peer
from tests.support.services import CALLBACK, RSA_KEY, SECOND, STRANGER, request_object

MINUTE, HOUR = 60, 3600


async def push(gateway: Gateway, client_id: str, /, **form: Any) -> httpx2.Response:
    proof = services.proves(gateway, client_id)
    return await gateway.post("/par", form | proof.form, headers=proof.headers)


async def answered(gateway: Gateway, client_id: str, made: str, **outside: str) -> dict[str, str]:
    """Send a signed request by the browser of somebody who agreed; return the answer."""
    citizen = await gateway.citizen(client_id)
    query = urlencode({"client_id": client_id, "request": made, **outside})
    answer = await gateway.get(f"/authorize?{query}", headers=citizen.headers)
    return verdicts.sent_back(answer, CALLBACK, gateway.issuer)


def dated(over: dict[str, Any]) -> dict[str, Any]:
    """Return members with numeric dates for those that are given in seconds from now."""
    at = int(now().timestamp())
    dates = {name: at + ahead for name, ahead in over.get("seconds", {}).items()}
    return {name: value for name, value in over.items() if name != "seconds"} | dates


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({}, id="JAR-happy"),
        pytest.param({"header": {"typ": "JWT"}}, id="JAR-usual-type"),
        pytest.param({"header": {"typ": None}}, id="JAR-no-type"),
        pytest.param({"aud": "both"}, id="JAR-7-audience-array"),
        pytest.param({"seconds": {"nbf": 8}}, id="JAR-6-eight-seconds-ahead"),
        pytest.param({"seconds": {"nbf": -59 * MINUTE, "exp": MINUTE}}, id="FMS-2-almost-an-hour"),
    ],
)
async def test_a_signed_request_is_pushed_and_answered(
    gateway: Gateway, over: dict[str, Any]
) -> None:
    if over.get("aud") == "both":
        over = {"aud": [gateway.issuer, "https://other.example"]}
    citizen = await gateway.citizen("signs")

    pushed = await push(gateway, "signs", request=request_object(gateway, "signs", **dated(over)))

    assert pushed.status_code == 201, pushed.text
    query = urlencode({"client_id": "signs", "request_uri": pushed.json()["request_uri"]})
    answer = await gateway.get(f"/authorize?{query}", headers=citizen.headers)
    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["state"] == "the state"
    assert "code" in told


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"key": STRANGER}, id="PR-13-JAR-8-foreign-key"),
        pytest.param(
            {"key": RSA_KEY, "alg": "RS256", "header": {"kid": "rsa"}}, id="PR-14-FMS-6-RS256"
        ),
        pytest.param({"aud": "https://other.example"}, id="PR-16-audience"),
        pytest.param({"aud": None}, id="PR-16-no-audience"),
        pytest.param({"iss": "gov"}, id="PR-13-issuer"),
        pytest.param({"iss": None}, id="PR-13-no-issuer"),
        pytest.param({"exp": None}, id="FMS-3-no-exp"),
        pytest.param({"nbf": None}, id="FMS-3-no-nbf"),
        pytest.param({"seconds": {"exp": -MINUTE}}, id="JAR-expired"),
        pytest.param({"seconds": {"nbf": MINUTE}}, id="JAR-a-minute-ahead"),
        pytest.param(
            {"seconds": {"nbf": -61 * MINUTE, "exp": MINUTE}}, id="FMS-2-nbf-over-an-hour"
        ),
        pytest.param(
            {"seconds": {"nbf": -30 * MINUTE, "exp": 31 * MINUTE}}, id="JAR-5-exp-an-hour-after-nbf"
        ),
        pytest.param({"client_id": "gov"}, id="PR-17-another-client"),
        pytest.param({"sub": "signs"}, id="PR-17-passes-for-an-assertion"),
        pytest.param({"request": "a.b.c"}, id="PR-02-nested"),
        pytest.param({"request_uri": "https://rp.example/o"}, id="PR-02-nested-address"),
        pytest.param({"header": {"typ": "dpop+jwt"}}, id="JAR-another-type"),
        pytest.param({"header": {"kid": "none-such"}}, id="JAR-unknown-key"),
    ],
)
async def test_a_bad_object_is_refused(gateway: Gateway, over: dict[str, Any]) -> None:
    async with gateway.unchanged("keys.replays"):
        answer = await push(
            gateway, "signs", request=request_object(gateway, "signs", **dated(over))
        )

    verdicts.refused(answer, "invalid_request_object")


@pytest.mark.parametrize("made", ["a.b.c", "a.b.c.d.e", "none"])
async def test_what_is_not_signed_is_refused(gateway: Gateway, made: str) -> None:
    """JAR-1, PR-12: no signature, or an encryption that we do not open."""
    if made == "none":
        made = f"{encoded({'alg': 'none'})}.{encoded(services.asked('signs'))}."

    async with gateway.unchanged("keys.replays"):
        pushed = await push(gateway, "signs", request=made)

    verdicts.refused(pushed, "invalid_request_object")


@pytest.mark.parametrize("empty", [{}, {"request": ""}])
async def test_who_must_sign_may_not_leave_it(gateway: Gateway, empty: dict[str, str]) -> None:
    """FMS-5, RFC 9101 §10.5; what has no value was not sent (RFC 6749 §3.1)."""
    async with gateway.unchanged("keys.replays"):
        answer = await push(gateway, "signs", **services.asked("signs"), **empty)

    verdicts.refused(answer, "invalid_request")


async def test_only_what_is_inside_counts(gateway: Gateway) -> None:
    """JAR-3, JAR-4, FMS-7, RFC 9101 §5: a state outside is not told back."""
    made = request_object(gateway, "signs", state=None, nonce="inside")
    citizen = await gateway.citizen("signs")

    pushed = await push(gateway, "signs", request=made, state="outside", nonce="outside")

    query = urlencode({"client_id": "signs", "request_uri": pushed.json()["request_uri"]})
    answer = await gateway.get(f"/authorize?{query}&state=outside", headers=citizen.headers)
    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert "state" not in told
    code = services.Code(told["code"], "signs", "v" * 43, CALLBACK)
    tokens = (await services.redeem(gateway, code)).json()
    assert verdicts.claims(tokens["id_token"])["nonce"] == "inside"


async def test_under_oidc_basic_what_is_outside_fills_gaps(gateway: Gateway) -> None:
    """OpenID Connect Core §6.1: what is inside goes first; whose it is may be left out."""
    made = request_object(
        gateway, "objects", iss=None, aud=None, nbf=None, exp=None, state="inside", scope=None
    )

    told = await answered(
        gateway, "objects", made, state="outside", scope="openid", response_type="code",
        redirect_uri=SECOND,
    )  # fmt: skip

    assert told["state"] == "inside"
    assert "code" in told


@pytest.mark.parametrize("outside", ["none", "id_token", "code token"])
async def test_core_6_1_the_response_type_outside_is_the_one_inside(
    gateway: Gateway, outside: str
) -> None:
    """Under ``oidc-basic``; elsewhere only what is inside counts (RFC 9101 §6.3)."""
    made = request_object(gateway, "objects")

    told = await answered(gateway, "objects", made, redirect_uri=CALLBACK, response_type=outside)
    same = await answered(gateway, "objects", made, response_type="code")

    assert told["error"] == "invalid_request_object"
    assert "code" in same


async def test_a_bad_object_is_told_to_the_address_outside(gateway: Gateway) -> None:
    """OpenID Connect Core §3.1.2.6: if that one is registered, else a page."""
    made = request_object(gateway, "objects", key=STRANGER)

    told = await answered(gateway, "objects", made, redirect_uri=CALLBACK, state="s")
    page = await gateway.get(f"/authorize?{urlencode({'client_id': 'objects', 'request': made})}")

    assert (told["error"], told["state"]) == ("invalid_request_object", "s")
    verdicts.page(page)


async def test_an_address_inside_is_judged_as_any_other(gateway: Gateway) -> None:
    """RU: signed or not, it must be registered."""
    made = request_object(gateway, "objects", redirect_uri="https://evil.example/cb")

    query = urlencode({"client_id": "objects", "request": made, "redirect_uri": CALLBACK})
    verdicts.page(await gateway.get(f"/authorize?{query}"))


async def test_members_are_spelt_as_parameters_are(gateway: Gateway) -> None:
    """OpenID Connect Core §6.1: ``claims`` is an object inside, ``max_age`` a number."""
    inside = {"claims": {"id_token": {"email": None}}, "max_age": 10_000}
    made = request_object(gateway, "objects", **inside)

    told = await answered(gateway, "objects", made)

    code = services.Code(told["code"], "objects", "v" * 43, CALLBACK)
    tokens = (await services.redeem(gateway, code)).json()
    assert verdicts.claims(tokens["id_token"])["email"].endswith("@example.test")


def test_rfc6749_3_1_a_member_without_a_value_was_not_sent() -> None:
    """Many libraries spell what their service leaves out as null."""
    made = request_objects.parameters(
        {"state": None, "nonce": "", "resource": None, "max_age": 0, "prompt": "none"}
    )

    assert made.singles() == {"max_age": "0", "prompt": "none"}


async def test_an_object_at_a_registered_address_is_fetched(
    gateway: Gateway, remote_keys_port: int
) -> None:
    """OpenID Connect Core §6.2; any other address is not asked (SS-01)."""
    made = request_object(gateway, "objects").encode()
    asked = []

    async def serve(reader: Any, writer: Any) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        length = str(len(made)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: " + length + b"\r\n\r\n" + made)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", remote_keys_port):
        citizen = await gateway.citizen("objects")
        at = f"http://127.0.0.1:{remote_keys_port}/jwks-object"
        known = urlencode({"client_id": "objects", "request_uri": f"{at}#hash"})
        strange = {"client_id": "objects", "request_uri": f"{at}-2", "redirect_uri": CALLBACK}
        fetched = await gateway.get(f"/authorize?{known}", headers=citizen.headers)
        refused = await gateway.get(f"/authorize?{urlencode(strange)}", headers=citizen.headers)

    assert "code" in verdicts.sent_back(fetched, CALLBACK, gateway.issuer)
    told = verdicts.sent_back(refused, CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_request_uri"
    assert len(asked) == 1
    assert asked[0].startswith(b"GET /jwks-object HTTP/1.0\r\n")


@pytest.mark.parametrize("hashes", [("#old", "#old"), ("#old", "#new"), ("#old", ""), ("", "#new")])
async def test_a_hash_is_no_part_of_the_address(gateway: Gateway, hashes: tuple[str, str]) -> None:
    """OpenID Connect Core §6.2: an address may be registered with one."""
    made = request_object(gateway, "hashed", state="inside").encode()
    keys = {"method": "private_key_jwt", "jwks": services.jwks(ec=services.EC_KEY)}
    async with a_peer(b"HTTP/1.0 200 OK\r\n\r\n" + made) as (port, heard):
        registered, asked = (f"http://127.0.0.1:{port}/object{each}" for each in hashes)
        await gateway.service(services.document("hashed", auth=keys, requestUris=[registered]))
        await gateway.settled()
        citizen = await gateway.citizen("hashed")
        query = urlencode({"client_id": "hashed", "request_uri": asked})
        answer = await gateway.get(f"/authorize?{query}", headers=citizen.headers)

    assert verdicts.sent_back(answer, CALLBACK, gateway.issuer)["state"] == "inside"
    assert len(heard) == 1


async def test_nobody_there_is_an_error(gateway: Gateway, remote_keys_port: int) -> None:
    at = f"http://127.0.0.1:{remote_keys_port}/jwks-object"
    query = urlencode({"client_id": "objects", "request_uri": at, "redirect_uri": CALLBACK})

    answer = await gateway.get(f"/authorize?{query}")

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_request_uri"


def test_a_signed_request_is_what_it_says(gateway: Gateway) -> None:
    """RFC 9101 §4: the vector of these tests is itself of the right shape."""
    head, body, _ = request_object(gateway, "signs").split(".")

    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, body)
    )
    assert header["typ"] == "oauth-authz-req+jwt"
    assert (claims["iss"], claims["aud"]) == ("signs", gateway.issuer)


async def hidden(gateway: Gateway, content: str, alg: str, enc: str, **over: Any) -> str:
    """Encrypt to a key that we publish."""
    shown = (await gateway.get("/jwks")).json()["keys"]
    ours = encryption.fit(shown, alg)
    assert ours is not None
    return encryption.encrypt(content, Recipient(ours, alg, enc), cty=over.get("cty", "JWT"))


@pytest.mark.parametrize("alg", keystore.ALGORITHMS["enc"])
@pytest.mark.parametrize("enc", encryption.CONTENT)
async def test_a_signed_request_may_be_encrypted_to_us(
    gateway: Gateway, alg: str, enc: str
) -> None:
    """RFC 9101 §6.1, OpenID Connect Core §6.1: pushed, and by the browser."""
    inside = request_object(gateway, "signs", state="hidden")
    pushed = await push(gateway, "signs", request=await hidden(gateway, inside, alg, enc))
    assert pushed.status_code == 201, pushed.text

    inside = request_object(gateway, "objects", state="hidden")
    told = await answered(gateway, "objects", await hidden(gateway, inside, alg, enc))

    assert told["state"] == "hidden"
    assert "code" in told


@pytest.mark.parametrize("inside", ["none", "stranger", "twice", "plain"])
async def test_an_encryption_proves_nothing(gateway: Gateway, inside: str) -> None:
    """RFC 9101 §6.1: whoever reads our keys can encrypt, so what is inside is signed, too."""
    alg, enc = "RSA-OAEP-256", "A256GCM"
    signed = request_object(gateway, "signs")
    made = {
        "none": f"{encoded({'alg': 'none'})}.{encoded(services.asked('signs'))}.",
        "stranger": request_object(gateway, "signs", key=STRANGER),
        "twice": await hidden(gateway, signed, alg, enc),
        "plain": json.dumps(services.asked("signs")),
    }[inside]

    async with gateway.unchanged("keys.replays"):
        pushed = await push(gateway, "signs", request=await hidden(gateway, made, alg, enc))

    verdicts.refused(pushed, "invalid_request_object")


async def test_how_to_encrypt_to_us_is_published(gateway: Gateway) -> None:
    """RFC 9101 §10.1: with keys that say what they are for."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()
    shown = (await gateway.get("/jwks")).json()["keys"]

    algs = told["request_object_encryption_alg_values_supported"]
    assert algs == list(keystore.ALGORITHMS["enc"])
    assert {key["alg"] for key in shown if key["use"] == "enc"} == set(algs)
    assert told["request_object_encryption_enc_values_supported"] == list(encryption.CONTENT)
