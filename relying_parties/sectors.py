"""Sectors: inside one, a citizen is known by one subject; across two, nothing can be joined.

Clients that an administrator registers stand in the sector of their agency, as if
the agency published a sector document that lists all of its addresses.

Specs: OpenID Connect Core §8.1.
"""

from keys import opaque

OWN = "gatehouse"  # of the gateway itself: there it knows those who act for agencies


def draw() -> str:
    """Return a sector for a new agency: random, so that renaming or moving it changes nothing."""
    return opaque.handle()
