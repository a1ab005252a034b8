"""Erasures: an account that its citizen wants deleted, from the wish to the end.

    waiting ──14 days──▶ closed ──services are told──▶ told ──rows are deleted──▶ gone
       └──the citizen, signed in or by the mailed link──▶ kept

Until the days are over nothing has happened and nobody is told. From `closed` on there is no
way back: the citizen's key is destroyed. Each step is one transaction that moves the row from
one stage to the next, so a worker that dies leaves it where it was, and of two workers one
does it. A locked account waits: whoever locked it wants to look at it first.

What is left in the end is this row: ids and moments.

Specs: GDPR Art. 17; OpenID Connect Core §8 (a subject is never given to anybody else).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import accounts, identifiers, tables
from idp.errors import ErasureOver, StaffStays
from idp.events import AccountErased, ErasureAsked, ErasureStopped
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.errors import NotSealedHere
from keys.vault import Vault

GRACE = timedelta(days=14)
SETTLED = timedelta(seconds=2)  # no sign-on is under way that read the session before
PAUSE = timedelta(seconds=2)  # what a step waits for has not happened yet
LATER = timedelta(minutes=10)  # a step that fails stands in nobody's way

WAITING, KEPT, CLOSED, TOLD, GONE = "waiting", "kept", "closed", "told", "gone"
AFTER: Mapping[str, str] = {WAITING: CLOSED, CLOSED: TOLD, TOLD: GONE}

_erasures, _e, _accounts = tables.erasures, tables.erasures.c, tables.accounts.c
_at = sa.bindparam("at", type_=tables.NOW)
# As the indexes spell them.
_RUNS = sa.literal_column("idp.erasures.stage <> 'kept'", sa.Boolean)
_MOVES = sa.literal_column("idp.erasures.stage IN ('waiting', 'closed', 'told')", sa.Boolean)

ADD = statement(
    pg.insert(_erasures)
    .values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        digest=sa.bindparam("digest"),
        stage=WAITING,
        asked_at=_at,
        due_at=sa.bindparam("due_at"),
        moved_at=_at,
    )
    .on_conflict_do_nothing()
    .returning(_e.id)
)
OF_ACCOUNT = statement(
    sa.select(_erasures).where(_e.account_id == sa.bindparam("of_account"), _RUNS)
)
FIND = statement(sa.select(_erasures).where(_e.digest == sa.bindparam("of_link")))


def _stop(*where: sa.ColumnElement[bool]) -> sa.Executable:
    return (
        sa.update(_erasures)
        .where(_e.stage == WAITING, *where)
        .values(stage=KEPT, moved_at=_at)
        .returning(_e.account_id)
    )


STOP = statement(_stop(_e.account_id == sa.bindparam("of_account")))
STOP_BY_LINK = statement(_stop(_e.digest == sa.bindparam("of_link")))
# Whoever looks after others first hands that over: an account with a role is not closed.
_closable = sa.exists().where(
    _accounts.id == _e.account_id,
    _accounts.status == sa.literal_column("'open'", sa.Text),
    sa.func.cardinality(_accounts.roles) == 0,
)
TAKE = statement(
    sa.select(_erasures)
    .where(_MOVES, _e.due_at <= _at, sa.or_(_e.stage != WAITING, _closable))
    .order_by(_e.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
MOVE = statement(
    sa.update(_erasures)
    .where(_e.id == sa.bindparam("of_erasure"))
    .values(
        stage=sa.bindparam("after"),
        moved_at=_at,
        due_at=sa.bindparam("next", type_=tables.NOW),
        receipt=sa.bindparam("sealed", type_=sa.LargeBinary),
    )
)
WAIT = statement(
    sa.update(_erasures)
    .where(_e.id == sa.bindparam("of_erasure"))
    .values(due_at=sa.bindparam("next", type_=tables.NOW))
)

THOSE_GONE = statement(
    sa.select(_e.account_id).where(_e.stage.in_((CLOSED, TOLD, GONE))).order_by(_e.moved_at)
)
_again = pg.insert(_erasures).from_select(
    ["id", "account_id", "digest", "stage", "asked_at", "due_at", "moved_at"],
    sa.select(
        sa.func.gen_random_uuid(),
        _accounts.id,
        sa.func.uuid_send(sa.func.gen_random_uuid()),  # nobody has a link to it
        sa.literal_column("'waiting'", sa.Text),
        *(_at, _at, _at),
    ).where(_accounts.id == sa.any_(sa.bindparam("accounts", type_=pg.ARRAY(sa.Uuid)))),
)
AGAIN = statement(
    _again.on_conflict_do_update(
        index_elements=["account_id"], index_where=_RUNS, set_={"due_at": _at}
    ).returning(_e.id)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish that was written down.

    :ivar link: goes into the mails: it stops the erasure, and tells later how it went
    """

    id: UUID
    due_at: datetime
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One on its way, or done."""

    id: UUID
    account_id: UUID
    stage: str
    asked_at: datetime
    due_at: datetime
    moved_at: datetime
    receipt: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where the last mail goes, and in which language."""

    locale: str
    emails: Sequence[str] = field(repr=False)


async def ask(entry: Entry, account_id: UUID) -> Asked | None:
    """Write the wish down; ``None`` if it was before, whose days then go on.

    :raises StaffStays: the account has an administrator's role
    :raises AccountNotOpen: there is none
    """
    account = await accounts.find(entry, account_id)
    if account is not None and account.roles:
        raise StaffStays
    asked = Asked(opaque.new_id(), entry.at + GRACE, opaque.handle())
    added = await entry.one(
        ADD,
        id=asked.id,
        account_id=account_id,
        digest=opaque.digest(asked.link),
        at=entry.at,
        due_at=asked.due_at,
    )
    if added is None:
        return None
    await accounts.leave(entry, account_id, asked.due_at)
    whom = f"account:{account_id}"
    entry.record(ErasureAsked(whom, whom))
    return asked


async def of_account(entry: Entry, account_id: UUID) -> Erasure | None:
    """Return the erasure of an account that was not stopped."""
    row = await entry.one(OF_ACCOUNT, of_account=account_id)
    return _erasure(row) if row else None


async def find(entry: Entry, link: str) -> Erasure | None:
    """Return the erasure of a mailed link, in whatever stage."""
    row = await entry.one(FIND, of_link=opaque.digest(link))
    return _erasure(row) if row else None


async def stop(entry: Entry, account_id: UUID) -> bool:
    """Keep the account, by who is signed in; ``False`` if there was nothing to stop."""
    return await _stopped(entry, await entry.one(STOP, of_account=account_id, at=entry.at))


async def stop_by_link(entry: Entry, link: str) -> None:
    """Keep the account, by whoever reads its mail.

    :raises ErasureOver: it was stopped before, or can't be any more
    """
    row = await entry.one(STOP_BY_LINK, of_link=opaque.digest(link), at=entry.at)
    if not await _stopped(entry, row):
        raise ErasureOver


async def gone(entry: Entry) -> list[UUID]:
    """Return the accounts that are gone, or past keeping, in the order in which they went."""
    rows = await entry.all(THOSE_GONE)
    return [UUID(bytes=row["account_id"].bytes) for row in rows]


async def again(entry: Entry, accounts_: Collection[UUID]) -> int:
    """Let every account of these that is here be deleted now: a copy brought it back."""
    return len(await entry.all(AGAIN, accounts=list(accounts_), at=entry.at))


async def take(entry: Entry) -> Erasure | None:
    """Take one that is due for this unit of work; nobody else gets it meanwhile."""
    row = await entry.one(TAKE, at=entry.at)
    return _erasure(row) if row else None


async def move(entry: Entry, one: Erasure, sealed: bytes | None = None) -> None:
    """Note that a step was taken: the next one is due a moment later.

    :param sealed: where the last mail goes, as :func:`seal_receipt` made it
    """
    after = AFTER[one.stage]
    await entry.run(
        MOVE, of_erasure=one.id, after=after, at=entry.at, next=entry.at + SETTLED, sealed=sealed
    )
    if after == GONE:
        entry.record(AccountErased(None, f"account:{one.account_id}"))


async def wait(entry: Entry, one: Erasure) -> None:
    """Note that what the step needs has not happened yet."""
    await entry.run(WAIT, of_erasure=one.id, next=entry.at + PAUSE)


async def put_off(entry: Entry, one: Erasure) -> None:
    """Note that the step failed: it is tried again later, and others come before it."""
    await entry.run(WAIT, of_erasure=one.id, next=entry.at + LATER)


async def seal_receipt(entry: Entry, vault: Vault, one: Erasure, default: str) -> bytes:
    """Keep where the last mail goes beyond the end of the account."""
    account, emails = await accounts.find(entry, one.account_id), list[str]()
    with suppress(NotSealedHere):  # whoever damaged an address keeps nobody from going
        emails = await identifiers.emails(entry, vault, one.account_id)
    told = {"locale": (account and account.locale) or default, "emails": emails}
    return vault.sealer.seal(json.dumps(told).encode(), "idp.erasures", str(one.id))


def receipt(vault: Vault, one: Erasure) -> Receipt:
    """Open what :func:`seal_receipt` kept; nobody, if there is nothing."""
    if one.receipt is None:
        return Receipt("en", ())
    return Receipt(**json.loads(vault.sealer.open(one.receipt, "idp.erasures", str(one.id))))


async def _stopped(entry: Entry, row: Row | None) -> bool:
    if row is None:
        return False
    account_id = UUID(bytes=row["account_id"].bytes)
    await accounts.leave(entry, account_id, None)
    whom = f"account:{account_id}"
    entry.record(ErasureStopped(whom, whom))
    return True


def _erasure(row: Row) -> Erasure:
    return Erasure(
        id=UUID(bytes=row["id"].bytes),
        account_id=UUID(bytes=row["account_id"].bytes),
        stage=row["stage"],
        asked_at=row["asked_at"],
        due_at=row["due_at"],
        moved_at=row["moved_at"],
        receipt=row["receipt"],
    )
