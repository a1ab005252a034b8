"""What happens to citizens' accounts: actor and object are ``account:<id>``, never a value."""

from dataclasses import dataclass, field

from keys.events import Event


@dataclass(frozen=True, slots=True)
class AccountOpened(Event):
    """Somebody proved an address and has an account now."""


@dataclass(frozen=True, slots=True)
class AccountLocked(Event):
    """The account can't be used until it is unlocked."""

    reason: str


@dataclass(frozen=True, slots=True)
class AccountUnlocked(Event):
    """The account can be used again."""


@dataclass(frozen=True, slots=True)
class AccountClosed(Event):
    """The account has ended."""


@dataclass(frozen=True, slots=True)
class ErasureAsked(Event):
    """The citizen wants the account deleted; nothing happens for two weeks."""


@dataclass(frozen=True, slots=True)
class ErasureStopped(Event):
    """The citizen keeps the account after all."""


@dataclass(frozen=True, slots=True)
class AccountErased(Event):
    """Every row of the account is deleted; there is nobody behind the id any more."""


@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    """The account became an administrator of some kind."""

    role: str


@dataclass(frozen=True, slots=True)
class RoleTaken(Event):
    """The account lost an administrator's role."""

    role: str


@dataclass(frozen=True, slots=True)
class EmailAdded(Event):
    """An address was proved to be the citizen's."""


@dataclass(frozen=True, slots=True)
class SignedIn(Event):
    """A session began."""

    session: str
    session_kind: str
    amr: list[str]
    device: str


@dataclass(frozen=True, slots=True)
class SteppedUp(Event):
    """The citizen signed in again, in a session that they had."""

    session: str
    amr: list[str]


@dataclass(frozen=True, slots=True)
class SignedOut(Event):
    """A session was ended."""

    session: str


@dataclass(frozen=True, slots=True)
class SignInFailed(Event):
    """A wrong password was tried, or one of an address that has no account."""


@dataclass(frozen=True, slots=True)
class PasswordSet(Event):
    """The account has a new password."""


@dataclass(frozen=True, slots=True)
class PasswordDisabled(Event):
    """Too many wrong passwords in a row: it works only on devices that used it before."""


@dataclass(frozen=True, slots=True)
class PasskeyAdded(Event):
    """The account has a new passkey."""

    passkey: str
    device: str


@dataclass(frozen=True, slots=True)
class PasskeyRenamed(Event):
    """A passkey has another name."""

    passkey: str


@dataclass(frozen=True, slots=True)
class PasskeyRemoved(Event):
    """A passkey is no way in any more."""

    passkey: str


@dataclass(frozen=True, slots=True)
class PasskeyFailed(Event):
    """An answer in the name of a passkey, or to a question to its citizen, was refused."""

    reason: str


@dataclass(frozen=True, slots=True)
class PasskeySuspected(Event):
    """A passkey's counter went backwards: there may be a copy of it."""

    passkey: str


@dataclass(frozen=True, slots=True)
class RecoveryStarted(Event):
    """Somebody who can read the citizen's mail wants a new way in."""


@dataclass(frozen=True, slots=True)
class RecoveryCancelled(Event):
    """The recovery was stopped."""


@dataclass(frozen=True, slots=True)
class RecoveryCompleted(Event):
    """The citizen has a new way in."""


@dataclass(frozen=True, slots=True)
class AttributesChanged(Event):
    """Details were written down; which, never what."""

    claims: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ComingDropped(Event):
    """A citizen said that a detail will not change after all."""

    claim: str


@dataclass(frozen=True, slots=True)
class AttributeDisputed(Event):
    """The citizen says that a detail is wrong; which, never what."""

    claim: str


@dataclass(frozen=True, slots=True)
class DisputeDropped(Event):
    """The citizen says so no more."""

    claim: str


@dataclass(frozen=True, slots=True)
class ChannelsChosen(Event):
    """A citizen chose how they are told of these kinds of things."""

    kinds: list[str]


@dataclass(frozen=True, slots=True)
class IdentityVerified(Event):
    """A proofing provider confirmed who the citizen is."""

    provider: str
    ial: int


@dataclass(frozen=True, slots=True)
class ProofingRefused(Event):
    """A proofing provider could not confirm who the citizen is."""

    provider: str
    reason: str
