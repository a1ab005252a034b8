"""RESPONSE_TYPES: what a client may want from the authorization endpoint, a row each.

``code`` is what services use. Every other row hands something to the browser, or nothing
at all to anybody; RFC 9700 §2.1.2 advises against the first kind, so they are for older
products alone: only where the gateway is set so, under ``oidc-basic``, for services that
registered them.

Specs: OAuth 2.0 Multiple Response Type Encoding Practices 1.0, OpenID Connect Core §3.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

PLAIN = "code"


@dataclass(frozen=True, slots=True)
class ResponseType:
    """One response type: its name on the wire, and what its answer carries."""

    name: str
    code: bool = False
    id_token: bool = False
    token: bool = False

    @property
    def by_browser(self) -> bool:
        """Whether a token goes through the browser, which no address may carry as a query."""
        return self.id_token or self.token


_ROWS = (
    ResponseType(PLAIN, code=True),
    ResponseType("id_token", id_token=True),
    ResponseType("id_token token", id_token=True, token=True),
    ResponseType("code id_token", code=True, id_token=True),
    ResponseType("code token", code=True, token=True),
    ResponseType("code id_token token", code=True, id_token=True, token=True),
    ResponseType("none"),
)
RESPONSE_TYPES: Mapping[str, ResponseType] = MappingProxyType({row.name: row for row in _ROWS})

_BY_WORDS = {frozenset(name.split()): name for name in RESPONSE_TYPES}
_BY_BROWSER = frozenset({"id_token", "token"})


def spelled(text: str) -> str:
    """Return ``text`` as its row spells it: the order of the words means nothing (§3)."""
    if text in RESPONSE_TYPES:
        return text
    words = text.split(" ")
    return _BY_WORDS.get(frozenset(words), text) if len(set(words)) == len(words) else text


def by_browser(text: str) -> bool:
    """Whether an answer to ``text``, known or not, would carry a token through the browser."""
    return text != PLAIN and not _BY_BROWSER.isdisjoint(text.split(" "))


def offered(*, legacy: bool) -> tuple[str, ...]:
    """Return what this gateway offers."""
    return tuple(RESPONSE_TYPES) if legacy else (PLAIN,)


def grant_types(names: Iterable[str]) -> tuple[str, ...]:
    """Return the grant types that go with response types (RFC 7591 §2.1)."""
    rows = [RESPONSE_TYPES[name] for name in names]
    needed = {
        "authorization_code": any(row.code for row in rows),
        "implicit": any(row.by_browser for row in rows),
    }
    return tuple(name for name, there in needed.items() if there)
