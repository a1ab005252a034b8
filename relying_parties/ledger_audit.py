"""The ledger against itself: whether each line is what was sealed, where it was sealed.

Everything is worked out again from the lines as they are stored: each leaf, and from the
leaves the root at each checkpoint. So it does not help to alter a line together with its
leaf: the root no longer is what was signed; nor to sign again: a checkpoint that was
published before, and that somebody kept, says otherwise.

Reads a batch at a time and keeps 32 bytes for each level of the tree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import checkpoints, journal, merkle, transparency
from keys.checkpoints import Checkpoint
from keys.entry import Entry, Row, statement
from keys.errors import TokenRefused
from keys.merkle import Frontier
from relying_parties import ledger, tables

WIDTH = transparency.WIDTH
BATCH = WIDTH * 16  # lines
ENOUGH = 50  # findings: whoever altered that much altered everything

THERE = statement(
    sa.select(tables.releases.c.id).where(
        tables.releases.c.id == sa.any_(sa.bindparam("ids", type_=pg.ARRAY(sa.BigInteger)))
    )
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed.

    :ivar code: ``altered``, ``missing``, ``moved`` or ``slipped_in``, of a line; ``rewritten``,
        of all lines up to a checkpoint; ``forged``, of a checkpoint's signature; ``cut_off``,
        of a tree that is smaller than a checkpoint says
    :ivar release: the line's id; ``place`` where it stands, or the size of the checkpoint
    """

    code: str
    release: int | None
    place: int | None


@dataclass(slots=True)
class Report:
    """What was looked at and what was found."""

    lines: int = 0
    waiting: int = 0
    checkpoints: int = 0
    published: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, release: int | None, place: int | None) -> None:
        """Note a finding."""
        self.findings.append(Finding(code, release, place))


async def verify(entry: Entry, issuer: str, published: Sequence[str] = ()) -> Report:
    """Work everything out again.

    :param published: checkpoints that somebody kept, elsewhere than in this database
    """
    report = Report(published=len(published))
    kept = _read(report, published, await checkpoints.keys(entry), issuer)
    tree = await _lines(entry, report, _Heads(report, kept), issuer)
    for each in kept:
        if each.head.size > tree.size:
            report.add("cut_off", None, each.head.size)
    await _unsealed(entry, report)
    return report


def _read(
    report: Report, published: Sequence[str], keys: Sequence[Mapping[str, Any]], issuer: str
) -> list[Checkpoint]:
    found = []
    for each in published:
        try:
            found.append(checkpoints.read(each, keys, issuer))
        except TokenRefused:
            report.add("forged", None, None)
    return sorted(found, key=lambda one: one.head.size)


async def _lines(entry: Entry, report: Report, heads: "_Heads", issuer: str) -> Frontier:
    """Go through the tree from its first leaf."""
    tree, after = Frontier(), -(2**62)  # nor may anything stand before the first
    keys, known = await checkpoints.every_key(entry), await checkpoints.after(entry, 0)
    while leaves := await transparency.after(entry, after, BATCH):
        batch = await _batch(entry, report, after, leaves)
        for leaf in batch.leaves(leaves, tree.size):
            tree.add(leaf)
            if known and known[0].head.size == tree.size:
                heads.compare(tree, known.pop(0), keys, issuer)
                known = known or await checkpoints.after(entry, tree.size)
            heads.published(tree)
        after, report.lines = leaves[-1][0], tree.size
        if len(report.findings) >= ENOUGH:
            return tree
    for each in known:
        report.add("cut_off", None, each.head.size)
    return tree


async def _batch(
    entry: Entry, report: Report, after: int, leaves: Sequence[tuple[int, int]]
) -> "_Batch":
    rows = await entry.all(ledger.BETWEEN, after=after, last=leaves[-1][0], most=2 * BATCH)
    places = [place for _, place in leaves]
    tiles = dict[int, bytes]()
    for number in range(
        min(places) // WIDTH, min(max(places), min(places) + 2 * BATCH) // WIDTH + 1
    ):
        tiles.update(enumerate(await transparency.hashes(entry, number), number * WIDTH))
    return _Batch(report, {row["id"]: row for row in rows}, tiles)


class _Heads:
    """The heads of the tree as they were signed, against the tree as it comes out now."""

    def __init__(self, report: Report, kept: Sequence[Checkpoint]) -> None:
        self._report, self._kept = report, list(kept)
        self._broken = False

    def compare(
        self, tree: Frontier, one: Checkpoint, keys: Sequence[Mapping[str, Any]], issuer: str
    ) -> None:
        """Compare a checkpoint of this database."""
        self._report.checkpoints += 1
        try:
            signed = checkpoints.read(one.signed, keys, issuer)
        except TokenRefused:
            signed = None
        if signed is None or signed.head != one.head:
            self._report.add("forged", None, one.head.size)
        elif tree.root() != one.head.root:
            self._rewritten(one.head.size)

    def published(self, tree: Frontier) -> None:
        """Compare what was published, where the tree has reached its size."""
        while self._kept and self._kept[0].head.size <= tree.size:
            one = self._kept.pop(0)
            if one.head.size == tree.size and one.head.root != tree.root():
                self._rewritten(one.head.size)

    def _rewritten(self, size: int) -> None:
        # Every root from there on differs: the first says where to look.
        if not self._broken:
            self._report.add("rewritten", None, size)
        self._broken = True


class _Batch:
    """Some lines that follow one another, and the leaves that the tree has for them."""

    def __init__(self, report: Report, rows: dict[int, Row], tiles: Mapping[int, bytes]) -> None:
        self._report, self._rows, self._tiles = report, rows, tiles
        self._by_hash = {each: place for place, each in tiles.items()}

    def leaves(self, leaves: Sequence[tuple[int, int]], size: int) -> Iterator[bytes]:
        """Return the leaves from place ``size`` on; say so where a line is not what was sealed."""
        for record, place in leaves:
            for gap in range(size, min(place, size + BATCH)):
                self._report.add("missing", None, gap)
                yield self._tiles.get(gap, merkle.EMPTY)
            yield self._leaf(record, place, moved=place < size)
            size = max(size, place) + 1
        for record in self._rows:
            self._report.add("slipped_in", record, None)

    def _leaf(self, record: int, place: int, *, moved: bool) -> bytes:
        row, sealed = self._rows.pop(record, None), self._tiles.get(place, merkle.EMPTY)
        leaf = ledger.hashed(row) if row else b""
        if row is None:
            self._report.add("missing", record, place)
        elif moved or (leaf != sealed and leaf in self._by_hash):
            self._report.add("moved", record, place)
        elif leaf != sealed:
            self._report.add("altered", record, place)
        # What was sealed: so that the roots tell whether the tree itself was altered, too.
        return sealed


async def _unsealed(entry: Entry, report: Report) -> None:
    """Look whether every line that the journal tells of is there, sealed or not yet."""
    after = await transparency.newest(entry)
    while rows := await entry.all(ledger.BETWEEN, after=after, last=2**62, most=BATCH):
        report.waiting, after = report.waiting + len(rows), rows[-1]["id"]
    end, named = await entry.one(journal.NEWEST), {one.release for one in report.findings}
    for first in range(0, end["seq"] if end else 0, BATCH):
        told = await journal.of_kind(entry, "ClaimsReleased", after=first, last=first + BATCH)
        ids = {_number(one.object) for one in told} - named
        there = {row["id"] for row in await entry.all(THERE, ids=list(ids))}
        for gone in sorted(ids - there - {0}):
            report.add("missing", gone, None)


def _number(name: str | None) -> int:
    kind, _, number = (name or "").partition(":")
    return int(number) if kind == "release" and number.isdecimal() else 0
