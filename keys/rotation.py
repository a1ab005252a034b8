"""When keys change: announced long before use, kept for as long as anyone may verify.

Every step is decided from the dates in the table, so a rotation that stopped half
way goes on where it was; a key is never used before it was shown for the whole
announcement (security: KE-04, F-18).
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from keys import keystore
from keys.entry import Entry
from keys.events import KeysReplaced, KeysRotated
from keys.keystore import ALGORITHMS, ON_REQUEST, Keyring, SigningKey
from keys.sealing import Sealer


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """How long a key is in each state."""

    lifetime: timedelta = timedelta(days=90)
    announcement: timedelta = timedelta(hours=24)  # twice what any cache may keep the set
    # As long as a session, whose ID tokens come back as hints, and an hour.
    retirement: timedelta = timedelta(hours=13)


DEFAULT = RotationPolicy()
# For who does not wait until a key is old: announced as long before use as any.
EARLY = RotationPolicy(lifetime=DEFAULT.announcement)


async def ensure(entry: Entry, sealer: Sealer, asked: Collection[str] = ()) -> None:
    """Make the first key of each purpose and algorithm, and use it at once: nobody waits yet.

    :param asked: algorithms, of those that are made on request, that somebody asks for
    """
    missing = await _missing(entry, sealer, asked)
    if not missing:
        return  # as at every start but the first: without a lock
    await entry.release()
    # A process that answers others goes on doing so.
    drawn = {what: await asyncio.to_thread(keystore.draw, what[1]) for what in missing}
    await keystore.alone(entry)
    for what in await _missing(
        entry, sealer, asked
    ):  # of several that start at once, the first made them
        purpose, alg = what
        kid = await keystore.announce(
            entry, sealer, purpose=purpose, alg=alg, drawn=drawn.get(what)
        )
        await keystore.activate(entry, kid)


async def rotate(entry: Entry, sealer: Sealer, policy: RotationPolicy = DEFAULT) -> list[str]:
    """Take every step that is due; returns them as ``<purpose> <alg>: <step>``.

    If somebody else is at it, they take them: drawing keys may last longer than one may wait.
    """
    if not await keystore.alone_if_free(entry):
        return []
    keyring = await keystore.load(entry, sealer)
    done: list[str] = []
    for purpose, alg in _all():
        steps = await _rotate(entry, sealer, policy, _of(keyring, purpose, alg), (purpose, alg))
        done += [f"{purpose} {alg}: {step}" for step in steps]
        if steps:
            entry.record(KeysRotated(None, None, purpose, alg))
    return done


async def emergency(entry: Entry, sealer: Sealer, purpose: str, alg: str) -> str:
    """Replace a key that leaked: the old one is gone at once, what it signed no longer verifies.

    :returns: the kid of the new key
    """
    await keystore.alone(entry)
    keyring = await keystore.load(entry, sealer)
    for key in _of(keyring, purpose, alg):
        if key.state == "active":
            await keystore.retire(entry, key.kid)
        await keystore.destroy(entry, key.kid)
    kid = await _announce(entry, sealer, purpose, alg)
    await keystore.activate(entry, kid)
    entry.record(KeysReplaced(None, None, purpose, alg))
    return kid


async def _missing(entry: Entry, sealer: Sealer, asked: Collection[str]) -> list[tuple[str, str]]:
    keyring = await keystore.load(entry, sealer)
    have = {(key.purpose, key.alg) for key in keyring.keys if key.state == "active"}
    due = [what for what in _all() if what[1] not in ON_REQUEST or what[1] in asked]
    return [what for what in due if what not in have]


async def _rotate(
    entry: Entry,
    sealer: Sealer,
    policy: RotationPolicy,
    keys: list[SigningKey],
    what: tuple[str, str],
) -> list[str]:
    steps: list[str] = []
    for key in keys:
        if key.state == "retiring" and _older(entry, key.retiring_at, policy.retirement):
            await keystore.destroy(entry, key.kid)
            steps.append(f"destroyed {key.kid}")
    active = next((key for key in keys if key.state == "active"), None)
    waiting = next((key for key in keys if key.state == "announced"), None)
    if active is None or not _older(entry, active.active_at, policy.lifetime - policy.announcement):
        return steps
    if waiting is None:
        kid = await _announce(entry, sealer, *what)
        return [*steps, f"announced {kid}"]
    if _older(entry, waiting.announced_at, policy.announcement):
        await keystore.retire(entry, active.kid)
        await keystore.activate(entry, waiting.kid)
        steps.append(f"activated {waiting.kid}")
    return steps


async def _announce(entry: Entry, sealer: Sealer, purpose: str, alg: str) -> str:
    # Beside the loop: whatever else the process does would stand still for a second or more.
    drawn = await asyncio.to_thread(keystore.draw, alg)
    return await keystore.announce(entry, sealer, purpose=purpose, alg=alg, drawn=drawn)


def _older(entry: Entry, since: object, age: timedelta) -> bool:
    return since is not None and entry.at - since >= age  # type: ignore[operator]


def _of(keyring: Keyring, purpose: str, alg: str) -> list[SigningKey]:
    return [key for key in keyring.keys if (key.purpose, key.alg) == (purpose, alg)]


def _all() -> list[tuple[str, str]]:
    return [(purpose, alg) for purpose, algs in ALGORITHMS.items() for alg in algs]
