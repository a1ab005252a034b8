"""Origins of services that run in a browser: whose scripts may read the protocol's answers.

A service with a secret talks to us from its server. One that has none may be a page, whose
scripts a browser lets read our answers only if we name the page's origin; that is where its
registered redirect addresses are.

A service also sends citizens to pages of its own, and to nobody else's.

Specs: Fetch §3.2 (CORS), RFC 6454 §4 and §6.1, RFC 9700 §2.6.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

import sqlalchemy as sa

from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.grants.living import LIVE
from relying_parties.registration import Registration, read

_DEFAULT = {"http": 80, "https": 443}

_registered = tables.clients.c.registration

PUBLIC = statement(
    sa.select(_registered).where(
        tables.clients.c.status == LIVE,
        _registered[("spec", "auth", "method")].astext == "none",
    )
)


async def of_browsers(entry: Entry) -> frozenset[str]:
    """Return the origins of all live services that can keep no secret."""
    rows = await entry.all(PUBLIC)
    return frozenset(one for row in rows for one in of(read(row["registration"])))


def of(registration: Registration) -> frozenset[str]:
    """Return the origins of a service's redirect addresses, as a browser spells them.

    An app's own scheme is no origin that a page could have.
    """
    return _spelt(registration.redirect_uris)


def own(registration: Registration) -> frozenset[str]:
    """Return the origins at which a service has pages for citizens."""
    back = (*registration.redirect_uris, *registration.post_logout_redirect_uris)
    return _spelt((*back, registration.start) if registration.start else back)


def spelt(address: str) -> str | None:
    """Return the origin of ``address``, as a browser spells it; an app's scheme has none."""
    parts = urlsplit(address)
    if parts.scheme not in _DEFAULT or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    plain = parts.port in (None, _DEFAULT[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if plain else f":{parts.port}")


def _spelt(addresses: Iterable[str]) -> frozenset[str]:
    return frozenset(found for one in addresses if (found := spelt(one)))
