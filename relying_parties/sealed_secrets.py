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

_secrets = tables.client_secrets

_PLACE = ("relying_parties.client_secrets", "sealed")  # and the row

FORGET = statement(
    sa.update(_secrets)
    .where(_secrets.c.client_id == sa.bindparam("of_client"), _secrets.c.sealed.is_not(None))
    .values(sealed=sa.null())
)

PURGE = statement(
    sa.update(_secrets)
    .where(_secrets.c.sealed.is_not(None), _secrets.c.expires_at <= sa.bindparam("at"))
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
    """Forget those that are no longer in force; return how many."""
    return await entry.run(PURGE, at=entry.at)
