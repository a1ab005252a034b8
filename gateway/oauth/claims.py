"""Claims: what is wanted, and what goes out.

Names come from the registration and the consent, values from the citizen's
attributes; only here do they meet, for the length of one request.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from gateway.oauth import names
from gateway.runtime import Runtime
from idp import attributes, catalog
from keys.entry import Entry
from relying_parties import claims_policy
from relying_parties.claims_policy import Wanted
from relying_parties.registration import Registration


def wanted(registration: Registration, request: Mapping[str, Any]) -> Wanted:
    """Work out what a stored request comes to, within the registration."""
    return claims_policy.asked(
        registration,
        str(request.get("scope", "")).split(),
        request.get("claims") or {},
        scopes=catalog.SCOPES,
    )


async def values(
    runtime: Runtime, entry: Entry, account_id: UUID, claims: Collection[str]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Read the citizen's values; what they do not have is left out, never null.

    :returns: the catalogue's names of what there is, and the values by wire name
    :raises AccountNotOpen: the account is locked or closed
    """
    held = await attributes.values_of(entry, runtime.vault, account_id, claims)
    issuer = runtime.settings.issuer
    return tuple(held), {names.wire(issuer, name): value for name, value in held.items()}
