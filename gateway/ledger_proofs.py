"""Proofs of the citizen's lines: where each stands in the tree, and the way to what we signed.

    waiting ──the worker seals it──▶ sealed
                                        └──altered afterwards──▶ broken

Each proof is followed here before it is told: what the page says is what a citizen finds
who follows it themselves. The download has all that :mod:`gateway.ledger_verifier` needs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway import ledger_verifier
from keys import checkpoints, merkle, transparency
from keys.checkpoints import Checkpoint
from keys.entry import Entry
from keys.opaque import unpadded
from relying_parties.releases import Release

TOGETHER = 100  # proofs worked out at once: others are answered in between


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a line stands, and the hashes from there to the root; ``holds`` if they lead there."""

    place: int
    path: Sequence[bytes]
    holds: bool


@dataclass(frozen=True, slots=True)
class Proven:
    """Lines' proofs by their ids, all to one checkpoint; what is not sealed yet has none."""

    checkpoint: Checkpoint | None
    proofs: Mapping[int, Proof]

    def state(self, one: Release) -> str:
        """Say how it stands with a line: sealed, waiting or broken."""
        found = self.proofs.get(one.id)
        if found is None:
            return "waiting"
        return "sealed" if found.holds else "broken"


async def prove(entry: Entry, lines: Collection[Release]) -> Proven:
    """Work out the proofs of ``lines``."""
    latest = await checkpoints.latest(entry)
    if latest is None:
        return Proven(None, {})
    places = await transparency.places(entry, [one.id for one in lines])
    found = dict[int, Proof]()
    sealed = [one for one in lines if places.get(one.id, latest.head.size) < latest.head.size]
    for begin in range(0, len(sealed), TOGETHER):
        some = sealed[begin : begin + TOGETHER]
        paths = await transparency.inclusion(
            entry, {places[one.id] for one in some}, latest.head.size
        )
        for one in some:
            found[one.id] = _followed(one, places[one.id], paths[places[one.id]], latest)
    return Proven(latest, found)


def document(
    proven: Proven, lines: Sequence[Release], told: Mapping[int, Any], keys: Sequence[Any]
) -> dict[str, Any]:
    """Return the download: what was committed to, to the letter, and the proof of each line.

    :param told: by line, what it says in words; it is no part of any proof
    """
    waiting = [one for one in lines if one.id not in proven.proofs]
    return {
        "format": ledger_verifier.FORMAT,
        "checkpoint": proven.checkpoint.signed if proven.checkpoint else None,
        "keys": list(keys),
        "lines": [
            {**_spelled(one, told), **_proof(proven.proofs[one.id])}
            for one in lines
            if one.id in proven.proofs
        ],
        "waiting": [_spelled(one, told) for one in waiting],
    }


def _followed(one: Release, place: int, path: Sequence[bytes], latest: Checkpoint) -> Proof:
    head, leaf = latest.head, merkle.leaf_hash(one.entry)
    return Proof(place, path, merkle.included(leaf, place, head.size, path, head.root))


def _spelled(one: Release, told: Mapping[int, Any]) -> dict[str, Any]:
    return {
        "line": one.line,
        "salt": unpadded(one.salt),
        "stored": unpadded(one.entry[merkle.SIZE :]),
        "told": told[one.id],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {"place": proof.place, "proof": [unpadded(each) for each in proof.path]}
