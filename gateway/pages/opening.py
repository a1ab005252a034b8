"""Opening a service from our own pages: where a citizen begins, and what the service is told.

Specs: OpenID Connect Core §4 (login that a third party initiates).
"""

from urllib.parse import urlencode

from relying_parties import redirects
from relying_parties.registration import Registration


def address(registration: Registration, issuer: str) -> str:
    """Return where a citizen opens the service; empty if it has no such place.

    A service that takes it is told who sends the citizen, so that it signs them in at
    once. Nothing is said about the citizen: the service asks for that as ever.
    """
    begins, start = registration.initiate_login_uri, registration.start or ""
    if begins is None:
        return start
    told = {"iss": issuer}
    # No other origin than the service's own is ever named to it.
    if start and redirects.origin(start) == redirects.origin(begins):
        told["target_link_uri"] = start
    return f"{begins}{'&' if '?' in begins else '?'}{urlencode(told)}"
