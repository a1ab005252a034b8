"""Sessions: a browser that is signed in.

    started ──seen, seen …──▶ idle too long │ too old │ ended
        └──signed in again──▶ the same session under a new handle

The handle is only in the browser's cookie; the table holds its digest. Whoever signs
in again, or stronger, gets a new handle, so one that was planted before is worthless.
How strong a session is, is what the last sign-in proved: a password an hour after a
passkey must not make the passkey look fresh.

Specs: SP 800-63B §5, ASVS 7.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import accounts, tables
from idp.accounts import Account
from idp.errors import AccountNotOpen
from idp.events import SignedIn, SignedOut, SteppedUp
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.gathering import asked

IDLE = {"citizen": timedelta(minutes=30), "admin": timedelta(minutes=10)}
ABSOLUTE = {"citizen": timedelta(hours=12), "admin": timedelta(hours=8)}
FRESH = timedelta(minutes=5)  # so long a sign-in was "just now"
TOUCH = timedelta(minutes=1)  # between two notes of the last use
MOST = 50  # sessions of one account; beyond, the oldest ends

_sessions = tables.sessions.c
_accounts = tables.accounts.c
_asked = asked(of_digest=sa.LargeBinary(), of_kind=sa.Text(), at=tables.NOW, idle_since=tables.NOW)


def _live(
    at: sa.ColumnElement[datetime], idle_since: sa.ColumnElement[datetime]
) -> sa.ColumnElement[bool]:
    return sa.and_(
        _sessions.ended_at.is_(None), _sessions.expires_at > at, _sessions.seen_at > idle_since
    )


FIND = statement(
    sa.select(
        _asked.c.n,
        tables.sessions,
        _accounts.status.label("status"),
        _accounts.locale,
        _accounts.ial,
        _accounts.roles,
        _accounts.handle,
        _accounts.created_at,
        _accounts.credentials_changed_at,
        _accounts.leaving_at,
    )
    .select_from(
        _asked.join(tables.sessions, _sessions.digest == _asked.c.of_digest).join(
            tables.accounts, _accounts.id == _sessions.account_id
        )
    )
    .where(
        _sessions.kind == _asked.c.of_kind,
        _live(_asked.c.at, _asked.c.idle_since),
        _accounts.status == sa.literal_column("'open'", sa.Text),
    )
)
START = statement(
    sa.insert(tables.sessions).from_select(
        ["id", "digest", "account_id", "kind", "started_at", "seen_at", "expires_at",
         "auth_time", "amr", "aal", "device"],
        sa.select(
            sa.bindparam("id", type_=sa.Uuid()),
            sa.bindparam("digest", type_=sa.LargeBinary()),
            _accounts.id,
            sa.bindparam("kind", type_=sa.Text()),
            sa.bindparam("at", type_=tables.NOW),
            sa.bindparam("at", type_=tables.NOW),
            sa.bindparam("expires_at", type_=tables.NOW),
            sa.bindparam("at", type_=tables.NOW),
            sa.bindparam("amr", type_=pg.ARRAY(sa.Text)),
            sa.bindparam("aal", type_=sa.SmallInteger()),
            sa.bindparam("device", type_=sa.Text()),
        ).where(_accounts.id == sa.bindparam("of_account"), _accounts.status == "open"),
    )
)  # fmt: skip
CROWD = statement(
    sa.update(tables.sessions)
    .where(
        _sessions.id.in_(
            sa.select(_sessions.id)
            .where(_sessions.account_id == sa.bindparam("of_account"), _sessions.ended_at.is_(None))
            .order_by(_sessions.started_at.desc())
            .offset(sa.literal_column(str(MOST)))
            .scalar_subquery()
        )
    )
    .values(ended_at=sa.bindparam("at"))
)
SEEN = statement(
    sa.update(tables.sessions)
    .where(
        _sessions.id == sa.bindparam("of_session"),
        _sessions.ended_at.is_(None),
        _sessions.seen_at < sa.bindparam("before", type_=tables.NOW),
    )
    .values(seen_at=sa.bindparam("at"))
)
ROTATE = statement(
    sa.update(tables.sessions)
    .where(_sessions.id == sa.bindparam("of_session"), _sessions.ended_at.is_(None))
    .values(
        digest=sa.bindparam("new_digest"),
        auth_time=sa.bindparam("at"),
        seen_at=sa.bindparam("at"),
        amr=sa.bindparam("new_amr"),
        aal=sa.bindparam("new_aal"),
    )
    .returning(_sessions.id)
)
END = statement(
    sa.update(tables.sessions)
    .where(_sessions.id == sa.bindparam("of_session"), _sessions.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
    .returning(_sessions.account_id)
)
END_ALL = statement(
    sa.update(tables.sessions)
    .where(
        _sessions.account_id == sa.bindparam("of_account"),
        _sessions.ended_at.is_(None),
        _sessions.id.is_distinct_from(sa.bindparam("but", type_=sa.Uuid())),
    )
    .values(ended_at=sa.bindparam("at"))
    .returning(_sessions.id)
)
LISTED = statement(
    sa.select(tables.sessions)
    .where(
        _sessions.account_id == sa.bindparam("of_account"),
        _sessions.kind == "citizen",
        _live(sa.bindparam("at", type_=tables.NOW), sa.bindparam("idle_since", type_=tables.NOW)),
    )
    .order_by(_sessions.seen_at.desc())
)
PURGE = statement(
    sa.delete(tables.sessions).where(
        sa.or_(
            _sessions.expires_at < sa.bindparam("before", type_=tables.NOW),
            _sessions.ended_at < sa.bindparam("before", type_=tables.NOW),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in, and whose it is.

    :ivar auth_time: when the citizen last proved who they are
    :ivar amr: how, in the words of RFC 8176
    :ivar aal: the strength of that, 1 to 3
    """

    id: UUID
    account: Account
    kind: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    auth_time: datetime
    amr: tuple[str, ...]
    aal: int
    device: str

    @property
    def phishing_resistant(self) -> bool:
        """Whether the proof was bound to our address: a passkey."""
        return "pop" in self.amr

    def ends_at(self, at: datetime) -> datetime:
        """Return when it ends if it is used at ``at`` and never again."""
        # What :func:`touch` does not write down does not count.
        used = at if at - self.seen_at > TOUCH else self.seen_at
        return min(used + IDLE[self.kind], self.expires_at)

    @property
    def doubtful(self) -> bool:
        """Whether the proof was a passkey that somebody may have a copy of, and no more."""
        return "swk" in self.amr and self.aal < 2


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its citizen sees it."""

    id: UUID
    started_at: datetime
    seen_at: datetime
    amr: tuple[str, ...]
    device: str

    @property
    def phishing_resistant(self) -> bool:
        """Whether it began with a passkey."""
        return "pop" in self.amr


async def start(
    entry: Entry, account_id: UUID, *, kind: str, amr: tuple[str, ...], aal: int, device: str
) -> tuple[Session, str]:
    """Start a session; returns it with the handle for the cookie.

    :raises AccountNotOpen: the account is locked or closed
    """
    handle, session_id = opaque.handle(), opaque.new_id()
    began = await entry.run(
        START,
        id=session_id,
        digest=opaque.digest(handle),
        of_account=account_id,
        kind=kind,
        at=entry.at,
        expires_at=entry.at + ABSOLUTE[kind],
        amr=list(amr),
        aal=aal,
        device=device,
    )
    if not began:
        raise AccountNotOpen
    await entry.run(CROWD, of_account=account_id, at=entry.at)
    whom = f"account:{account_id}"
    entry.record(SignedIn(whom, whom, str(session_id), kind, list(amr), device))
    found = await find(entry, handle, kind=kind)
    if found is None:
        raise AccountNotOpen
    return found, handle


async def find(entry: Entry, handle: str, *, kind: str = "citizen") -> Session | None:
    """Return the session of ``handle`` if it is alive and its account open; one statement."""
    rows = await entry.together(
        FIND,
        of_digest=opaque.digest(handle),
        of_kind=kind,
        at=entry.at,
        idle_since=entry.at - IDLE[kind],
    )
    return _session(rows[0]) if rows else None


async def touch(entry: Entry, session: Session) -> None:
    """Note that the session is in use, at most once a minute."""
    if entry.at - session.seen_at > TOUCH:
        await entry.run(SEEN, of_session=session.id, at=entry.at, before=entry.at - TOUCH)


async def rotate(entry: Entry, session: Session, *, amr: tuple[str, ...], aal: int) -> str:
    """Note that the citizen signed in again; returns the new handle, the old one is dead.

    The session is as strong as this sign-in, be it weaker than the one before. Only what
    is half a proof by itself counts together with the other half, if both are fresh.

    :raises AccountNotOpen: the session ended meanwhile
    """
    handle = opaque.handle()
    proved, strength = _together(session, entry.at, amr, aal)
    row = await entry.one(
        ROTATE,
        of_session=session.id,
        new_digest=opaque.digest(handle),
        new_amr=list(proved),
        new_aal=strength,
        at=entry.at,
    )
    if row is None:
        raise AccountNotOpen
    whom = f"account:{session.account.id}"
    entry.record(SteppedUp(whom, whom, str(session.id), list(amr)))
    return handle


async def end(entry: Entry, session_id: UUID) -> bool:
    """End a session; ``False`` if it had ended."""
    row = await entry.one(END, of_session=session_id, at=entry.at)
    if row is not None:
        whom = f"account:{row['account_id']}"
        entry.record(SignedOut(whom, whom, str(session_id)))
    return row is not None


async def end_all(entry: Entry, account_id: UUID, *, but: UUID | None = None) -> list[UUID]:
    """End every session of the account, ``but`` one; returns which."""
    rows = await entry.all(END_ALL, of_account=account_id, but=but, at=entry.at)
    whom = f"account:{account_id}"
    for row in rows:
        entry.record(SignedOut(whom, whom, str(row["id"])))
    return [UUID(bytes=row["id"].bytes) for row in rows]


async def listed(entry: Entry, account_id: UUID) -> list[Listed]:
    """Return the account's live sessions, the last used first."""
    rows = await entry.all(
        LISTED, of_account=account_id, at=entry.at, idle_since=entry.at - IDLE["citizen"]
    )
    return [
        Listed(
            UUID(bytes=row["id"].bytes),
            row["started_at"],
            row["seen_at"],
            tuple(row["amr"]),
            row["device"],
        )
        for row in rows
    ]


async def purge(entry: Entry) -> int:
    """Forget sessions that ended or ran out a month ago."""
    return await entry.run(PURGE, before=entry.at - timedelta(days=30))


def _together(
    session: Session, at: datetime, amr: tuple[str, ...], aal: int
) -> tuple[tuple[str, ...], int]:
    """Return what a passkey in doubt and a password prove together: two factors."""
    halves = frozenset((*session.amr, *amr)) >= {"swk", "pwd"}
    if not halves or max(aal, session.aal) > 1 or at - session.auth_time >= FRESH:
        return amr, aal
    return (*amr, *(one for one in session.amr if one not in amr), "mfa"), 2


def _session(row: Row) -> Session:
    return Session(
        id=UUID(bytes=row["id"].bytes),
        account=accounts.account(row, "account_id"),
        kind=row["kind"],
        started_at=row["started_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
        auth_time=row["auth_time"],
        amr=tuple(row["amr"]),
        aal=row["aal"],
        device=row["device"],
    )
