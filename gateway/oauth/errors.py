"""What the protocol refuses, in its own words.

ProtocolError
├── OAuthError       an error code of the specifications, told to the client
│   └── Unauthorized   the client did not prove who it is: 401
└── Unanswerable     no address is known to be the client's: only the person is told

A hint goes into ``error_description``; it is fixed text of ours and never repeats input.
"""


class ProtocolError(Exception):
    """A refusal of the protocol."""


class OAuthError(ProtocolError):
    """A refusal with a code that specifications define.

    :ivar code: the ``error`` on the wire
    :ivar hint: what an engineer should look at
    """

    status = 400

    def __init__(self, code: str, hint: str = "") -> None:
        super().__init__(f"{code}: {hint}")
        self.code = code
        self.hint = hint


class Unauthorized(OAuthError):
    """Unknown client, wrong secret, bad assertion: one answer for all (CA-04)."""

    status = 401

    def __init__(self, *, basic: bool) -> None:
        super().__init__("invalid_client", "client authentication failed")
        self.basic = basic


class Unanswerable(ProtocolError):
    """An authorization request that must not be redirected; ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def invalid_request(hint: str) -> OAuthError:
    """Return the error of a request that is malformed."""
    return OAuthError("invalid_request", hint)


def invalid_grant() -> OAuthError:
    """Return the one answer to a code or token that does not work, whatever the cause."""
    return OAuthError("invalid_grant", "the code or token is not valid for this client")
