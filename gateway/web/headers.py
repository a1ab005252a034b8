"""Response headers: what every page and every answer of the protocol carries.

Specs: OWASP secure headers; ASVS 3.4; RFC 9700 §4.16 (framing).
"""

from collections.abc import Iterable, Mapping

# What our pages do in a browser; everything else that browsers offer is off.
_USED = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
_UNUSED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read"),
    *("compute-pressure", "digital-credentials-get", "display-capture", "encrypted-media"),
    *("fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get"),
    *("idle-detection", "keyboard-map", "local-fonts", "magnetometer", "microphone", "midi"),
    *("otp-credentials", "payment", "picture-in-picture", "screen-wake-lock", "serial"),
    *("storage-access", "sync-xhr", "usb", "window-management", "xr-spatial-tracking"),
)
PERMISSIONS = ", ".join(
    [*(f"{name}=(self)" for name in _USED), *(f"{name}=()" for name in _UNUSED)]
)
_PAGE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": PERMISSIONS,
}
PROTOCOL: Mapping[str, str] = {
    "cache-control": "no-store",
    "pragma": "no-cache",
    "x-content-type-options": "nosniff",
}
# Of every answer, as soon as the issuer is https: whichever comes first protects the rest.
STRICT_TRANSPORT = (
    b"strict-transport-security",
    b"max-age=63072000; includeSubDomains; preload",
)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src {connect}; base-uri 'none'; object-src 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; form-action {actions}"
)
_PLAIN = _POLICY.format(actions="'self'", connect="'none'")


def framed(*, plain: bool) -> dict[str, str]:
    """Return the headers of a page that others show within theirs: a script, and nothing else.

    :param plain: they may come by ``http``, on this machine
    """
    ancestors = "https: http:" if plain else "https:"
    policy = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'"
    fields = {name: value for name, value in _PAGE.items() if name != "x-frame-options"}
    return {
        **fields,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": f"{policy}; frame-ancestors {ancestors}",
        "cross-origin-resource-policy": "cross-origin",
    }


def page(
    actions: Iterable[str] = (),
    *,
    secure: bool,
    connect: str = "'none'",
    frames: Iterable[str] = (),
) -> dict[str, str]:
    """Return the headers of an HTML page.

    :param actions: origins, besides our own, that a form here may end at: Chromium
        applies ``form-action`` to the redirect that follows a form
    :param secure: the issuer is https
    :param connect: what its scripts may ask: nothing, or ``'self'``
    :param frames: origins that it shows within itself
    """
    more = [origin for origin in actions if origin]
    plain = not more and connect == "'none'"
    policy = (
        _PLAIN if plain else _POLICY.format(actions=" ".join(["'self'", *more]), connect=connect)
    )
    headers = {**_PAGE, "content-security-policy": policy}
    if framed := " ".join(sorted(set(frames))):
        headers["content-security-policy"] += f"; frame-src {framed}"
        # Or no browser would load a frame that does not isolate itself as we do.
        del headers["cross-origin-embedder-policy"]
    if secure:
        headers["content-security-policy"] += "; upgrade-insecure-requests"
    return headers
