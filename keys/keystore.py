"""Keys of ours, to sign with and for others to encrypt to, and their states.

    announced ──activate──▶ active ──retire──▶ retiring ──destroy──▶ gone
        └─────────────────── destroy ────────────────────────────────┘

* **announced**: in the public set, so that relying parties learn it before it is used
* **active**: signs; one for each purpose and algorithm (a unique index says so)
* **retiring**: signs no more; stays public until the last signature has expired
* **gone**: its private half is destroyed, its public half no longer shown

A retiring key that others encrypt to is not shown any more: it only opens what was made for
it while it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys import jwks, tables
from keys.entry import Entry, Row, statement
from keys.errors import KeyStateConflict, UnknownKey
from keys.events import KeyChangedState
from keys.sealing import Sealer

ALGORITHMS = {
    "token": ("ES256", "RS256", "PS256"),  # ID tokens, access tokens, logout tokens
    "event": ("ES256", "RS256", "PS256"),  # security events, receipts, introspection, userinfo
    "enc": ("ECDH-ES+A256KW", "RSA-OAEP-256"),  # what others encrypt to us
    "checkpoint": ("ES256",),  # of the transparency tree
}
# Drawn when the first service asks for them: until then nobody has to read them in the set.
ON_REQUEST = frozenset({"PS256"})
_ALONE = 7_236_514_804  # of the advisory lock
RSA_BITS = 3072  # 128-bit strength (ASVS 11.2.3)

_keys = tables.signing_keys.c

ADD = statement(
    sa.insert(tables.signing_keys).values(
        kid=sa.bindparam("kid"),
        purpose=sa.bindparam("purpose"),
        alg=sa.bindparam("alg"),
        state="announced",
        public=sa.bindparam("public"),
        private=sa.bindparam("private"),
        announced_at=sa.bindparam("at"),
    )
)
_steps = (_keys.announced_at, _keys.active_at, _keys.retiring_at, _keys.gone_at)
LAST_STEP = statement(
    sa.select(sa.func.count().label("keys"), *(sa.func.max(step) for step in _steps)).select_from(
        tables.signing_keys
    )
)
# In one order, so that every process shows the same bytes.
ALL = statement(
    sa.select(tables.signing_keys)
    .where(_keys.state != "gone")
    .order_by(_keys.announced_at, _keys.kid)
)
_number = sa.bindparam("number", type_=sa.BigInteger)
LOCK = statement(sa.select(sa.func.pg_advisory_xact_lock(_number)))
TRY = statement(sa.select(sa.func.pg_try_advisory_xact_lock(_number).label("free")))


def _move(after: str, *before: str, **also: Any) -> Any:
    return statement(
        sa.update(tables.signing_keys)
        .where(_keys.kid == sa.bindparam("key"), sa.or_(*(_keys.state == one for one in before)))
        .values(state=after, **{f"{after}_at": sa.bindparam("at")}, **also)
        .returning(_keys.kid)
    )


ACTIVATE = _move("active", "announced")
RETIRE = _move("retiring", "active")
DESTROY = _move("gone", "announced", "retiring", private=sa.null())


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of ours, its private half opened."""

    kid: str
    purpose: str
    alg: str
    state: str
    public: Mapping[str, Any]
    private: Any = field(repr=False)
    announced_at: datetime
    active_at: datetime | None
    retiring_at: datetime | None

    @property
    def hidden(self) -> bool:
        """Whether nobody shall begin to use its public half any more."""
        return self.purpose == "enc" and self.state == "retiring"


class Keyring:
    """The keys that are not gone, ready to use; a process holds one and replaces it whole."""

    def __init__(self, keys: list[SigningKey]) -> None:
        self.keys = tuple(keys)
        self._by_kid = {key.kid: key for key in keys}
        self._active = {(key.purpose, key.alg): key for key in keys if key.state == "active"}
        self.document = jwks.document(key.public for key in keys if not key.hidden)

    def active(self, purpose: str, alg: str) -> SigningKey:
        """Return the key that signs.

        :raises UnknownKey: none does
        """
        try:
            return self._active[purpose, alg]
        except KeyError as error:
            raise UnknownKey(f"{purpose} {alg}") from error

    def sign_with(self, algs: Iterable[str]) -> bool:
        """Whether a key is active for each of ``algs``, whatever is signed by it."""
        return all(
            (purpose, alg) in self._active
            for alg in algs
            for purpose, known in ALGORITHMS.items()
            if alg in known
        )

    def to_open(self, alg: str) -> list[SigningKey]:
        """Return the keys that others may have encrypted to by ``alg``, the newest first."""
        fit = [key for key in self.keys if (key.purpose, key.alg) == ("enc", alg)]
        return fit[::-1]

    def by_kid(self, kid: str) -> SigningKey:
        """Return the key of a signature of ours.

        :raises UnknownKey: it is not ours, or it is gone
        """
        try:
            return self._by_kid[kid]
        except KeyError as error:
            raise UnknownKey(kid) from error


async def load(entry: Entry, sealer: Sealer) -> Keyring:
    """Open every key that is not gone."""
    return Keyring([_open(row, sealer) for row in await entry.all(ALL)])


async def standing(entry: Entry) -> tuple[object, ...]:
    """Return what is another after every change of a key: cheap enough to ask each second."""
    row = await entry.one(LAST_STEP)
    return tuple(row.values()) if row else ()


def draw(alg: str) -> Any:
    """Draw a private key; of RSA that takes a second, so nobody should wait for it."""
    if alg.startswith(("RS", "PS")):
        return rsa.generate_private_key(65537, RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


async def announce(
    entry: Entry, sealer: Sealer, *, purpose: str, alg: str, drawn: Any = None
) -> str:
    """Show the public half of a key pair that was drawn for this; returns the kid."""
    private = drawn or draw(alg)
    use = "enc" if purpose == "enc" else "sig"
    public = jwks.public_jwk(private.public_key(), alg, use)
    kid = str(public["kid"])
    encoded = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    sealed = sealer.seal(encoded, "keys.signing_keys", kid)
    await entry.run(
        ADD, kid=kid, purpose=purpose, alg=alg, public=public, private=sealed, at=entry.at
    )
    entry.record(KeyChangedState(None, f"key:{kid}", "announced"))
    return kid


async def activate(entry: Entry, kid: str) -> None:
    """Let an announced key sign; the one before it must have been retired.

    :raises KeyStateConflict: it is not announced
    """
    await _change(entry, ACTIVATE, kid, "active")


async def retire(entry: Entry, kid: str) -> None:
    """Let an active key sign no more.

    :raises KeyStateConflict: it is not active
    """
    await _change(entry, RETIRE, kid, "retiring")


async def destroy(entry: Entry, kid: str) -> None:
    """Delete the private half and stop showing the public one.

    :raises KeyStateConflict: it still signs, or is gone already
    """
    await _change(entry, DESTROY, kid, "gone")


async def alone(entry: Entry) -> None:
    """Wait until nobody else changes keys, and keep others waiting until this entry commits."""
    await entry.run(LOCK, number=_ALONE)


async def alone_if_free(entry: Entry) -> bool:
    """Keep others waiting as :func:`alone` does, unless somebody else changes keys just now."""
    row = await entry.one(TRY, number=_ALONE)
    return bool(row and row["free"])


async def _change(entry: Entry, move: Any, kid: str, state: str) -> None:
    if await entry.one(move, key=kid, at=entry.at) is None:
        raise KeyStateConflict(f"{kid} can't become {state}")
    entry.record(KeyChangedState(None, f"key:{kid}", state))


def _open(row: Row, sealer: Sealer) -> SigningKey:
    encoded = sealer.open(row["private"], "keys.signing_keys", row["kid"])
    # Our own key, just authenticated: the primality checks cost a second per RSA key.
    private: Any = serialization.load_der_private_key(
        encoded, None, unsafe_skip_rsa_key_validation=True
    )
    return SigningKey(
        kid=row["kid"],
        purpose=row["purpose"],
        alg=row["alg"],
        state=row["state"],
        public=row["public"],
        private=private,
        announced_at=row["announced_at"],
        active_at=row["active_at"],
        retiring_at=row["retiring_at"],
    )
