"""Refresh tokens: for services that a citizen lets read in their absence.

A service that proves who it is keeps one token; it dies after 30 idle days or with
the consent. A public client gets a new one at each use:

    R1 ──use──▶ replaced by R2 ──R1 again, within 10 s, R2 unused──▶ R2 once more
                     └──R1 again, later or R2 used──▶ RefreshReplayed (the family ends)

R2 is derived from R1 with our key, so that a client whose answer was lost gets the
very same token again; no second chain can start.

Specs: RFC 6749 §6, RFC 9700 §4.14, FAPI 2.0 §5.3.2.1.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from keys import opaque
from keys.entry import Entry, Row, Statement
from relying_parties.errors import RefreshReplayed
from relying_parties.events import RefreshReplayDetected, TokenRevoked
from relying_parties.grants import families
from relying_parties.grants import refresh_records as records
from relying_parties.grants.families import IDLE

GRACE = timedelta(seconds=10)

Cnf = Mapping[str, str] | None  # RFC 7800 §3.1; ``None`` for a bearer


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A new access token, and what the service may be told with it.

    :ivar refresh_token: the one to use next time
    :ivar managed: its answer names the grant
    :ivar details: authorization details as asked and agreed to; ``None`` if none were asked
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    code: bytes = field(repr=False)
    subject: str
    citizen: bytes = field(repr=False)
    consent_id: UUID | None
    scope: str
    claims: tuple[str, ...]
    id_token_claims: tuple[str, ...]
    acr: str | None
    amr: tuple[str, ...]
    auth_time: datetime
    sid: str
    expires_at: datetime  # of the access token
    details: Sequence[Mapping[str, Any]] | None = None
    managed: bool = False


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A smaller scope that the service asks for this time, and the claims that go with the rest."""

    scope: str
    without: Sequence[str]


async def start(
    entry: Entry,
    *,
    code: bytes,
    client_id: str,
    scope: str,
    expires_at: datetime,
    cnf: Cnf = None,
) -> str:
    """Make the first refresh token of a family.

    :param code: digest of the code, the name of the family
    :param expires_at: the end of the consent, which no use moves; the citizen may
    :param cnf: of a public client: the keys without which it is worth nothing
    """
    token = opaque.handle()
    await entry.run(
        records.START,
        digest=opaque.digest(token),
        code=code,
        client_id=client_id,
        scope=scope,
        issued_at=entry.at,
        idle_until=min(entry.at + IDLE, expires_at),
        expires_at=expires_at,
        **{bound.name: (cnf or {}).get(member) for member, bound in records.BOUND.items()},
    )
    return token


async def use(
    entry: Entry,
    token: str,
    *,
    client_id: str,
    token_lives: timedelta,
    narrowed: Narrowed | None = None,
    cnf: Cnf = None,
) -> Refreshed | None:
    """Use the token of a service that proved who it is; it stays the same.

    :param token_lives: of the access token, as the client's profile says
    :param cnf: the key that the new access token is for
    :returns: ``None`` for a token that is unknown, dead or another's, or a wider scope
    """
    return await _refresh(
        entry, records.USE, _Asking(token, token, client_id, token_lives, narrowed, cnf)
    )


async def rotate(
    entry: Entry,
    token: str,
    *,
    client_id: str,
    key: bytes,
    token_lives: timedelta,
    narrowed: Narrowed | None = None,
    cnf: Cnf = None,
) -> Refreshed | None:
    """Use the token of a public client, and replace it.

    :param key: from which, with the token, the next one is derived
    :param cnf: the key that comes along, and that the new access token is for
    :returns: ``None`` for a token that is unknown, dead or another's, or a wider scope
    :raises RefreshReplayed: it was replaced before; its family has been ended, and
        that is committed already
    """
    successor = _derive(key, token)
    asking = _Asking(token, successor, client_id, token_lives, narrowed, cnf)
    done = await _refresh(entry, records.ROTATE, asking)
    if done is not None:
        return done
    state = await entry.one(records.STATE, of_token=opaque.digest(token), of_client=client_id)
    if state is None or state["replaced_at"] is None:
        return None
    if entry.at <= state["replaced_at"] + GRACE and await _unused(entry, successor):
        return await _refresh(entry, records.TELL_AGAIN, replace(asking, token=successor))
    if await families.end(entry, state["code"]):
        whose = f"subject:{state['subject']}"
        entry.record(RefreshReplayDetected(actor=f"client:{client_id}", object=whose))
    await entry.commit()
    raise RefreshReplayed


async def scope(entry: Entry, token: str, *, client_id: str) -> str | None:
    """Return what this client's token was given for; ``None`` if it has no such token."""
    state = await entry.one(records.STATE, of_token=opaque.digest(token), of_client=client_id)
    return state["scope"] if state else None


async def revoke(entry: Entry, token: str, *, client_id: str) -> bool:
    """End the family of this client's token; another's, or none, changes nothing."""
    state = await entry.one(records.STATE, of_token=opaque.digest(token), of_client=client_id)
    if state is None or not await families.end(entry, state["code"]):
        return False
    entry.record(TokenRevoked(actor=f"client:{client_id}", object=None, what="refresh_token"))
    return True


@dataclass(frozen=True, slots=True)
class _Asking:
    """One use of a token, and the token to use next time."""

    token: str = field(repr=False)
    successor: str = field(repr=False)
    client_id: str
    token_lives: timedelta
    narrowed: Narrowed | None
    cnf: Cnf


async def _refresh(entry: Entry, query: Statement, asking: _Asking) -> Refreshed | None:
    access_token, narrowed = opaque.handle(), asking.narrowed
    expires_at = entry.at + asking.token_lives
    row = await entry.sole(
        query,
        of_token=opaque.digest(asking.token),
        of_client=asking.client_id,
        at=entry.at,
        idle=entry.at + IDLE,
        wanted=narrowed.scope if narrowed else None,
        without=list(narrowed.without) if narrowed else None,
        access=opaque.digest(access_token),
        access_expires=expires_at,
        next=opaque.digest(asking.successor),
        cnf=asking.cnf,
    )
    if row is None:
        return None
    return _refreshed(row, access_token, asking.successor, narrowed, expires_at)


async def _unused(entry: Entry, successor: str) -> bool:
    return await entry.one(records.UNUSED, of_token=opaque.digest(successor)) is not None


def _derive(key: bytes, token: str) -> str:
    made = hmac.digest(key, token.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _refreshed(
    row: Row, access_token: str, successor: str, narrowed: Narrowed | None, expires_at: datetime
) -> Refreshed:
    agreed = set(row["agreed"] or ())
    if narrowed:
        agreed -= set(narrowed.without)
    return Refreshed(
        access_token=access_token,
        refresh_token=successor,
        code=row["code"],
        subject=row["subject"],
        citizen=row["citizen"],
        consent_id=row["consent_id"],
        scope=narrowed.scope if narrowed else row["scope"],
        claims=tuple(name for name in row["claims"] if name in agreed),
        id_token_claims=tuple(name for name in row["id_token_claims"] if name in agreed),
        acr=row["acr"],
        amr=tuple(row["amr"]),
        auth_time=row["auth_time"],
        sid=row["sid"],
        expires_at=expires_at,
        details=row["details"],
        managed=bool(row["managed"]),
    )
