"""The library that judges passkeys, loaded when the first one comes.

It brings five megabytes and takes a twentieth of a second, which a process that only
speaks the protocol never needs.
"""

from functools import cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm


@cache
def webauthn() -> Any:
    """Return the library."""
    import webauthn as found  # noqa: PLC0415

    return found


@cache
def refusals() -> tuple[type[Exception], ...]:
    """Return what it raises for something that a device would not send."""
    known = (ValueError, TypeError, KeyError, IndexError, RecursionError, UnsupportedAlgorithm)
    return (webauthn().helpers.exceptions.WebAuthnException, *known)
