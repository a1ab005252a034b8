"""Forms come from our own pages: a token of this browser, and what the browser says of itself.

The token is a MAC over the browser's handle, so nothing is stored. It is masked anew
on each page, because pages are compressed and show what people typed (BREACH).
"""

import base64
import binascii
import hashlib
import hmac

from gateway.web.call import Call
from keys import opaque

FIELD = "csrf"
_SIZE = 16


class ForeignForm(Exception):  # noqa: N818 - named as the fact it reports
    """The form did not come from a page of ours in this browser."""


def token(call: Call) -> str:
    """Return a token for the forms of this page."""
    mask = opaque.random_bytes(_SIZE)
    mac = _mac(call)
    masked = bytes(one ^ other for one, other in zip(mask, mac, strict=True))
    return opaque.unpadded(mask + masked)


def check(call: Call) -> None:
    """Refuse a form that another site sent.

    :raises ForeignForm: the token, ``Sec-Fetch-Site`` or ``Origin`` says so
    """
    if call.header("sec-fetch-site") not in ("", "same-origin", "none"):
        raise ForeignForm
    origin = call.header("origin")
    if origin not in ("", "null", call.runtime.settings.origin):
        raise ForeignForm
    if origin == "null" and call.header("sec-fetch-site") != "same-origin":
        # Our pages send no referrer, so the browser may call their origin null.
        raise ForeignForm
    try:
        given = base64.urlsafe_b64decode(call.form.text(FIELD) + "==")
    except (binascii.Error, ValueError) as error:
        raise ForeignForm from error
    mask, masked = given[:_SIZE], given[_SIZE:]
    if len(masked) != _SIZE:
        raise ForeignForm
    mac = bytes(one ^ other for one, other in zip(mask, masked, strict=True))
    if not opaque.same(mac, _mac(call)):
        raise ForeignForm


def _mac(call: Call) -> bytes:
    key = call.runtime.vault.browser
    return hmac.digest(key, b"form " + call.browser.encode(), hashlib.sha256)[:_SIZE]
