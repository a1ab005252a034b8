"""What a client learns of userinfo before it has a token: RFC 9728."""

import json
from urllib.parse import urlsplit

import pytest

from tests.support import services
from tests.support.gateway import NODES, Citizen, Gateway

PATH = "/.well-known/oauth-protected-resource/userinfo"
OPENID = "/.well-known/openid-configuration"


async def test_userinfo_is_described(gateway: Gateway) -> None:
    """PRM-1, PRM-2: RFC9728-3.3, the resource is the one that the address was made from."""
    told = (await gateway.get(PATH)).json()

    assert told["resource"] == f"{gateway.issuer}/userinfo"
    assert PATH.endswith(urlsplit(told["resource"]).path)
    assert told["authorization_servers"] == [gateway.issuer]
    assert told["bearer_methods_supported"] == ["header", "body"]
    assert told["dpop_signing_alg_values_supported"] == ["ES256", "PS256", "EdDSA"]
    assert "openid" in told["scopes_supported"]


async def test_both_documents_name_each_other(gateway: Gateway) -> None:
    """PRM-4: RFC9728-4."""
    server = (await gateway.get(OPENID)).json()
    paths = (PATH, PATH.replace("userinfo", "grants"))
    described = [(await gateway.get(path)).json() for path in paths]

    assert server["protected_resources"] == [one["resource"] for one in described]
    for one in described:
        assert one["authorization_servers"] == [server["issuer"]]


async def test_every_process_says_the_same_to_everybody(gateway: Gateway) -> None:
    """RFC9728-3.2, KE-14."""
    one, other = [await gateway.get(PATH, node=node) for node in range(NODES)]

    assert one.content == other.content
    assert one.headers["content-type"] == "application/json"
    assert one.headers["access-control-allow-origin"] == "*"
    assert one.headers["cache-control"] == "public, max-age=300"
    assert json.loads(one.content)
    again = await gateway.get(PATH, headers={"if-none-match": one.headers["etag"]})
    assert again.status_code == 304


async def test_no_other_resource_is_described(gateway: Gateway) -> None:
    """RFC9728-3: the issuer itself is none."""
    for path in ("/.well-known/oauth-protected-resource", f"{PATH}/", f"{PATH}/more"):
        assert (await gateway.get(path)).status_code == 404


@pytest.mark.parametrize("authorization", ["", "Bearer x", "DPoP x"])
async def test_a_challenge_says_where(gateway: Gateway, authorization: str) -> None:
    """PRM-3: RFC9728-5.1, in the challenge of each scheme."""
    headers = {"authorization": authorization} if authorization else {}
    answer = await gateway.get("/userinfo", headers=headers)

    challenge = answer.headers["www-authenticate"]
    assert answer.status_code == 401
    assert challenge.count(f'resource_metadata="{gateway.issuer}{PATH}"') == 2
    assert challenge.startswith("Bearer ")
    assert ", DPoP " in challenge


async def test_who_is_let_in_is_not_challenged(gateway: Gateway, ana: Citizen) -> None:
    token = (await services.tokens(gateway, ana))["access_token"]
    answer = await gateway.get("/userinfo", headers={"authorization": f"Bearer {token}"})

    assert "www-authenticate" not in answer.headers
