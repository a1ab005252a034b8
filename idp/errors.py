"""What the room of citizens refuses.

IdpError
├── AccountNotOpen      locked, closed or unknown
├── IdentifierInvalid   not an e-mail address that we take
├── IdentifierTaken     another account has it
├── TooManyAttempts     a limit is reached; `until` says when to come back
├── HasherBusy          too many passwords are being checked: 503
├── PasswordRefused     the password breaks a rule; `reason` is a stable word
├── PasskeyRefused      the device's answer fails a check; `reason` is for the log
│   └── PasskeyUnknown  no account has this passkey
├── LastWayIn           removing it would lock the citizen out
├── CodeWrong           the code is not the one that was sent
├── SignupOver          the flow ran out, was used, or is another browser's
├── RecoveryOver        the same, of a recovery
├── ErasureOver         an erasure was stopped, or can't be any more
├── StaffStays          whoever looks after others hands that over before they go
├── InvitationOver      the same, of an invitation
├── ClaimUnknown        not in the catalogue, or never stored
├── NothingToDispute    nobody else wrote the detail, or its dispute is as asked already
├── ValueRefused        not a value of this claim; `reason` is a stable word
├── ChannelRefused      a notice of this kind does not go that way
└── StaleVersion        somebody was faster
"""

from datetime import datetime


class IdpError(Exception):
    """A refusal with a stable ``code``; its text is for logs, never for people."""

    code = "idp_error"


class _Reasoned(IdpError):  # noqa: N818 - not raised itself
    """A refusal that says why in one stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AccountNotOpen(IdpError):  # noqa: N818 - these are named as the fact they report
    """The account is locked, closed or unknown."""

    code = "account_not_open"


class IdentifierInvalid(IdpError):  # noqa: N818
    """Not an e-mail address that we take."""

    code = "identifier_invalid"


class IdentifierTaken(IdpError):  # noqa: N818
    """Another account has this address."""

    code = "identifier_taken"


class TooManyAttempts(IdpError):  # noqa: N818
    """A limit is reached.

    :ivar until: when the next attempt will be looked at
    """

    code = "too_many_attempts"

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class HasherBusy(IdpError):  # noqa: N818
    """Too many passwords are being checked at this moment."""

    code = "hasher_busy"


class PasswordRefused(_Reasoned):
    """The password breaks a rule: ``short``, ``long``, ``breached`` or ``context``."""

    code = "password_refused"


class PasskeyRefused(_Reasoned):
    """The device's answer fails a check."""

    code = "passkey_refused"


class PasskeyUnknown(PasskeyRefused):
    """No account has, or has any more, the passkey that the device offered."""

    code = "passkey_unknown"


class LastWayIn(IdpError):  # noqa: N818
    """Without it the citizen could not sign in any more."""

    code = "last_way_in"


class CodeWrong(IdpError):  # noqa: N818
    """The code is not the one that was sent."""

    code = "code_wrong"


class SignupOver(IdpError):  # noqa: N818
    """The flow ran out, was used, had too many tries, or is another browser's."""

    code = "signup_over"


class RecoveryOver(IdpError):  # noqa: N818
    """The recovery ran out, was stopped, or was finished."""

    code = "recovery_over"


class ErasureOver(IdpError):  # noqa: N818
    """The erasure was stopped, or has gone too far to be."""

    code = "erasure_over"


class StaffStays(IdpError):  # noqa: N818
    """The account has an administrator's role, which somebody else must have first."""

    code = "staff_stays"


class InvitationOver(IdpError):  # noqa: N818
    """The invitation ran out, was used, or was opened in another browser."""

    code = "invitation_over"


class ClaimUnknown(IdpError):  # noqa: N818
    """Not a claim that is stored."""

    code = "claim_unknown"


class NothingToDispute(IdpError):  # noqa: N818
    """Nothing is there that the citizen could contest, or stop contesting."""

    code = "nothing_to_dispute"


class ValueRefused(_Reasoned):
    """Not a value of this claim."""

    code = "value_refused"


class ChannelRefused(IdpError):  # noqa: N818 - named as the fact it reports
    """No such kind of notice or channel, or one that keeps the account safe and always goes out."""

    code = "channel_refused"


class StaleVersion(IdpError):  # noqa: N818
    """Another writer was faster."""

    code = "stale_version"
