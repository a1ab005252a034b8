"""The ledger: lines of releases become leaves of the transparency tree, in batches.

    line written ──final──▶ leaf, and a checkpoint over all leaves ──▶ proof

A batch is one transaction: its leaves, their places and the checkpoint, or nothing. Two
workers at once take turns; whoever comes second finds nothing to do.
"""

import sqlalchemy as sa

from keys import checkpoints, finality, transparency
from keys.entry import Entry, Row, statement
from keys.keystore import Keyring
from keys.merkle import EMPTY, Head, leaf_hash
from keys.transparency import Leaf
from relying_parties import releases, tables

CURSOR = "ledger"
BATCH = 5000  # lines

_r = tables.releases.c

NEWEST = finality.newest(_r.id)
BETWEEN = statement(
    sa.select(tables.releases)
    .where(_r.id > sa.bindparam("after"), _r.id <= sa.bindparam("last"))
    .order_by(_r.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


async def grow(entry: Entry, keyring: Keyring, issuer: str) -> int:
    """Take up to a batch of lines that have become final into the tree; return how many."""
    if not await transparency.alone(entry):
        return 0
    last = await finality.reached(entry, NEWEST, CURSOR)
    if last is None:
        return 0
    after = await transparency.newest(entry)
    rows = await entry.all(BETWEEN, after=after, last=last, most=BATCH)
    if rows:
        size = await transparency.append(entry, [Leaf(row["id"], hashed(row)) for row in rows])
        head = await transparency.head(entry, size)
        await checkpoints.publish(entry, keyring, issuer, head)
    else:
        await _keep_current(entry, keyring, issuer)
    return len(rows)


def hashed(row: Row) -> bytes:
    """Return the leaf of a line's row."""
    return leaf_hash(releases.tree_entry(row))


async def _keep_current(entry: Entry, keyring: Keyring, issuer: str) -> None:
    """Let there be a checkpoint, signed by the key of today: the one before may have leaked."""
    latest = await checkpoints.latest(entry)
    if latest is None or not checkpoints.current(latest, keyring):
        head = latest.head if latest else Head(0, EMPTY)
        await checkpoints.publish(entry, keyring, issuer, head)
