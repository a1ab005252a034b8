"""Logos: fetched once for each approved version, kept here, shown by ourselves.

    approved ──take──▶ asked for ──keep──▶ shown      (its service changes the file: still this one)
                           ├──refuse──▶ none, until the next version
                           └──(nobody answers)──▶ asked for again, each time later

What a reviewer approved can't change behind their back, and no citizen's browser tells
a service that its sign-in page was opened. Whoever fetches holds no connection.

Security: AD-10, SS-01 to SS-08.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import events, registry, tables
from relying_parties.pictures import Picture

FIRST_PAUSE, LATER = timedelta(seconds=5), 6  # each pause is six times the one before
MOST_TRIES = 6  # the last one three hours after the first

_clients, _logos = tables.clients, tables.logos
ADDRESS = _clients.c.registration["spec"]["logo"].astext

# No key of the row changes, so whoever gives a consent meanwhile does not wait.
DUE = statement(
    sa.select(
        _clients.c.client_id,
        _clients.c.version,
        ADDRESS.label("address"),
        sa.case((_logos.c.version == _clients.c.version, _logos.c.tries), else_=0).label("tries"),
    )
    .select_from(_clients.outerjoin(_logos, _logos.c.client_id == _clients.c.client_id))
    .where(
        _clients.c.version > 0,
        _clients.c.status != "retired",
        ADDRESS.is_not(None),
        sa.or_(
            _logos.c.client_id.is_(None),
            _logos.c.version != _clients.c.version,
            _logos.c.next_at <= sa.bindparam("at", type_=tables.NOW),
        ),
    )
    .order_by(_clients.c.client_id)
    .limit(sa.bindparam("most"))
    .with_for_update(of=_clients, key_share=True, skip_locked=True)
)

_TAKEN = pg.insert(_logos).values(
    {name: sa.bindparam(name) for name in ("client_id", "version", "address", "tries", "next_at")}
)
_SAME = _logos.c.address == _TAKEN.excluded.address

TAKE = statement(
    _TAKEN.on_conflict_do_update(
        index_elements=["client_id"],
        set_={
            **{name: _TAKEN.excluded[name] for name in ("version", "address", "tries", "next_at")},
            # Until the answer is here, the picture of the same address goes on being shown.
            **{
                name: sa.case((_SAME, _logos.c[name]), else_=sa.null())
                for name in ("kind", "digest", "body")
            },
        },
    )
)

_OF = (
    _logos.c.client_id == sa.bindparam("of_client"),
    _logos.c.version == sa.bindparam("of_version"),
)

KEEP = statement(
    sa.update(_logos)
    .where(*_OF)
    .values(
        kind=sa.bindparam("kind"),
        digest=sa.bindparam("digest"),
        body=sa.bindparam("body"),
        next_at=sa.null(),
    )
    .returning(_logos.c.client_id)
)
REFUSE = statement(
    sa.update(_logos).where(*_OF).values(next_at=sa.null()).returning(_logos.c.client_id)
)
FIND = statement(
    sa.select(_logos.c.kind, _logos.c.body).where(
        _logos.c.client_id == sa.bindparam("client_id"),
        _logos.c.digest == sa.bindparam("digest"),
    )
)


@dataclass(frozen=True, slots=True)
class Due:
    """A logo to fetch: whose, of which version, from where; ``last`` if it is the last try."""

    client_id: str
    version: int
    address: str
    last: bool


async def take(entry: Entry, most: int = 5) -> list[Due]:
    """Take logos that are to be fetched; nobody else gets them for a while."""
    taken = []
    for row in await entry.all(DUE, at=entry.at, most=most):
        tries = row["tries"] + 1
        last = tries >= MOST_TRIES
        of = {name: row[name] for name in ("client_id", "version", "address")}
        pause = FIRST_PAUSE * LATER ** (tries - 1)
        await entry.run(TAKE, **of, tries=tries, next_at=None if last else entry.at + pause)
        taken.append(Due(**of, last=last))
    return taken


async def keep(entry: Entry, due: Due, picture: Picture) -> None:
    """Show ``picture`` from now on, unless a newer version is in force meanwhile."""
    digest = hashlib.sha256(picture.body).hexdigest()[:32]
    row = await entry.one(
        KEEP,
        of_client=due.client_id,
        of_version=due.version,
        kind=picture.kind,
        digest=digest,
        body=picture.body,
    )
    if row is not None:
        about = f"client:{due.client_id}"
        entry.record(events.LogoKept(actor=None, object=about, digest=digest))
        await registry.bump(entry)


async def refuse(entry: Entry, due: Due, reason: str) -> None:
    """Ask no more until the next version; ``reason`` is one word."""
    row = await entry.one(REFUSE, of_client=due.client_id, of_version=due.version)
    if row is not None:
        about = f"client:{due.client_id}"
        entry.record(events.LogoRefused(actor=None, object=about, reason=reason))


async def find(entry: Entry, client_id: str, digest: str) -> Picture | None:
    """Return the logo that the service has now, if it is the one of ``digest``."""
    row = await entry.one(FIND, client_id=client_id, digest=digest)
    return Picture(row["kind"], row["body"]) if row else None
