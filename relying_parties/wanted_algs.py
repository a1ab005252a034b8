"""Algorithms that services want what we sign for them in, also those that wait for a review.

So a key that is made on request is announced while somebody still reads the registration, and
not at the moment of its first signature, when copies of the key set may be minutes old.
"""

import sqlalchemy as sa

from keys.entry import Entry, statement
from relying_parties import tables

_registrations = tables.registrations.c
_MEMBERS = ("idTokenAlg", "introspectionAlg", "userinfoAlg")

WANTED = statement(
    sa.select(
        *(_registrations.document["spec"][member].astext.label(member) for member in _MEMBERS)
    )
    .where(_registrations.state.in_(("submitted", "approved")))
    .distinct()
)


async def named(entry: Entry) -> frozenset[str]:
    """Return the algorithms that a registration names which is in force or may soon be."""
    rows = await entry.all(WANTED)
    return frozenset(alg for row in rows for alg in row.values() if alg)
