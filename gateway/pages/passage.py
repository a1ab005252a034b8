"""Where a citizen came from and where they go on, on every page of signing in.

A page of the journey carries ``i``, the handle of an open interaction of this very
browser, or ``next``, the name of a place of the citizen's own pages. Nothing else decides
where it ends: no address ever travels in a request.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from gateway.pages import logos, stale
from gateway.pages.sharing import words
from gateway.web import render
from gateway.web.call import Call
from relying_parties import pending
from relying_parties.clients import Client
from relying_parties.pending import Interaction

PLACES: Mapping[str, str] = {
    "account": "/account",
    "details": "/account/details",
    "sharing": "/account/sharing",
    "inbox": "/account/inbox",
    "standing": "/account/standing",
    "requests": "/account/requests",
    "corrections": "/account/corrections",
    "changes": "/account/changes",
    "security": "/account/security",
    "notices": "/account/notices",
    "sessions": "/account/sessions",
    "activity": "/account/activity",
    "verify": "/account/verify",
    "ledger": "/account/ledger",
    "data": "/account/data",
}
_INNER = re.compile(r"[a-z]+(/[A-Za-z0-9_-]{1,80}){0,3}")  # a page within a place: no dots


def is_place(name: str) -> bool:
    """Whether ``name`` is a place of ours, or looks like a page within one."""
    outer, within, _ = name.partition("/")
    return bool(_INNER.fullmatch(name)) and outer in PLACES and not (within and outer == "account")


@dataclass(frozen=True, slots=True)
class Arrival:
    """The service that the citizen is on the way to, in the citizen's language."""

    name: str
    lang: str  # of the name, if it is not the page's
    agency: str
    logo: str
    privacy: str
    terms: str
    other: str
    start: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One citizen's way through our pages."""

    i: str
    next: str
    to: Arrival | None = None
    client: Client | None = None
    interaction: Interaction | None = None

    @property
    def tail(self) -> str:
        """The query that keeps the way on a link."""
        kept = {"i": self.i} if self.i else {"next": self.next} if self.next else {}
        return f"?{urlencode(kept)}" if kept else ""

    @property
    def onward(self) -> str:
        """Where the citizen goes when this is done."""
        if self.i:
            return f"/authorize/{self.i}"
        return PLACES.get(self.next) or f"/account/{self.next}".rstrip("/")

    def address(self, path: str, **more: str) -> str:
        """Return ``path`` with the way kept and ``more`` beside it."""
        kept = {"i": self.i} if self.i else {"next": self.next} if self.next else {}
        query = urlencode(kept | more)
        return f"{path}?{query}" if query else path

    @property
    def form_action(self) -> tuple[str, ...]:
        """Where a form of this way may end: Chromium asks for the redirects after it, too."""
        uri = urlsplit(str(self.request.get("redirect_uri") or ""))
        return (f"{uri.scheme}://{uri.netloc}",) if uri.scheme and uri.netloc else ()

    @property
    def request(self) -> Mapping[str, Any]:
        """The authorization request, or nothing."""
        return self.interaction.request if self.interaction else {}

    @property
    def hint(self) -> str:
        """The address that the service supposes, if it is one."""
        hint = str(self.request.get("login_hint") or "")
        return hint if "@" in hint else ""

    @property
    def context(self) -> dict[str, Any]:
        """What templates/to.html and the forms need."""
        return {"i": self.i, "next": self.next, "tail": self.tail, "to": self.to}


async def read(call: Call) -> Passage:
    """Read the way that the request is on.

    :raises stale.DeadEnd: its interaction is over, or not this browser's
    """
    given = call.form if call.method == "POST" else call.query
    i, name = given.text("i"), given.text("next")
    if not i:
        return Passage("", name if is_place(name) else "")
    return await of(call, i)


async def of(call: Call, i: str) -> Passage:
    """Return the way of interaction ``i``.

    :raises stale.DeadEnd: it is over, or not this browser's
    """
    interaction = await pending.find(call.entry, i, call.browser)
    late = None if interaction else await pending.ran_out(call.entry, i, call.browser)
    known = interaction or late
    if known is None:
        raise stale.DeadEnd(stale.UNKNOWN)
    call.speak(_languages(known.request))
    client = await call.runtime.client(known.client_id)
    to = arrival(client, call.locale) if client else None
    if client is None or not client.live:
        raise stale.DeadEnd(stale.SUSPENDED, to)
    if known.used_at is not None:
        raise stale.DeadEnd(stale.ANSWERED, to)
    if late is not None:
        raise stale.DeadEnd(stale.RUN_OUT, to)
    return Passage(i, "", to, client, interaction)


def show(call: Call, way: Passage, template: str, *, status: int = 200, **context: Any) -> Response:
    """Render a page of the journey: with its way kept, and its service's origin let in."""
    shown = way.context | context
    return render.page(call, template, status=status, form_action=way.form_action, **shown)


def _languages(request: Mapping[str, Any]) -> str:
    wished = request.get("ui_locales") or ""
    return wished if isinstance(wished, str) else " ".join(wished)


def arrival(client: Client, locale: str) -> Arrival:
    """Introduce ``client`` in the citizen's language."""
    service = client.registration
    return Arrival(
        name=words(service.name, locale),
        lang="" if locale in service.name else next(iter(service.name), ""),
        agency=words(client.agency.name, locale),
        logo=logos.address(client),
        privacy=service.privacy or "",
        terms=service.terms or "",
        other=words(service.other_ways, locale),
        start=service.start or "",
    )
