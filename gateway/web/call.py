"""One request, read within bounds, and how a handler answers it.

A handler is ``async def show(call: Call) -> Response``. What a page needs:

* ``call.query.text("i")``, ``call.form.text("name")``; ``.all(name)`` for several
* ``await call.session()`` is the citizen who is signed in, or ``None``
* ``call.entry`` is the unit of work, opened at first use, committed with the answer;
  ``await call.entry.release()`` before anything slow
* ``return render.page(call, "account/details.html", name=…)`` shows a page,
  ``return see_other("/account")`` goes on after a form
* ``csrf.check(call)`` is the first line of every handler that takes a form
* ``_ = call.gettext`` for words; ``call.runtime`` for everything that lives longer

An error of a room that a handler does not catch becomes the page or the JSON that
:mod:`gateway.web.errors` says; an exception nobody expected rolls back and is a 500
with a reference and nothing else.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response

from gateway.web import cookies, locale, params
from gateway.web.deadline import within
from gateway.web.params import Params
from keys import opaque
from keys.entry import Entry

if TYPE_CHECKING:
    from idp.sessions import Session

Handler = Callable[["Call"], Awaitable[Response]]

BODY_SECONDS = 10.0
FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


class BodyRefused(Exception):  # noqa: N818 - named as the fact it reports
    """The body is too large, too slow, or not a form; ``status`` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Call:
    """A request and what was found out about it so far."""

    __slots__ = (
        "_browser", "_cookies", "_entry", "_headers", "_locale", "_session", "_sought", "at",
        "body", "form", "method", "path", "placed", "query", "runtime", "scope",
    )  # fmt: skip

    def __init__(self, scope: Mapping[str, Any], runtime: Any, placed: Mapping[str, str]) -> None:
        self.scope = scope
        self.runtime = runtime
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.placed = placed
        self.query: Params = params.parse(scope["query_string"])
        self.form: Params = params.EMPTY
        self.body = b""
        self._headers: dict[bytes, bytes] | None = None
        self._cookies: dict[str, str] | None = None
        self._entry: Entry | None = None
        self._session: Session | None = None
        self._sought: str | None = None
        self._browser: str | None = None
        self._locale: str | None = None

    @property
    def entry(self) -> Entry:
        """The unit of work of this request."""
        if self._entry is None:
            self._entry = self.runtime.entry()
        return self._entry

    @property
    def opened(self) -> Entry | None:
        """The unit of work, if anything has used it."""
        return self._entry

    def header(self, name: str) -> str:
        """Return a header's value in Latin-1, empty if it is absent or came twice.

        Cookies may come in several lines (RFC 9113 §8.2.3); they are read as one, so that
        a name that came twice is seen (SE-08).
        """
        if self._headers is None:
            found: dict[bytes, bytes] = {}
            for key, value in self.scope["headers"]:
                if key not in found:
                    found[key] = value
                else:
                    found[key] = found[key] + b"; " + value if key == b"cookie" else b""
            self._headers = found
        return self._headers.get(name.encode(), b"").decode("latin-1")

    def header_lines(self, name: str) -> list[str]:
        """Return every value of a header, as often as it came, in Latin-1."""
        key = name.encode()
        return [value.decode("latin-1") for each, value in self.scope["headers"] if each == key]

    def cookie(self, name: str) -> str:
        """Return a cookie's value, empty if it is absent or came twice."""
        if self._cookies is None:
            self._cookies = cookies.parse(self.header("cookie"))
        return self._cookies.get(name, "")

    def path_text(self, name: str) -> str:
        """Return the part of the path that the route calls ``name``."""
        return self.placed.get(name, "")

    @property
    def browser(self) -> str:
        """The handle of this browser, drawn if it has none yet."""
        if self._browser is None:
            given = self.cookie(cookies.BROWSER)
            self._browser = given if _HANDLE.fullmatch(given) else opaque.handle()
        return self._browser

    @property
    def new_browser(self) -> str | None:
        """The handle, if it was drawn here and the browser must be told."""
        return self._browser if self._browser != self.cookie(cookies.BROWSER) else None

    async def session(self, kind: str = "citizen") -> "Session | None":
        """Return the session that this browser holds, if it is alive."""
        from idp import sessions  # noqa: PLC0415 - read once, the first time anyone asks

        if self._sought != kind:
            handle = self.cookie(cookies.ADMIN if kind == "admin" else cookies.SESSION)
            self._session = None
            if _HANDLE.fullmatch(handle):
                self._session = await sessions.find(self.entry, handle, kind=kind)
                if self._session is not None:
                    await sessions.touch(self.entry, self._session)
            self._sought = kind
        return self._session

    @property
    def known_session(self) -> "Session | None":
        """The session, if anybody asked for it: a frame shows what is known and asks nothing."""
        return self._session

    @property
    def was_signed_in(self) -> bool:
        """Whether this browser holds the cookie of a citizen's session, alive or over."""
        return bool(_HANDLE.fullmatch(self.cookie(cookies.SESSION)))

    @property
    def locale(self) -> str:
        """The language of the answer."""
        if self._locale is None:
            account = self._session.account.locale if self._session else None
            self._locale = locale.choose(
                (
                    self.query.text("lang"),
                    self.cookie(cookies.LANGUAGE),
                    account,
                    self.query.text("ui_locales"),
                    self.header("accept-language"),
                ),
                self.runtime.settings.default_locale,
            )
        return self._locale

    def speak(self, wish: str | None) -> None:
        """Let a request's ``ui_locales`` choose, unless the person has chosen."""
        if not self.query.text("lang") and not self.cookie(cookies.LANGUAGE) and wish:
            self._locale = locale.choose((wish,), self.locale)

    def read_on_in(self, language: str) -> None:
        """Answer in the language that the person chose in a form."""
        self._locale = locale.choose((language,), self.locale)

    def gettext(self, text: str) -> str:
        """Say ``text`` in the language of the answer."""
        return locale.translations(self.locale).gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Say ``one`` or ``many``, as ``number`` asks for, in the language of the answer."""
        said = locale.translations(self.locale).ngettext(one, many, number)
        return said % {"num": number}

    @property
    def address(self) -> str:
        """Who is calling: an IPv4 address, or the /64 of an IPv6 one.

        ``X-Forwarded-For`` counts only behind a proxy that the settings trust, and
        then its right-most address that is not such a proxy.
        """
        peer = (self.scope.get("client") or ("127.0.0.1", 0))[0]
        trusted = self.runtime.settings.trusted_proxies
        if trusted and _within(peer, trusted):
            for hop in reversed(self.header("x-forwarded-for").split(",")):
                if not _within(hop.strip(), trusted):
                    peer = hop.strip()
                    break
        return _network(peer)

    @property
    def from_proxy(self) -> bool:
        """Whether the peer itself is one of the proxies that the settings trust."""
        client = self.scope.get("client")
        trusted = self.runtime.settings.trusted_proxies
        return bool(client and trusted and _within(client[0], trusted))

    @property
    def aliased(self) -> bool:
        """Whether it came to the host at which clients show certificates (RFC 8705 §5)."""
        alias: str = self.runtime.settings.mtls_authority
        return bool(alias) and self.header("host") == alias

    @property
    def base(self) -> str:
        """The address that it came to, as configured, without its path."""
        settings = self.runtime.settings
        called: str = settings.mtls_address if self.aliased else settings.issuer
        return called

    @property
    def device(self) -> str:
        """What browser this is, in words that a person recognises."""
        agent = self.header("user-agent")[:300]
        browser = next((name for mark, name in _BROWSERS if mark in agent), "")
        system = next((name for mark, name in _SYSTEMS if mark in agent), "")
        return " · ".join(part for part in (browser, system) if part)


_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}")
_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"), ("Safari/", "Safari"), ("curl/", "curl"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def see_other(address: str) -> Response:
    """Go on with GET; a form's data never travels with the redirect (RFC 9700 §4.12)."""
    return RedirectResponse(address, 303, {"cache-control": "no-store"})


async def read_form(call: Call, receive: Any, limit: int, fields: int) -> None:
    """Read a posted form into ``call.form``.

    :raises BodyRefused: larger than ``limit`` bytes, slower than ten seconds, or no form
    :raises ParamsInvalid: not UTF-8, or more than ``fields`` fields
    """
    call.form = params.parse(await _whole(call, receive, limit, FORM), fields)


async def read_json(call: Call, receive: Any, limit: int) -> None:
    """Read JSON into ``call.body``; what it says is judged by who uses it.

    :raises BodyRefused: larger than ``limit`` bytes, slower than ten seconds, or not JSON
    """
    call.body = await _whole(call, receive, limit, JSON)


async def _whole(call: Call, receive: Any, limit: int, wanted: bytes) -> bytes:
    kind, declared = call.header("content-type").lower(), call.header("content-length")
    if declared.isdecimal() and int(declared) > limit:
        raise BodyRefused(413)
    try:
        with within(BODY_SECONDS):
            body = await _body(receive, limit)
    except TimeoutError as error:
        raise BodyRefused(408) from error
    if body and kind.split(";")[0].strip().encode() != wanted:
        raise BodyRefused(415)
    return body


async def _body(receive: Any, limit: int) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyRefused(400)
        body += bytes(message.get("body", b""))
        if len(body) > limit:
            raise BodyRefused(413)
        if not message.get("more_body"):
            return body


def _within(address: str, networks: Any) -> bool:
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False


@lru_cache(4096)
def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"  # fails closed: all such callers share one limit
    if found.version == 6:
        return f"{found.exploded[:19]}::/64"
    return str(found)
