"""The file of everything that is held of a citizen: its parts, one row each.

    asked ─▶ PARTS, one after the other ─▶ ZIP ─sealed─▶ fetched once

A part names its files, says in a sentence what they are, gathers them for one citizen, and
has a schema that ships with them. The next part is one module and one row.
"""

from gateway.exporting import (
    consents,
    corrections,
    ledger,
    notices,
    profile,
    receipts,
    requests,
    sign_ins,
    your_requests,
)
from gateway.exporting.part import Part

PARTS: tuple[Part, ...] = (
    profile.PART,
    consents.PART,
    receipts.PART,
    ledger.PART,
    sign_ins.PART,
    notices.PART,
    requests.PART,
    your_requests.PART,
    corrections.PART,
)
