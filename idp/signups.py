"""Proving an e-mail address: a code, or a link, for one flow of one browser.

    started ──code right, or link followed──▶ proved ──hold, use──▶ used
       ├── five wrong codes ──▶ over
       ├── ten minutes ───────▶ over
       └── its reader: not me ▶ over

A flow is found by its handle and by the browser that began it, so no step of one flow
can be done in another (security: RE-02). Following the link proves the address; it
signs nobody in, and opening it changes nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from idp import authenticators, identifiers, tables
from idp.errors import CodeWrong, SignupOver
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.vault import Vault

LIFETIME = timedelta(minutes=10)
AFTERWARDS = timedelta(minutes=60)  # to finish, once the address is proved
DIGITS = 8
TRIES = 5

_signups = tables.signups.c

ADD = statement(
    sa.insert(tables.signups).values(
        digest=sa.bindparam("digest"),
        browser=sa.bindparam("browser"),
        purpose=sa.bindparam("purpose"),
        account_id=sa.bindparam("account_id"),
        lookup=sa.bindparam("lookup"),
        sealed=sa.bindparam("sealed"),
        code_digest=sa.bindparam("code_digest"),
        link_digest=sa.bindparam("link_digest"),
        created_at=sa.bindparam("at"),
        expires_at=sa.bindparam("expires_at"),
        device=sa.bindparam("device"),
    )
)
_mine = sa.and_(
    _signups.digest == sa.bindparam("of_flow"), _signups.browser == sa.bindparam("of_browser")
)
_running = sa.and_(
    _signups.used_at.is_(None), _signups.expires_at > sa.bindparam("at", type_=tables.NOW)
)
FIND = statement(sa.select(tables.signups).where(_mine))
TRY = statement(
    sa.update(tables.signups)
    .where(_mine, _running, _signups.proved_at.is_(None), _signups.tries < TRIES)
    .values(tries=_signups.tries + 1)
    .returning(_signups.code_digest)
)
PROVE = statement(
    sa.update(tables.signups)
    .where(_mine, _running, _signups.proved_at.is_(None))
    .values(proved_at=sa.bindparam("at"), expires_at=sa.bindparam("later"), code_digest=sa.null())
    .returning(_signups.digest)
)
_of_link = sa.and_(
    _signups.link_digest == sa.bindparam("of_link"), _running, _signups.proved_at.is_(None)
)
BEGUN = statement(sa.select(_signups.created_at, _signups.device).where(_of_link))
STOP = statement(
    sa.update(tables.signups)
    .where(_of_link)
    .values(expires_at=sa.bindparam("at"))
    .returning(_signups.digest)
)
PROVE_BY_LINK = statement(
    sa.update(tables.signups)
    .where(_of_link)
    .values(proved_at=sa.bindparam("at"), expires_at=sa.bindparam("later"), code_digest=sa.null())
    .returning(_signups.browser)
)
MUTE = statement(
    sa.update(tables.signups)
    .where(_signups.digest == sa.bindparam("of_flow"))
    .values(code_digest=sa.bindparam("nothing"), link_digest=sa.null())
)
HOLD = statement(
    sa.select(_signups.digest)
    .where(_mine, _running, _signups.proved_at.is_not(None))
    .with_for_update(skip_locked=True)  # whoever holds it is finishing: nobody queues behind
)
USE = statement(
    sa.update(tables.signups)
    .where(_mine, _running, _signups.proved_at.is_not(None))
    .values(used_at=sa.bindparam("at"))
    .returning(_signups.digest)
)
PURGE = statement(
    sa.delete(tables.signups).where(_signups.expires_at < sa.bindparam("before", type_=tables.NOW))
)


@dataclass(frozen=True, slots=True)
class Started:
    """A flow that began; the code and the link go into the mail, nowhere else.

    :ivar known: the address has an account that can be signed in to: the mail says so,
        the page never does
    """

    handle: str = field(repr=False)
    code: str = field(repr=False)
    link: str = field(repr=False)
    known: bool


@dataclass(frozen=True, slots=True)
class Signup:
    """A flow as its browser sees it."""

    email: str = field(repr=False)
    purpose: str
    created_at: datetime
    expires_at: datetime
    proved_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Begun:
    """When and on what device a flow began: whoever has the mail knows whether it is theirs."""

    at: datetime
    device: str


async def start(
    entry: Entry,
    vault: Vault,
    *,
    email: str,
    browser: bytes,
    purpose: str,
    device: str = "",
    account_id: UUID | None = None,
) -> Started:
    """Begin to prove ``email``.

    :param browser: digest of the browser's handle
    :param device: in words that its owner recognises
    """
    theirs = await identifiers.find_account(entry, vault, email)
    # Whoever stopped before there was a way in begins again as anybody does.
    known = theirs is not None and bool(await authenticators.enrolled(entry, theirs))
    started = Started(opaque.handle(), opaque.digits(DIGITS), opaque.handle(), known)
    digest = opaque.digest(started.handle)
    await entry.run(
        ADD,
        digest=digest,
        browser=browser,
        purpose=purpose,
        account_id=account_id,
        lookup=identifiers.lookup(vault, email),
        sealed=vault.sealer.seal(email.encode(), "idp.signups", digest.hex()),
        code_digest=_of_code(started.handle, started.code),
        link_digest=opaque.digest(started.link),
        at=entry.at,
        expires_at=entry.at + LIFETIME,
        device=device,
    )
    return started


async def find(entry: Entry, vault: Vault, handle: str, browser: bytes) -> Signup | None:
    """Return the flow, over or not; another browser's is as unknown as none."""
    row = await entry.one(FIND, of_flow=opaque.digest(handle), of_browser=browser)
    return _signup(row, vault) if row else None


async def prove_by_code(entry: Entry, handle: str, browser: bytes, code: str) -> None:
    """Prove the address by the code that was mailed; spaces do not matter.

    :raises CodeWrong: it is another; the try is counted and kept
    :raises SignupOver: the flow is over, or has no tries left
    """
    mine = {"of_flow": opaque.digest(handle), "of_browser": browser}
    row = await entry.one(TRY, **mine, at=entry.at)
    await entry.commit()
    if row is None or row["code_digest"] is None:
        raise SignupOver
    typed = "".join(code.split()).replace("-", "")
    if not opaque.same(row["code_digest"], _of_code(handle, typed)):
        raise CodeWrong
    if await entry.one(PROVE, **mine, at=entry.at, later=entry.at + AFTERWARDS) is None:
        raise SignupOver


async def begun(entry: Entry, link: str) -> Begun:
    """Return when and where the flow of a mailed link began; nothing changes.

    :raises SignupOver: followed before, or the flow is over
    """
    row = await entry.one(BEGUN, of_link=opaque.digest(link), at=entry.at)
    if row is None:
        raise SignupOver
    return Begun(row["created_at"], row["device"])


async def stop(entry: Entry, link: str) -> None:
    """End the flow of a mailed link: whoever has the mail did not begin it.

    :raises SignupOver: followed before, or the flow is over
    """
    if await entry.one(STOP, of_link=opaque.digest(link), at=entry.at) is None:
        raise SignupOver


async def prove_by_link(entry: Entry, link: str) -> bytes:
    """Prove the address by the link that was mailed, in any browser.

    :returns: digest of the browser that began
    :raises SignupOver: followed before, or the flow is over
    """
    row = await entry.one(
        PROVE_BY_LINK, of_link=opaque.digest(link), at=entry.at, later=entry.at + AFTERWARDS
    )
    if row is None:
        raise SignupOver
    return bytes(row["browser"])


async def mute(entry: Entry, handle: str) -> None:
    """Let no code be right: none was sent, so whoever types one is guessing.

    Every flow allows five guesses; only flows whose mail left may be guessed at, or
    starting many would make eight digits too few.
    """
    unguessable = opaque.digest(opaque.handle())
    await entry.run(MUTE, of_flow=opaque.digest(handle), nothing=unguessable)


async def hold(entry: Entry, handle: str, browser: bytes) -> bool:
    """Let nobody else use the proof until the entry ends; ``False`` if it is over or held."""
    mine = {"of_flow": opaque.digest(handle), "of_browser": browser}
    return await entry.one(HOLD, **mine, at=entry.at) is not None


async def use(entry: Entry, handle: str, browser: bytes) -> bool:
    """Use the proof up; of two tabs, one may go on."""
    row = await entry.one(USE, of_flow=opaque.digest(handle), of_browser=browser, at=entry.at)
    return row is not None


async def purge(entry: Entry) -> int:
    """Forget flows that ran out a day ago."""
    return await entry.run(PURGE, before=entry.at - timedelta(days=1))


def _of_code(handle: str, code: str) -> bytes:
    # Eight digits can be searched; the handle, which is not stored, makes that useless.
    return opaque.digest(f"{handle} {code}")


def _signup(row: Row, vault: Vault) -> Signup:
    digest = bytes(row["digest"])
    return Signup(
        email=vault.sealer.open(row["sealed"], "idp.signups", digest.hex()).decode(),
        purpose=row["purpose"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        proved_at=row["proved_at"],
        used_at=row["used_at"],
    )
