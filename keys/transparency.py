"""The transparency tree: what was appended stays, and anyone can have that proved.

A hash tree over records that only grows. Its hashes lie in tiles of 256, as they lie on
the web in other logs: a full tile never changes, and whatever a proof needs is in a few
of them, however large the tree is.

    leaves ──append, one batch at a time──▶ tiles of level 0
                    a tile that is full ──its root──▶ the next tile above

What is written here is hashes and numbers; what the records say is nobody's business here.

Specs: RFC 9162 §2.1; the tiles follow C2SP tlog-tiles.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import merkle, tables
from keys.entry import Entry, statement
from keys.merkle import Head, Span

WIDTH = 256  # hashes of a tile
_HEIGHT = 8  # levels of the tree in a tile
_ALONE = 5_083_117_662  # of the advisory lock

_tiles, _leaves = tables.tree_tiles.c, tables.tree_leaves.c

TRY = statement(
    sa.select(
        sa.func.pg_try_advisory_xact_lock(sa.bindparam("number", type_=sa.BigInteger)).label("free")
    )
)
LAST = statement(
    sa.select(_tiles.number, _tiles.hashes)
    .where(_tiles.level == sa.bindparam("level"))
    .order_by(_tiles.number.desc())
    .limit(1)
)
_wanted = (
    sa.func.unnest(
        sa.bindparam("levels", type_=pg.ARRAY(sa.SmallInteger)),
        sa.bindparam("numbers", type_=pg.ARRAY(sa.BigInteger)),
    )
    .table_valued(sa.column("level", sa.SmallInteger), sa.column("number", sa.BigInteger))
    .render_derived("wanted")
)
TILES = statement(
    sa.select(tables.tree_tiles).join_from(
        _wanted,
        tables.tree_tiles,
        sa.and_(_tiles.level == _wanted.c.level, _tiles.number == _wanted.c.number),
    )
)
_put = pg.insert(tables.tree_tiles).values(
    level=sa.bindparam("level"), number=sa.bindparam("number"), hashes=sa.bindparam("hashes")
)
PUT = statement(
    _put.on_conflict_do_update(
        index_elements=["level", "number"], set_={"hashes": _put.excluded.hashes}
    )
)
_placed = (
    sa.func.unnest(sa.bindparam("records", type_=pg.ARRAY(sa.BigInteger)))
    .table_valued(sa.column("record", sa.BigInteger), with_ordinality="n")
    .render_derived("placed")
)
PLACE = statement(
    sa.insert(tables.tree_leaves).from_select(
        ["record", "place"],
        sa.select(_placed.c.record, sa.bindparam("first", type_=sa.BigInteger) + _placed.c.n - 1),
    )
)
PLACES = statement(
    sa.select(_leaves.record, _leaves.place).where(
        _leaves.record == sa.any_(sa.bindparam("records", type_=pg.ARRAY(sa.BigInteger)))
    )
)
NEWEST = statement(sa.select(sa.func.coalesce(sa.func.max(_leaves.record), 0).label("record")))
AFTER = statement(
    sa.select(_leaves.record, _leaves.place)
    .where(_leaves.record > sa.bindparam("after"))
    .order_by(_leaves.record)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A record that joins the tree: its number, and the hash of what it commits to."""

    record: int
    hash: bytes


async def alone(entry: Entry) -> bool:
    """Keep others from appending until this entry commits, unless somebody else appends now."""
    row = await entry.one(TRY, number=_ALONE)
    return bool(row and row["free"])


async def size(entry: Entry) -> int:
    """Return how many leaves there are."""
    last = await entry.one(LAST, level=0)
    return last["number"] * WIDTH + len(last["hashes"]) // merkle.SIZE if last else 0


async def newest(entry: Entry) -> int:
    """Return the number of the newest record in the tree, 0 if there is none."""
    row = await entry.one(NEWEST)
    return int(row["record"]) if row else 0


async def append(entry: Entry, leaves: Sequence[Leaf]) -> int:
    """Add ``leaves`` in their order, behind all others; return the new size.

    :class:`keys.entry.Entry` must be :func:`alone`
    """
    before = await size(entry)
    await entry.run(PLACE, records=[leaf.record for leaf in leaves], first=before)
    level, rising = 0, [leaf.hash for leaf in leaves]
    while rising:
        rising = await _extend(entry, level, rising)
        level += 1
    return before + len(leaves)


async def head(entry: Entry, size: int) -> Head:
    """Return the tree as it was at ``size``, which it must have reached."""
    [root] = await _hashes(entry, [Span(0, size)])
    return Head(size, root)


async def places(entry: Entry, records: Collection[int]) -> dict[int, int]:
    """Return where each of ``records`` stands; one that is not in the tree is left out."""
    rows = await entry.all(PLACES, records=list(records))
    return {row["record"]: row["place"] for row in rows}


async def inclusion(
    entry: Entry, places: Collection[int], size: int
) -> Mapping[int, tuple[bytes, ...]]:
    """Return for each place the proof that it is in the tree of ``size``.

    :raises ValueError: there is no such leaf
    """
    paths = {place: merkle.inclusion(place, size) for place in places}
    spans = list({span for path in paths.values() for span in path})
    known = dict(zip(spans, await _hashes(entry, spans), strict=True))
    return {place: tuple(known[span] for span in path) for place, path in paths.items()}


async def consistency(entry: Entry, first: int, second: int) -> list[bytes]:
    """Return the proof that the tree of ``second`` begins with that of ``first``.

    :raises ValueError: one of them never was
    """
    if second > await size(entry):
        raise ValueError("no such trees")
    return await _hashes(entry, merkle.consistency(first, second))


async def hashes(entry: Entry, number: int) -> list[bytes]:
    """Return the leaves' hashes of one tile."""
    found = await _read(entry, [(0, number)])
    return _cut(found[0, number]) if (0, number) in found else []


async def after(entry: Entry, record: int, limit: int) -> list[tuple[int, int]]:
    """Return records and their places, by number, behind ``record``."""
    rows = await entry.all(AFTER, after=record, most=limit)
    return [(row["record"], row["place"]) for row in rows]


async def _extend(entry: Entry, level: int, new: Sequence[bytes]) -> list[bytes]:
    """Write ``new`` behind what is at ``level``; return the roots of tiles that became full."""
    last = await entry.one(LAST, level=level)
    number, begun = (last["number"], _cut(last["hashes"])) if last else (0, [])
    row = [*begun, *new] if len(begun) < WIDTH else list(new)
    number += len(begun) == WIDTH
    full = []
    for at in range(0, len(row), WIDTH):
        tile = row[at : at + WIDTH]
        await entry.run(PUT, level=level, number=number + at // WIDTH, hashes=b"".join(tile))
        if len(tile) == WIDTH:
            full.append(merkle.perfect(tile))
    return full


async def _hashes(entry: Entry, spans: Sequence[Span]) -> list[bytes]:
    parts = [list(merkle.aligned(span)) for span in spans]
    tiles = await _read(entry, {_tile(*node) for nodes in parts for node in nodes})
    known: dict[tuple[int, int], bytes] = {}
    for node in {node for nodes in parts for node in nodes}:
        known[node] = _node(tiles[_tile(*node)], *node)
    return [merkle.join([known[node] for node in nodes]) for nodes in parts]


def _tile(level: int, number: int) -> tuple[int, int]:
    """Return the tile in which the node stands, or from whose hashes it is made."""
    return level // _HEIGHT, number >> (_HEIGHT - level % _HEIGHT)


def _node(tile: bytes, level: int, number: int) -> bytes:
    count = 1 << level % _HEIGHT
    begin = number % (WIDTH // count) * count
    return merkle.perfect(_cut(tile[begin * merkle.SIZE : (begin + count) * merkle.SIZE]))


async def _read(entry: Entry, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    levels, numbers = zip(*wanted, strict=True) if (wanted := list(wanted)) else ((), ())
    rows = await entry.all(TILES, levels=list(levels), numbers=list(numbers))
    return {(row["level"], row["number"]): row["hashes"] for row in rows}


def _cut(tile: bytes) -> list[bytes]:
    return [tile[at : at + merkle.SIZE] for at in range(0, len(tile), merkle.SIZE)]
