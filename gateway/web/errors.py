"""What an error of a room is to the outside: one table.

A room raises an error with a stable ``code`` and no sentence. Here stands, per code,
the status, the OAuth error that a client gets, and the words that a person gets.
"""

from dataclasses import dataclass

from gateway.web.locale import N_


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row: how a refusal is answered.

    To a person: ``title`` says what happened, ``lead`` what it means, ``then`` what to do.
    """

    status: int
    oauth: str
    title: str
    lead: str
    then: str


BUSY = Outcome(
    503,
    "temporarily_unavailable",
    N_("The service is busy"),
    N_("Too many people are here at once. Nothing was lost."),
    N_("Wait a minute and try again."),
)
GONE = Outcome(
    410,
    "invalid_request",
    N_("This page has expired"),
    N_("It was open for too long, or it was used already."),
    N_("Start again. It does not take long."),
)
REFUSED = Outcome(
    400,
    "invalid_request",
    N_("Request cannot be completed"),
    N_("Something in it was not right, so nothing was changed."),
    N_("Go back and try again."),
)
CHANGED = Outcome(
    409,
    "invalid_request",
    N_("Something changed meanwhile"),
    N_("Perhaps you did it in another tab, or somebody else was faster. Nothing was done twice."),
    N_("Go back, look at how it is now, and decide again."),
)
NOT_FOUND = Outcome(
    404,
    "invalid_request",
    N_("Page not found"),
    N_("There is nothing at this address."),
    N_("Check the address, or start at the front page."),
)
NOT_OPENED = Outcome(
    405,
    "invalid_request",
    N_("This page cannot be opened like this"),
    N_("It only takes what one of our forms sends."),
    N_("Start at the front page, and find your way from there."),
)
FOREIGN = Outcome(
    403,
    "invalid_request",
    N_("This form cannot be accepted"),
    N_("It was open for too long, or it did not come from a page of ours. Nothing was changed."),
    N_("Go back, load the page again, and fill it in once more."),
)
NOT_ALLOWED = Outcome(
    403,
    "access_denied",
    N_("You cannot do this"),
    N_("It is another person's task here."),
    N_("Ask someone whose task it is."),
)
TOO_MANY = Outcome(
    429,
    "temporarily_unavailable",
    N_("There were too many tries"),
    N_("We stop for a while, so that nobody can guess their way in."),
    N_("Wait a few minutes and try again."),
)
TOO_FAST = Outcome(
    429,
    "temporarily_unavailable",
    N_("Too many requests at once"),
    N_("They came from the network that you are on."),
    N_("Wait a minute and try again."),
)
UNEXPECTED = Outcome(
    500,
    "server_error",
    N_("Something went wrong here"),
    N_("This is not your fault, and nothing was changed."),
    N_("Try again in a minute. If it happens again, tell us the reference."),
)

OUTCOMES = {
    "database_busy": BUSY,
    "hasher_busy": BUSY,
    "unknown_key": BUSY,
    "too_many_attempts": TOO_MANY,
    "too_many_pushed": TOO_MANY,
    "too_many_asked": TOO_MANY,
    "too_many_states": TOO_MANY,
    "state_invalid": REFUSED,
    "reference_taken": CHANGED,
    "too_fast": TOO_FAST,
    "stale_version": CHANGED,
    "state_conflict": CHANGED,
    "four_eyes": NOT_ALLOWED,
}


def outcome(code: str) -> Outcome:
    """Return the row of ``code``; what has none of its own is a plain refusal."""
    return OUTCOMES.get(code, REFUSED)
