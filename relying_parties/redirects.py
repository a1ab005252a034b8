"""Where a citizen may be sent back to: which addresses a service may register, and matching.

Matching is equality of the raw strings. Nothing is parsed, decoded or normalised
first, because each of those steps has let attackers in elsewhere; the one exception
is the port of a native app's loopback address.

Specs: RFC 9700 §2.1 and §4.1, RFC 8252 §7.3 and §8.3, RFC 3986.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from relying_parties import wording

MOST = 50
LONGEST = 2000
CALLED = 443  # the one port of strangers' servers that we call (security: SS-01)

# Names that we or the protocol add to the address; one that is there already would
# be read first by some frameworks.
RESERVED = frozenset(
    {
        *("code", "state", "iss", "response", "scope", "session_state"),
        *("error", "error_description", "error_uri"),
        *("id_token", "access_token", "token_type", "expires_in"),
    }
)

_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()+,;=%]+")
# A control character that is spelt out, and a percent sign that spells nothing.
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%[01][0-9A-Fa-f]|%7[Ff]")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_LOOPBACK_PORT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/.*)?", re.DOTALL)
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_LOOPBACK = ("127.0.0.1", "::1")


def match(uri: str, registered: Iterable[str], *, loopback: bool = False) -> bool:
    """Whether ``uri`` is one of the ``registered``, byte by byte.

    :param loopback: the service's profile lets a native app choose its port
    """
    if uri in registered:
        return True
    if not loopback or not (asked := _LOOPBACK_PORT.fullmatch(uri)):
        return False
    # RFC 8252 §7.3: the port is picked when the app starts; all else must be equal.
    known = (_LOOPBACK_PORT.fullmatch(each) for each in registered)
    return any(each and each.groups() == asked.groups() for each in known)


def problem(uri: object, *, allow_loopback: bool = False, native: bool = False) -> str | None:
    """Say in one word why ``uri`` can't be registered as a redirect address, or ``None``."""
    if word := web_problem(uri, allow_loopback=allow_loopback, native=native):
        return word
    parts = urlsplit(str(uri))
    if "#" in str(uri):
        return "fragment"
    # Some frameworks take a semicolon for an ampersand.
    query = parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True)
    if any(name.lower() in RESERVED for name, _ in query):
        return "reserved_query"
    if any(segment in (".", "..") for segment in unquote(parts.path).split("/")):
        return "dot_segment"
    return None


def web_problem(  # noqa: PLR0911 - guard clauses
    uri: object, *, allow_loopback: bool = False, native: bool = False
) -> str | None:
    """Say in one word why ``uri`` is no address that we would send people or calls to."""
    if not isinstance(uri, str):
        return "not_text"
    if len(uri) > LONGEST:
        return "too_long"
    if "*" in uri:
        return "wildcard"
    # Hosts are registered as punycode, so that what is compared is what is sent.
    if not _URI.fullmatch(uri) or _BAD_ESCAPE.search(uri):
        return "characters"
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return "malformed"
    if native and parts.scheme not in ("http", "https"):
        return None if _PRIVATE_SCHEME.fullmatch(parts.scheme) else "scheme"
    host = parts.hostname or ""
    # RFC 8252 §8.3: by number, because a name may be resolved to somewhere else.
    plain = (native and host in _LOOPBACK) or (allow_loopback and _is_local(host))
    if parts.scheme != "https" and not (parts.scheme == "http" and plain):
        return "scheme"
    return _server_problem(parts, port)


def unreachable(uri: str, *, allow_loopback: bool = False) -> str | None:
    """Say in one word why nobody here would ever call ``uri``, a good address, or ``None``."""
    parts = urlsplit(uri)
    here = allow_loopback and _is_local(parts.hostname or "")
    return None if here or parts.port in (None, CALLED) else "port"


def _is_local(host: str) -> bool:
    return host in ("localhost", *_LOOPBACK) or host.endswith(".localhost")


def _server_problem(parts: SplitResult, port: int | None) -> str | None:
    host = parts.hostname or ""
    if "@" in parts.netloc:
        return "userinfo"
    if parts.netloc.endswith(":") or port == 0:
        return "port"
    plain = _HOST.fullmatch(host) and _is_idna(host) and not _disguised(host)
    return None if host == "::1" or plain else "host"


def _disguised(host: str) -> bool:
    """Whether a browser reads numbers in ``host`` that people don't: 0x7f.1 is this machine."""
    last = host.rpartition(".")[2]
    if not re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


@dataclass(frozen=True, slots=True)
class Host:
    """An address's host for a reviewer's eye: as compared, as read, and whether it may deceive."""

    ascii: str
    text: str
    confusable: bool


def host(uri: str) -> Host:
    """Return what a reviewer should see of ``uri``'s host (registered, so well-formed)."""
    name = urlsplit(uri).hostname or ""
    text = _decoded(name)
    return Host(name, text, confusable=text != name and _deceives(text))


def origin(uri: str) -> str:
    """Return scheme, host and port of a registered address, as a CSP lists it."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _deceives(text: str) -> bool:
    # A label wholly in letters that look Latin is as dangerous as a mixed one.
    alike = set("асԁеһіјӏорԛѕԝхуαεικνορτυ")
    return wording.mixed_scripts(text) or any(
        label and set(label) <= alike for label in text.split(".")
    )


def _is_idna(name: str) -> bool:
    try:
        return "xn--" not in name.lower() or _decoded(name) != name
    except UnicodeError:
        return False


def _decoded(name: str) -> str:
    try:
        return ".".join(
            label[4:].encode("ascii").decode("punycode")
            if label.lower().startswith("xn--")
            else label
            for label in name.split(".")
        )
    except UnicodeError:
        return name
