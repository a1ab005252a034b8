"""Services of the legacy response types, and what their browsers bring back."""

import dataclasses
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from gateway.cli.services import rules
from relying_parties import onboarding
from tests.support import services
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK

HYBRID = ("code id_token", "code token", "code id_token token")
IMPLICIT = ("id_token", "id_token token")


async def service(gateway: Gateway, client_id: str, **spec: Any) -> None:
    """Register a service as a gateway does that has these response types."""
    document = services.document(client_id, **spec)
    legacy = dataclasses.replace(rules(gateway.runtime), legacy=True, unsigned=True)
    async with gateway.runtime.entry() as entry:
        applied = await onboarding.apply(entry, document, rules=legacy)
    if applied.secret:
        gateway.secrets[client_id] = applied.secret


async def ask(
    gateway: Gateway, citizen: Citizen | None, client_id: str, *, node: int, **over: Any
) -> httpx2.Response:
    """Ask as the browser of a citizen who has agreed does."""
    request = services.asked(client_id, **over)
    headers = citizen.headers if citizen else {}
    return await gateway.get(f"/authorize?{urlencode(request)}", headers=headers, node=node)


def by_fragment(answer: httpx2.Response, issuer: str) -> dict[str, str]:
    """Return what an answer tells behind the hash, to the registered address and in our name."""
    assert answer.status_code == 303, f"{answer.status_code} {answer.text[:300]}"
    address = urlsplit(answer.headers["location"])
    assert address._replace(fragment="").geturl() == CALLBACK
    pairs = parse_qsl(address.fragment, keep_blank_values=True)
    told = dict(pairs)
    assert len(told) == len(pairs), "a name twice"
    assert "response" in told or told["iss"] == issuer  # a signed answer has it inside
    assert answer.headers["cache-control"] == "no-store"
    return told


def by_form(answer: httpx2.Response, issuer: str) -> dict[str, str]:
    """Return what a form tells that a browser is to post to the registered address."""
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:300]}"
    found = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', answer.text, re.DOTALL)
    assert found, answer.text[:300]
    assert unescape(found[1]) == CALLBACK
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[2])
    told = {name: unescape(value) for name, value in pairs}
    assert len(told) == len(pairs), "a name twice"
    assert told["iss"] == issuer
    assert answer.headers["cache-control"] == "no-store"
    return told
