"""What an answer of the gateway must be: a page, a redirect with an error, JSON with one."""

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

# RFC 6749 §5.2: what an error_description may be made of.
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")


def page(answer: httpx2.Response, status: int = 400) -> str:
    """A page that sends nobody anywhere and starts nothing; returns its text."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"].startswith("text/html"), answer.text[:300]
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    return answer.text


def sent_back(answer: httpx2.Response, to: str, issuer: str) -> dict[str, str]:
    """A redirect to the client's own address, in our name; returns what it tells."""
    assert answer.status_code == 303, f"{answer.status_code} {answer.text[:300]}"
    address = answer.headers["location"]
    assert address.startswith(to + ("&" if "?" in to else "?")), address
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    told = dict(pairs)
    assert len(told) == len(pairs), f"a name twice in {address}"
    assert told["iss"] == issuer
    assert _DESCRIPTION.fullmatch(told.get("error_description", ""))
    assert answer.headers["cache-control"] == "no-store"
    return told


def refused(answer: httpx2.Response, error: str, status: int = 400) -> None:
    """JSON with an error of RFC 6749 §5.2 that nobody caches."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
    told = answer.json()
    assert told["error"] == error, told
    assert _DESCRIPTION.fullmatch(told.get("error_description", "")), told
    assert len(answer.content) < 4096
    private(answer)


def private(answer: httpx2.Response) -> None:
    """The headers of every answer of the protocol (TK-14)."""
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/json"
    assert "access-control-allow-origin" not in answer.headers


def claims(token: str) -> dict[str, Any]:
    """Read a JWT's payload; who signed it is another test's."""
    part = token.split(".")[1]
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return told
