"""The address of a sign-in between two pages: sealed, and only for this browser."""

import base64
import binascii

from gateway.pages import stale
from gateway.web.call import Call
from keys import opaque
from keys.errors import NotSealedHere


def seal(call: Call, email: str) -> str:
    """Seal ``email`` so that only a request of this browser opens it."""
    return opaque.unpadded(call.runtime.vault.sealer.seal(email.encode(), "login", call.browser))


def open_(call: Call, who: str) -> str:
    """Open what :func:`seal` made.

    :raises stale.DeadEnd: it is not ours, or another browser's
    """
    try:
        sealed = base64.urlsafe_b64decode(who + "=" * (-len(who) % 4))
        opened: bytes = call.runtime.vault.sealer.open(sealed, "login", call.browser)
        return opened.decode()
    except (NotSealedHere, binascii.Error, ValueError) as error:
        raise stale.DeadEnd(stale.RUN_OUT) from error
