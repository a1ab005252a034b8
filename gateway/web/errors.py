"""What an error of a room is to the outside: one table.

A room raises an error with a stable ``code`` and no sentence. Here stands, per code,
the status, the OAuth error that a client gets, and the words that a person gets.
"""

from dataclasses import dataclass

from gateway.web.locale import N_


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row: how a refusal is answered."""

    status: int
    oauth: str
    title: str
    lead: str


BUSY = Outcome(
    503,
    "temporarily_unavailable",
    N_("The service is busy"),
    N_("Wait a minute and try again. Nothing was lost."),
)
GONE = Outcome(
    410,
    "invalid_request",
    N_("This page has run out"),
    N_("Start again. It does not take long."),
)
REFUSED = Outcome(
    400,
    "invalid_request",
    N_("Request cannot be completed"),
    N_("Something in it was not right. Go back and try again."),
)
CHANGED = Outcome(
    409,
    "invalid_request",
    N_("Something changed meanwhile"),
    N_("Go back, look at how it is now, and decide again."),
)
NOT_FOUND = Outcome(
    404,
    "invalid_request",
    N_("Page not found"),
    N_("Check the address, or start at the front page."),
)
FOREIGN = Outcome(
    403,
    "invalid_request",
    N_("This form cannot be accepted"),
    N_("It was open for too long, or it did not come from a page of ours. Go back and try again."),
)
NOT_ALLOWED = Outcome(
    403,
    "access_denied",
    N_("You cannot do this"),
    N_("Ask someone whose task it is."),
)
TOO_MANY = Outcome(
    429,
    "temporarily_unavailable",
    N_("There were too many tries"),
    N_("Wait a few minutes and try again."),
)
UNEXPECTED = Outcome(
    500,
    "server_error",
    N_("Something went wrong here"),
    N_("It is not your doing. Try again in a minute."),
)

OUTCOMES = {
    "database_busy": BUSY,
    "hasher_busy": BUSY,
    "unknown_key": BUSY,
    "too_many_attempts": TOO_MANY,
    "stale_version": CHANGED,
    "state_conflict": CHANGED,
    "four_eyes": NOT_ALLOWED,
}


def outcome(code: str) -> Outcome:
    """Return the row of ``code``; what has none of its own is a plain refusal."""
    return OUTCOMES.get(code, REFUSED)
