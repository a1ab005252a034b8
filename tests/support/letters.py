"""What was put into the queue of mails: the tests read it instead of a mailbox."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.gateway import Gateway

Letter = tuple[str, Mapping[str, Any]]


async def queued(gateway: Gateway, email: str) -> list[Letter]:
    """Return template and fields of each mail to an address, the first first."""
    found = []
    for row in await gateway.rows("SELECT template, sealed FROM idp.notices ORDER BY id"):
        opened = gateway.runtime.vault.sealer.open(row["sealed"], "idp.notices", row["template"])
        told = json.loads(opened)
        if told["email"] == email:
            found.append((row["template"], told["fields"]))
    return found


async def code(gateway: Gateway, email: str) -> str:
    """Return the newest code that was sent to an address."""
    return str([told for _, told in await queued(gateway, email) if "code" in told][-1]["code"])
