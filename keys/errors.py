"""What the trust floor refuses.

KeysError
├── DatabaseBusy        no connection in time: answer 503 and ask to come back
├── NotSealedHere       ciphertext that this key and place do not open
├── TokenRefused        a JWT that is not what its reader asked for
├── CertificateRefused  no X.509 certificate, or not the right one
├── UnknownKey          no such signing key, or none active for (purpose, alg)
├── KeyStateConflict    a transition that the key's state does not allow
├── MasterKeyMissing    no master key where the settings say
└── MasterKeyUnsafe     a master key that others could read, or that is none
"""


class KeysError(Exception):
    """A refusal with a stable ``code``; its text is for logs, never for people."""

    code = "keys_error"


class DatabaseBusy(KeysError):  # noqa: N818 - named as the fact it reports
    """No connection came free in time, or the database can't be reached."""

    code = "database_busy"


class NotSealedHere(KeysError):  # noqa: N818 - named as the fact it reports
    """The ciphertext was made by another key, for another place, or was altered."""

    code = "not_sealed_here"


class TokenRefused(KeysError):  # noqa: N818 - named as the fact it reports
    """A JWT failed a check; ``reason`` is a stable word for logs and the event log."""

    code = "token_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CertificateRefused(KeysError):  # noqa: N818 - named as the fact it reports
    """It is no certificate that can be read, or not one of whom it should be; ``reason`` says."""

    code = "certificate_refused"

    def __init__(self, reason: str = "format") -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(KeysError):  # noqa: N818 - named as the fact it reports
    """No signing key with this kid, or none active for this purpose and algorithm."""

    code = "unknown_key"


class KeyStateConflict(KeysError):  # noqa: N818 - named as the fact it reports
    """The key is not in the state from which this transition leads."""

    code = "key_state_conflict"


class MasterKeyMissing(KeysError):  # noqa: N818 - named as the fact it reports
    """There is no master key where the settings say."""

    code = "master_key_missing"


class MasterKeyUnsafe(KeysError):  # noqa: N818 - named as the fact it reports
    """The master key's file is open to others, or does not hold a key."""

    code = "master_key_unsafe"
