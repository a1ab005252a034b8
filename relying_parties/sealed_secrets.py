"""Secrets that a service signs with: the only ones that are kept, and sealed.

All others are kept as digests. To verify what was made with a secret takes the secret
itself (OpenID Connect Core §9), so that of a service which registered this way opens with
the gateway's key, in its own row, for as long as it is in force and the way is registered.
"""

from uuid import UUID

import sqlalchemy as sa

from keys.entry import Entry, statement
from keys.sealing import DataKey
from relying_parties import tables
from relying_parties.profiles import SEALED_METHODS

_secrets, _registrations = tables.client_secrets, tables.registrations

_PLACE = ("relying_parties.client_secrets", "sealed")  # and the row

FORGET = statement(
    sa.update(_secrets)
    .where(_secrets.c.client_id == sa.bindparam("of_client"), _secrets.c.sealed.is_not(None))
    .values(sealed=sa.null())
)

_method = _registrations.c.document["spec"]["auth"]["method"].astext

# A service that changes over has its secret before its review, and that may end in a no.
_WANTED = (
    sa.select(sa.literal(1))
    .where(
        _registrations.c.client_id == _secrets.c.client_id,
        sa.or_(*(_registrations.c.state == state for state in ("draft", "submitted", "approved"))),
        sa.or_(*(_method == method for method in SEALED_METHODS)),
    )
    .exists()
)

PURGE = statement(
    sa.update(_secrets)
    .where(
        _secrets.c.sealed.is_not(None),
        sa.or_(_secrets.c.expires_at <= sa.bindparam("at"), sa.not_(_WANTED)),
    )
    .values(sealed=sa.null())
)


def seal(sealer: DataKey, secret: str, secret_id: UUID) -> bytes:
    """Seal a secret for its row."""
    return sealer.seal(secret.encode(), *_PLACE, str(secret_id))


def opened(sealer: DataKey, sealed: bytes, secret_id: UUID) -> str:
    """Open a secret of the row that it was sealed for.

    :raises NotSealedHere: another row's, or another key
    """
    return sealer.open(sealed, *_PLACE, str(secret_id)).decode()


async def forget(entry: Entry, client_id: str) -> None:
    """Keep nothing that a service could be imitated with."""
    await entry.run(FORGET, of_client=client_id)


async def purge(entry: Entry) -> int:
    """Forget those that are not in force, or of no way that is or may soon be; return how many."""
    return await entry.run(PURGE, at=entry.at)
