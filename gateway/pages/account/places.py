"""What the account has, in the groups in which people look for it. The next page is a row.

The menu, the account's first page and the page about everything that we hold are made of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.web.call import Call
from gateway.web.locale import N_


@dataclass(frozen=True, slots=True)
class Place:
    """One page: what it is called, where it is, and what is on it in half a line."""

    id: str
    href: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that people look for together."""

    name: str
    places: tuple[Place, ...]


HOME = "account"
GROUPS: tuple[Group, ...] = (
    Group(
        N_("Requests"),
        (
            Place(
                "inbox",
                "/account/inbox",
                N_("Inbox"),
                N_("What services ask you, and what you answered."),
            ),
            Place(
                "requests",
                "/account/requests",
                N_("Requests you made"),
                N_("What you asked of offices, and how far they are."),
            ),
            Place(
                "standing",
                "/account/standing",
                N_("Allowed without asking"),
                N_("What a service may do again without asking you first."),
            ),
        ),
    ),
    Group(
        N_("Sharing"),
        (
            Place(
                "sharing",
                "/account/sharing",
                N_("Who has your details"),
                N_("What each service may read, and how to stop it."),
            ),
            Place(
                "ledger",
                "/account/ledger",
                N_("When your details were read"),
                N_("Every time a service read something, with its proof."),
            ),
            Place(
                "changes",
                "/account/changes",
                N_("Changes passed on"),
                N_("Which services heard of a change, and what they did."),
            ),
        ),
    ),
    Group(
        N_("About you"),
        (
            Place(
                "details",
                "/account/details",
                N_("Your details"),
                N_("What we hold, where it came from and when it was checked."),
            ),
            Place(
                "notices",
                "/account/notices",
                N_("How we contact you"),
                N_("What we mail you about, and what you find only here."),
            ),
            Place(
                "data",
                "/account/data",
                N_("Download or delete"),
                N_("Take everything with you, or end your account."),
            ),
        ),
    ),
    Group(
        N_("Security"),
        (
            Place(
                "security",
                "/account/security",
                N_("How you sign in"),
                N_("Your passkeys and your password."),
            ),
            Place(
                "sessions",
                "/account/sessions",
                N_("Where you are signed in"),
                N_("Every browser, and how to sign it out."),
            ),
            Place(
                "activity",
                "/account/activity",
                N_("Recent activity"),
                N_("Sign-ins and changes, newest first."),
            ),
        ),
    ),
)


_BY_ID = {one.id: one for group in GROUPS for one in group.places}


def menu(call: Call, at: str) -> list[dict[str, Any]]:
    """Return the groups in the reader's language; ``at`` is the page that they are on."""
    _ = call.gettext
    return [
        {
            "name": _(group.name),
            "places": [_spelt(call, one) | {"current": one.id == at} for one in group.places],
        }
        for group in GROUPS
    ]


def named(call: Call, ids: Iterable[str]) -> list[dict[str, Any]]:
    """Return some of the pages in the reader's language."""
    return [_spelt(call, _BY_ID[one]) for one in ids]


def _spelt(call: Call, one: Place) -> dict[str, Any]:
    _ = call.gettext
    return {"id": one.id, "href": one.href, "text": _(one.name), "about": _(one.about)}
