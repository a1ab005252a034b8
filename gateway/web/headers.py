"""Response headers: what every page and every answer of the protocol carries.

Specs: OWASP secure headers; ASVS 3.4; RFC 9700 §4.16 (framing).
"""

from collections.abc import Iterable, Mapping

PERMISSIONS = (
    "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(),"
    " payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"
)
_PAGE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": PERMISSIONS,
}
PROTOCOL: Mapping[str, str] = {
    "cache-control": "no-store",
    "pragma": "no-cache",
    "x-content-type-options": "nosniff",
}
STRICT_TRANSPORT = "max-age=63072000; includeSubDomains; preload"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src {connect}; base-uri 'none'; object-src 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; form-action {actions}"
)
_PLAIN = _POLICY.format(actions="'self'", connect="'none'")


def page(actions: Iterable[str] = (), *, secure: bool, connect: str = "'none'") -> dict[str, str]:
    """Return the headers of an HTML page.

    :param actions: origins, besides our own, that a form here may end at: Chromium
        applies ``form-action`` to the redirect that follows a form
    :param secure: the issuer is https
    :param connect: what its scripts may ask: nothing, or ``'self'``
    """
    more = [origin for origin in actions if origin]
    plain = not more and connect == "'none'"
    policy = (
        _PLAIN if plain else _POLICY.format(actions=" ".join(["'self'", *more]), connect=connect)
    )
    headers = {**_PAGE, "content-security-policy": policy}
    if secure:
        headers["content-security-policy"] += "; upgrade-insecure-requests"
        headers["strict-transport-security"] = STRICT_TRANSPORT
    return headers
