"""Checkpoints: what we sign and publish of the transparency tree, so that it can't be rewritten.

A checkpoint says how large the tree was and what its root was then. Whoever keeps one can
have it proved that every later tree begins with the same leaves. It is signed by keys of
its own purpose; of these, public halves are shown for ever, because what they signed is
to be checked for ever.

    tree grew ──publish──▶ latest ──a week──▶ one of each hour

Specs: RFC 9162 §4.10 (what a tree head says), RFC 7515.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import sqlalchemy as sa
from jwt import PyJWK
from sqlalchemy.dialects import postgresql as pg

from keys import signing, tables
from keys.assertions import strict_claims, strict_header
from keys.entry import Entry, Row, statement
from keys.errors import TokenRefused
from keys.keystore import Keyring
from keys.merkle import SIZE, Head
from keys.opaque import unpadded

PURPOSE = "checkpoint"
ALG = "ES256"
TYPE = "transparency-checkpoint+jwt"
ALL_KEPT = timedelta(days=7)  # later, one of each hour is

_c, _keys = tables.checkpoints.c, tables.signing_keys.c

_put = pg.insert(tables.checkpoints).values(
    {name: sa.bindparam(name) for name in ("size", "root", "signed", "at")}
)
PUT = statement(
    _put.on_conflict_do_update(
        index_elements=["size"], set_={"signed": _put.excluded.signed, "at": _put.excluded.at}
    )
)
LATEST = statement(sa.select(tables.checkpoints).order_by(_c.size.desc()).limit(1))
BEFORE = statement(
    sa.select(tables.checkpoints)
    .where(_c.size < sa.bindparam("before", type_=sa.BigInteger))
    .order_by(_c.size.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
AFTER = statement(
    sa.select(tables.checkpoints)
    .where(_c.size > sa.bindparam("after", type_=sa.BigInteger))
    .order_by(_c.size)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_next = tables.checkpoints.alias("next")
_hour = sa.literal_column("'hour'", sa.Text)
_next_at = (
    sa.select(_next.c.at)
    .where(_next.c.size > _c.size)
    .order_by(_next.c.size)
    .limit(1)
    .scalar_subquery()
)
_spare = (
    sa.select(_c.size)
    .where(
        _c.at < sa.bindparam("before", type_=tables.NOW),
        sa.func.date_trunc(_hour, _next_at) == sa.func.date_trunc(_hour, _c.at),
    )
    .limit(sa.bindparam("most", type_=sa.Integer))
)
THIN = statement(sa.delete(tables.checkpoints).where(_c.size.in_(_spare)))
_every = (
    sa.select(_keys.public)
    .where(_keys.purpose == PURPOSE, _keys.active_at.is_not(None))
    .order_by(_keys.announced_at, _keys.kid)
)
EVERY_KEY = statement(_every)
# What was replaced because it leaked was retired and destroyed in one moment: it proves nothing.
KEYS = statement(_every.where(sa.or_(_keys.gone_at.is_(None), _keys.gone_at > _keys.retiring_at)))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head of the tree, and what we signed about it."""

    head: Head
    at: datetime
    signed: str


async def publish(entry: Entry, keyring: Keyring, issuer: str, head: Head) -> Checkpoint:
    """Sign what the tree is now, and keep it; one of this size is signed anew."""
    claims = {
        "iss": issuer,
        "iat": int(entry.at.timestamp()),
        "size": head.size,
        "root": unpadded(head.root),
    }
    signed = signing.sign(keyring, claims, purpose=PURPOSE, alg=ALG, typ=TYPE)
    await entry.run(PUT, size=head.size, root=head.root, signed=signed, at=entry.at)
    return Checkpoint(head, entry.at, signed)


async def latest(entry: Entry) -> Checkpoint | None:
    """Return the newest one."""
    row = await entry.one(LATEST)
    return _checkpoint(row) if row else None


def current(checkpoint: Checkpoint, keyring: Keyring) -> bool:
    """Whether the key that signed it is the one that signs today."""
    kid: object = strict_header(checkpoint.signed).get("kid")
    return kid == keyring.active(PURPOSE, ALG).kid


async def before(entry: Entry, size: int, limit: int = 100) -> list[Checkpoint]:
    """Return those of smaller trees than ``size``, the largest first."""
    return [_checkpoint(row) for row in await entry.all(BEFORE, before=size, most=limit)]


async def after(entry: Entry, size: int, limit: int = 1000) -> list[Checkpoint]:
    """Return those of larger trees than ``size``, the smallest first."""
    return [_checkpoint(row) for row in await entry.all(AFTER, after=size, most=limit)]


async def thin(entry: Entry, limit: int = 1000) -> int:
    """Forget up to ``limit`` old ones that a newer one of the same hour stands for."""
    return await entry.run(THIN, before=entry.at - ALL_KEPT, most=limit)


async def keys(entry: Entry) -> list[dict[str, Any]]:
    """Return the public keys, past and present, that checkpoints are checked with."""
    return [dict(row["public"]) for row in await entry.all(KEYS)]


async def every_key(entry: Entry) -> list[dict[str, Any]]:
    """Return those keys and the ones that leaked: what they signed is still to be accounted for."""
    return [dict(row["public"]) for row in await entry.all(EVERY_KEY)]


def read(signed: str, keys: Sequence[Mapping[str, Any]], issuer: str) -> Checkpoint:
    """Check a checkpoint that somebody kept.

    :raises TokenRefused: no key of ``keys`` signed it, it is of another log, or none at all
    """
    header = strict_header(signed)
    if header.get("typ") != TYPE or header["alg"] != ALG:
        raise TokenRefused("typ")
    jwk = next((one for one in keys if one.get("kid") == header.get("kid")), None)
    if jwk is None:
        raise TokenRefused("unknown_kid")
    try:
        jwt.PyJWS().decode(signed, PyJWK(dict(jwk), ALG).key, algorithms=[ALG])
    except jwt.PyJWTError as error:
        raise TokenRefused("signature") from error
    return _read(strict_claims(signed), signed, issuer)


def _read(claims: Mapping[str, Any], signed: str, issuer: str) -> Checkpoint:
    size, told = claims.get("size"), claims.get("iat")
    if claims.get("iss") != issuer:
        raise TokenRefused("iss")
    if type(size) is not int or type(told) is not int or size < 0:
        raise TokenRefused("claims")
    try:
        root = base64.urlsafe_b64decode(str(claims.get("root")) + "=")
    except (binascii.Error, ValueError) as error:
        raise TokenRefused("claims") from error
    if len(root) != SIZE:
        raise TokenRefused("claims")
    return Checkpoint(Head(size, root), datetime.fromtimestamp(told, UTC), signed)


def _checkpoint(row: Row) -> Checkpoint:
    return Checkpoint(Head(row["size"], row["root"]), row["at"], row["signed"])
