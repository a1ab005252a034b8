"""What this room refuses.

RelyingPartyError
├── RegistrationInvalid   a service's document breaks rules; ``problems`` lists all of them
├── AgencyUnknown         no such agency
├── AgencyExists          an agency with this id is there already
├── AgencyServes          an agency's name is settled while it has services
├── ClientUnknown         no such service
├── VersionUnknown        no such version of its registration
├── StateConflict         a step that the present state does not allow
├── FourEyes              whoever had a hand in a change may not approve it
├── SecretNotUsed         the service signs in with a key, so it has no secret
├── ClaimsNotAsked        a decision names claims that the citizen was not shown
├── TooManyPushed         a service's pushed requests wait in too great a number
├── TooManyAsked          a service asks a citizen in their absence too often
├── StateInvalid          what a service reports of a request can't be shown to anybody
├── ReferenceTaken        a service has this number for another citizen's request
├── TooManyStates         a service reports more than a page can hold
├── WordsInvalid          what somebody wrote is too long, or no plain text
├── ConsentMissing        no living consent stands behind what is asked
├── ConsentUnknown        no such consent of this citizen, or it can't be changed this way
├── RestoreTooLate        the day in which a withdrawal can be undone has passed
├── PictureRefused        a logo is no picture that we show
├── CodeReplayed          a code came back after its use: its family is dead now
└── RefreshReplayed       a replaced refresh token came back: its family is dead now
"""

from datetime import datetime


class RelyingPartyError(Exception):
    """A refusal with a stable ``code``; its text is for logs, never for people."""

    code = "relying_party_error"


class RegistrationInvalid(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """A document breaks rules; each problem is a path into it and a stable word."""

    code = "registration_invalid"

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{path}: {word}" for path, word in problems))
        self.problems = problems


class AgencyUnknown(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """No agency has this id."""

    code = "agency_unknown"


class AgencyExists(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """An agency has this id already."""

    code = "agency_exists"


class AgencyServes(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """The agency has services, so its name is the operator's to change."""

    code = "agency_serves"


class ClientUnknown(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """No service has this id."""

    code = "client_unknown"


class VersionUnknown(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """The service has no such version of its registration."""

    code = "version_unknown"


class StateConflict(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """The thing is not in the state from which this step leads."""

    code = "state_conflict"


class FourEyes(RelyingPartyError):  # noqa: N818 - named as the rule it keeps
    """Whoever wrote a change may not approve it."""

    code = "four_eyes"


class SecretNotUsed(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """The service's registered way to sign in needs no secret."""

    code = "secret_not_used"


class ClaimsNotAsked(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """A decision names claims that were not shown, or that the registration does not cover."""

    code = "claims_not_asked"


class TooManyPushed(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """As many requests of a service as it may have are waiting for their browser.

    :ivar until: when those that wait now have run out
    """

    code = "too_many_pushed"

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class TooManyAsked(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """A service has asked this citizen in their absence, and has to wait.

    :ivar until: when it may ask again
    """

    code = "too_many_asked"

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class StateInvalid(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """What a service reports breaks rules; each problem is a path into it and a stable word."""

    code = "state_invalid"

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{path}: {word}" for path, word in problems))
        self.problems = problems


class ReferenceTaken(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """The service has a request of another citizen under this number."""

    code = "reference_taken"


class TooManyStates(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """The service reported as much of this request, or of this citizen, as it may."""

    code = "too_many_states"


class WordsInvalid(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """What a citizen or a service wrote to the other is none, too much, or no plain text."""

    code = "words_invalid"


class ConsentMissing(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """Nothing may be issued: the consent, or the service, is not live at this moment."""

    code = "consent_missing"


class ConsentUnknown(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """The citizen has no such consent, or not in a state that allows this change."""

    code = "consent_unknown"


class RestoreTooLate(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """A withdrawal can be undone for a day only, and not after a newer consent was given."""

    code = "restore_too_late"


class PictureRefused(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """A logo is no picture that we show; ``reason`` is one word."""

    code = "picture_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MomentRefused(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """A citizen wants to be reminded too soon, or too near the end of a request."""

    code = "moment_refused"


class CodeReplayed(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """A code came back after its use; everything that came of it has been ended."""

    code = "code_replayed"


class RefreshReplayed(RelyingPartyError):  # noqa: N818 - named as the fact it reports
    """A refresh token came back after it was replaced; its family has been ended."""

    code = "refresh_replayed"
