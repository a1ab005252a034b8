"""The certificate that a client shows to prove who it is: who vouches for it.

Specs: RFC 8705 §2.1 and §2.2.
"""

from gateway.oauth import client_keys
from gateway.web import certificates as handed_over
from gateway.web.call import Call
from keys import certificates
from keys.certificates import Certificate
from keys.errors import CertificateRefused
from relying_parties.clients import Client


async def vouched(call: Call, client: Client) -> None:
    """RFC 8705 §2.1: an authority of ours vouches for the one name that is registered.

    :raises CertificateRefused: reason ``name`` or ``authority``, or as :func:`_shown`
    """
    shown = _shown(call)
    named, by = client.registration.auth.certificate_name, call.runtime.authorities
    if named is None or not certificates.names(shown, *named):
        raise CertificateRefused("name")
    if by is None or not certificates.vouched(shown, by, call.entry.at):
        raise CertificateRefused("authority")


async def own(call: Call, client: Client) -> None:
    """RFC 8705 §2.2: it is the certificate that the client registered, or of its key.

    :raises CertificateRefused: reason ``unknown_key``, or as :func:`_shown`
    """
    if not await client_keys.certified(call, client, _shown(call)):
        raise CertificateRefused("unknown_key")


def _shown(call: Call) -> Certificate:
    """Return what came along.

    :raises CertificateRefused: reason ``missing``, ``format`` or ``time``
    """
    shown = handed_over.shown(call)
    if shown is None:
        raise CertificateRefused("missing")
    if not certificates.current(shown, call.entry.at):
        raise CertificateRefused("time")
    return shown
