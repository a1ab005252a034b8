"""Front-channel logout: the browser tells services, in frames, that a session of theirs ended.

Browsers that keep each site's cookies apart let a frame end nothing, so this is a best
effort for services that can't be told from behind. Each frame brings its own service's
name of the session, and none waits for another. Whoever is led on from there goes by the
page's button at any time, by our script when all frames have loaded or after five seconds,
and by a header five seconds after they loaded: before that no browser heeds it.

Specs: OpenID Connect Front-Channel Logout 1.0 §2 and §3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gateway.oauth.ending import Held
from gateway.web.call import Call
from relying_parties import logouts, redirects
from relying_parties.clients import Client

PATIENCE = 5  # seconds after which the browser goes on; enhance.js has the same number


@dataclass(frozen=True, slots=True)
class Named:
    """A service, in the citizen's language; ``lang`` is of the name, if it is not the page's."""

    name: str
    lang: str


@dataclass(frozen=True, slots=True)
class Left:
    """The services that were opened with a session that ended.

    :ivar frames: addresses to open, one for each service that wants it so
    :ivar told: those that hear of it, in frames or from behind
    :ivar unreached: those that gave no address for it
    """

    frames: tuple[str, ...] = ()
    told: tuple[Named, ...] = ()
    unreached: tuple[Named, ...] = ()

    @property
    def origins(self) -> frozenset[str]:
        """Where the frames come from."""
        return frozenset(redirects.origin(frame) for frame in self.frames)


async def left(call: Call, held: Held) -> Left:
    """Find the services of sessions that ended, and how each of them hears of it."""
    frames: list[str] = []
    told: dict[str, Named] = {}
    unreached: dict[str, Named] = {}
    for each in await logouts.opened(call.entry, held.subjects, held.sids):
        client = await call.runtime.client(each.client_id)
        if client is None:
            continue
        known = client.registration
        if known.frontchannel_logout_uri:
            frames.append(_frame(call, known.frontchannel_logout_uri, each.sid))
        hears = known.frontchannel_logout_uri or known.backchannel_logout_uri
        (told if hears else unreached)[client.client_id] = named(call, client)
    return Left(tuple(frames), (*told.values(),), (*unreached.values(),))


def named(call: Call, client: Client) -> Named:
    """Name ``client`` in the citizen's language."""
    names = client.registration.name
    lang = call.locale if call.locale in names else next(iter(names))
    return Named(names[lang], "" if lang == call.locale else lang)


def _frame(call: Call, uri: str, sid: str) -> str:
    """Say whose session ended, and which (§2): both, or a stranger could end any."""
    said: Sequence[tuple[str, str]] = (("iss", call.runtime.settings.issuer), ("sid", sid))
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(said, quote_via=quote)}"
