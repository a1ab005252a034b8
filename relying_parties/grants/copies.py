"""Copies: a token came back that only its service should have, so its citizen hears of it.

What was read with it until then can't be taken back, but the citizen may look who has their
details, and knows why an app asks them to sign in again.

    RefreshReplayDetected ──follow──▶ service and subject, once

Specs: RFC 9700 §4.14.2.
"""

from keys import following
from keys.entry import Entry
from relying_parties.events import RefreshReplayDetected

FOLLOWER = "copies"
MOST = 100  # of one look


async def take_news(entry: Entry) -> list[tuple[str, str]]:
    """Return whose tokens came back since the last look: the service, and its own subject.

    :param entry: one in which nothing was written yet
    """
    kinds = (RefreshReplayDetected.__name__,)
    found = await following.follow(entry, FOLLOWER, kinds, MOST)
    # Before somebody wrote down whose it was, there was nobody to tell.
    return [(_named(one.actor), _named(one.object)) for one in found if one.actor and one.object]


def _named(who: str | None) -> str:
    return (who or "").partition(":")[2]
