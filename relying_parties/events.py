"""What happens in this room, as facts: ids and names of claims, never values or accounts.

``actor`` is ``subject:<pairwise>``, ``client:<id>``, ``admin:<id>`` or ``operator``;
``object`` is ``client:<id>``, ``consent:<id>``, ``request:<id>``, ``correction:<id>``
or ``agency:<id>``.
The three kinds of the hot path (CodeIssued, TokensIssued, ClaimsReleased) are written
by the statement that does the thing, see ``keys.journal.cte``.
"""

from dataclasses import dataclass

from keys.events import Event


@dataclass(frozen=True, slots=True)
class AgencyCreated(Event):
    """An agency joined."""


@dataclass(frozen=True, slots=True)
class AgencyChanged(Event):
    """The name or the contact of an agency changed."""


@dataclass(frozen=True, slots=True)
class MemberAdded(Event):
    """Someone may act for an agency."""

    subject: str
    role: str


@dataclass(frozen=True, slots=True)
class MemberRemoved(Event):
    """Someone may no longer act for an agency."""

    subject: str


@dataclass(frozen=True, slots=True)
class RegistrationInvited(Event):
    """Services of an agency may register themselves: how many, and until when (ISO 8601)."""

    uses: int
    until: str


@dataclass(frozen=True, slots=True)
class RegistrationDrafted(Event):
    """A new version of a service's registration was written."""

    version: int


@dataclass(frozen=True, slots=True)
class RegistrationSubmitted(Event):
    """A version waits for review."""

    version: int


@dataclass(frozen=True, slots=True)
class ServiceApproved(Event):
    """A version is in force."""

    version: int


@dataclass(frozen=True, slots=True)
class RegistrationRefused(Event):
    """A reviewer sent a version back."""

    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class ServiceSuspended(Event):
    """A service was stopped; its tokens do not work while it is."""

    reason: str


@dataclass(frozen=True, slots=True)
class ServiceResumed(Event):
    """A suspended service works again."""


@dataclass(frozen=True, slots=True)
class ServiceRetired(Event):
    """A service ended for good."""


@dataclass(frozen=True, slots=True)
class SecretIssued(Event):
    """A service got a new secret; older ones end at ``older_end_at`` (ISO 8601)."""

    older_end_at: str


@dataclass(frozen=True, slots=True)
class LogoKept(Event):
    """The logo of an approved version was fetched and is shown; ``digest`` is in its address."""

    digest: str


@dataclass(frozen=True, slots=True)
class LogoRefused(Event):
    """The logo of an approved version can't be shown; ``reason`` is one word."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConsentEvent(Event):
    """What every change of a consent tells: the service, and what it may read after it."""

    client_id: str
    claims: list[str]


@dataclass(frozen=True, slots=True)
class ConsentGiven(ConsentEvent):
    """A citizen let a service have claims."""


@dataclass(frozen=True, slots=True)
class ConsentWidened(ConsentEvent):
    """A citizen let a service have more, or for longer."""


@dataclass(frozen=True, slots=True)
class ConsentNarrowed(ConsentEvent):
    """A citizen stopped sharing some claims."""

    stopped: list[str]


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(ConsentEvent):
    """A citizen stopped sharing with a service."""


@dataclass(frozen=True, slots=True)
class ConsentRestored(ConsentEvent):
    """A citizen undid a withdrawal or a narrowing."""


@dataclass(frozen=True, slots=True)
class ConsentProlonged(ConsentEvent):
    """A citizen lets a service have the same for longer."""


@dataclass(frozen=True, slots=True)
class ConsentExpired(ConsentEvent):
    """The time that a citizen agreed to is over."""


@dataclass(frozen=True, slots=True)
class CodeReplayDetected(Event):
    """A used code came back; its tokens were ended."""


@dataclass(frozen=True, slots=True)
class RefreshReplayDetected(Event):
    """A replaced refresh token came back; its family was ended."""


@dataclass(frozen=True, slots=True)
class CodeBurned(Event):
    """The right service brought a code with the wrong verifier or address; the code is dead."""


@dataclass(frozen=True, slots=True)
class DeviceDenied(Event):
    """Whoever typed a device's code said no, or that they did not begin it."""


@dataclass(frozen=True, slots=True)
class TokenRevoked(Event):
    """A service gave a token back."""

    what: str  # access_token | refresh_token


@dataclass(frozen=True, slots=True)
class FamiliesEnded(Event):
    """Everything issued to some subjects was ended: sign-out, lock or a new password."""

    ended: int
    offline_too: bool


@dataclass(frozen=True, slots=True)
class LogoutTold(Event):
    """A service heard that a session of it ended."""


@dataclass(frozen=True, slots=True)
class LogoutGivenUp(Event):
    """A service could not be told that a session of it ended; ``why`` is a word or a status."""

    why: str


@dataclass(frozen=True, slots=True)
class StreamCreated(Event):
    """A service hears events from now on."""


@dataclass(frozen=True, slots=True)
class StreamChanged(Event):
    """A service hears others, elsewhere, or not for the moment."""


@dataclass(frozen=True, slots=True)
class StreamDeleted(Event):
    """A service hears no events any more."""


@dataclass(frozen=True, slots=True)
class StreamPaused(Event):
    """A week of tries reached nobody: events wait until the service says that it listens."""

    why: str


@dataclass(frozen=True, slots=True)
class EventGivenUp(Event):
    """A service did not take an event; ``why`` is a word or a status."""

    event: str
    why: str


@dataclass(frozen=True, slots=True)
class EventsSentAgain(Event):
    """What had been given up waits to be told once more."""

    events: int


@dataclass(frozen=True, slots=True)
class ChangeAnswered(Event):
    """A service said what it did about a change."""

    answer: str


@dataclass(frozen=True, slots=True)
class RequestReported(Event):
    """A service reported where a request of a citizen stands."""


@dataclass(frozen=True, slots=True)
class CorrectionProposed(Event):
    """A service said that a detail of a citizen is other than what is held."""

    claims: list[str]


@dataclass(frozen=True, slots=True)
class CorrectionWithdrawn(Event):
    """A service took back what it had said about a detail."""


@dataclass(frozen=True, slots=True)
class BackchannelAsked(Event):
    """A service asked a citizen who was not in front of it."""


@dataclass(frozen=True, slots=True)
class BackchannelApproved(Event):
    """A citizen approved what a service asked in their absence."""


@dataclass(frozen=True, slots=True)
class BackchannelDeclined(Event):
    """A citizen declined what a service asked in their absence."""


@dataclass(frozen=True, slots=True)
class InquiryMade(Event):
    """A citizen asked a service something about its request."""


@dataclass(frozen=True, slots=True)
class InquiryAnswered(Event):
    """A service answered what a citizen asked about its request."""


@dataclass(frozen=True, slots=True)
class StandingGiven(Event):
    """A citizen agreed beforehand to what a service asks again and again."""


@dataclass(frozen=True, slots=True)
class StandingUsed(Event):
    """A request of a service was approved by what the citizen agreed to beforehand."""


@dataclass(frozen=True, slots=True)
class StandingEnded(Event):
    """What a citizen agreed to beforehand ended: by them, or with the consent."""


@dataclass(frozen=True, slots=True)
class PingTold(Event):
    """A service heard that a request of it was answered."""


@dataclass(frozen=True, slots=True)
class PingGivenUp(Event):
    """A service could not be told that a request was answered; ``why`` is a word or a status."""

    why: str
