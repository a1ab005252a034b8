"""The certificate that a client showed when it connected, and how it reached us.

    client ──TLS──▶ our own process that asks for certificates ──▶ scope["extensions"]["tls"]
       └────TLS──▶ a proxy of ours ──header──▶ us, from that proxy's address alone

Either way it counts only at the alias host (RFC 8705 §5). At the issuer's own host, from
anybody else, and under any other name a header is not looked at, so that nobody can claim
a certificate by writing it down.

Specs: RFC 8705 §5 and §6.1, RFC 9440 §2, ASGI TLS extension.
"""

import base64
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from keys import certificates
from keys.certificates import Certificate
from keys.errors import CertificateRefused

if TYPE_CHECKING:
    from gateway.web.call import Call

LONGEST = 12 * 1024  # characters of a header's value


def shown(call: "Call") -> Certificate | None:
    """Return what the client of this request showed; ``None`` if that was nothing.

    :raises CertificateRefused: it can't be read, or more than one was handed over
    """
    if not call.aliased:
        return None
    tls = (call.scope.get("extensions") or {}).get("tls")
    if tls is not None:
        chain = tls["client_cert_chain"]
        return certificates.read(ssl.PEM_cert_to_DER_cert(chain[0])) if chain else None
    name = call.runtime.settings.certificate_header
    if not name or not call.from_proxy:
        return None
    lines = [line for line in call.header_lines(name) if line]
    if len(lines) > 1:
        raise CertificateRefused
    return certificates.read(HEADERS[name](lines[0])) if lines else None


def _structured(line: str) -> bytes:
    """RFC 9440 §2.2: a byte sequence of RFC 8941, which is base64 between colons."""
    if len(line) > LONGEST or len(line) < 3 or line[0] != ":" or line[-1] != ":":
        raise CertificateRefused
    try:
        return base64.b64decode(line[1:-1], validate=True)
    except ValueError as error:
        raise CertificateRefused from error


def _escaped(line: str) -> bytes:
    """Read PEM, percent-encoded, as nginx has it in ``$ssl_client_escaped_cert``."""
    if len(line) > LONGEST:
        raise CertificateRefused
    try:
        text = unquote_to_bytes(line).decode("ascii").strip()
        # The standard library finds neither a second certificate nor what stands around it.
        if text.count("-----BEGIN") != 1:
            raise CertificateRefused
        return ssl.PEM_cert_to_DER_cert(text)
    except ValueError as error:
        raise CertificateRefused from error


# By the name that the proxy gives its header. The next way to spell it is a row.
HEADERS: Mapping[str, Callable[[str], bytes]] = {
    "client-cert": _structured,
    "ssl-client-cert": _escaped,
}
