"""The file of everything that is held of a citizen: its parts, one row each.

    asked ─▶ PARTS, one after the other ─▶ ZIP ─sealed─▶ fetched once

A part names its files, says in a sentence what they are, gathers them for one citizen, and
has a schema that ships with them. The next part is one module and one row. Each table with
rows of a citizen is told by a part, or left out with a reason: tests/architecture sees to it.
"""

from collections.abc import Mapping

from gateway.exporting import (
    consents,
    corrections,
    ledger,
    notices,
    profile,
    receipts,
    requests,
    sign_ins,
    standing,
    your_requests,
)
from gateway.exporting.part import Part

PARTS: tuple[Part, ...] = (
    profile.PART,
    consents.PART,
    receipts.PART,
    ledger.PART,
    sign_ins.PART,
    notices.PART,
    requests.PART,
    your_requests.PART,
    corrections.PART,
    standing.PART,
)

# What has rows of a citizen and is told in none of them.
LEFT_OUT: Mapping[str, str] = {
    "person_keys": "the key that all of it was sealed under: what it opened is told",
    "signups": "addresses on the way of being proved; they are deleted a day later",
    "recoveries": "the activity says when one began and how it ended",
    "invitations": "of administrators; the activity says what became of them",
    "exports": "the file itself",
    "codes": "how services came by what the ledger says that they got",
    "access_tokens": "as codes",
    "refresh_tokens": "as codes; the consent says whether they may read in your absence",
    "logouts": "services that have to hear that a session ended; the activity says that it did",
    "deliveries": "events on their way; the notices say what became of those about details",
    "stream_exclusions": "of whom a service wants to hear nothing: its own wish",
    "consent_reminders": "which mails were sent before an agreement ended",
    "members": "who acts for an agency: the agency's to tell",
}
