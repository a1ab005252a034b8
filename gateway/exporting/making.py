"""Making the file: the worker's part of it, and the ZIP.

Each part is gathered in a unit of work of its own and counted for who waits. A worker that
dies leaves nothing but the count; another one begins anew when its turn is over.
"""

import asyncio
import io
import json
import zipfile
from collections.abc import Mapping

from gateway import claim_labels
from gateway.exporting import PARTS
from gateway.exporting.part import Files, whose
from gateway.runtime import Runtime
from gateway.web import render
from idp import accounts, exports, identifiers, notices
from idp.errors import AccountNotOpen
from idp.exports import Export
from keys.entry import Entry

TEMPLATE = "export-ready"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can tell: ours say nothing


async def make(runtime: Runtime) -> int:
    """Make one file that waits; return how many."""
    async with runtime.entry() as entry:
        one = await exports.take(entry)
    if one is None:
        return 0
    try:
        body = await asyncio.to_thread(packed, await _gathered(runtime, one))
        async with runtime.entry() as entry:
            if await exports.finish(entry, runtime.vault, one, body):
                await _tell(runtime, entry, one)
    except AccountNotOpen:
        return 0  # nobody is there to fetch it; its row goes with its time
    return 1


def packed(files: Files) -> bytes:
    """Pack files into a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, body in files.items():
            packing.writestr(zipfile.ZipInfo(name, _EPOCH), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


async def _gathered(runtime: Runtime, one: Export) -> Mapping[str, bytes]:
    files: dict[str, bytes] = {}
    for number, part in enumerate(PARTS, 1):
        async with runtime.entry() as entry:
            files |= await part.gather(await whose(runtime, entry, one))
            await exports.note(entry, one, number)
        schema = json.dumps(part.schema, indent=1).encode()
        files[f"schemas/{part.name}.schema.json"] = schema
    return {"README.txt": _readme(runtime, one).encode(), **files}


def _readme(runtime: Runtime, one: Export) -> str:
    return render.text(
        one.locale,
        "export/readme.txt",
        operator=runtime.settings.operator,
        issuer=runtime.settings.issuer,
        day=claim_labels.day(one.asked_at, one.locale),
        parts=PARTS,
    )


async def _tell(runtime: Runtime, entry: Entry, one: Export) -> None:
    """Let every address of the account know: who did not ask should hear of it."""
    account = await accounts.find(entry, one.account_id)
    locale = (account and account.locale) or one.locale
    for email in await identifiers.emails(entry, runtime.vault, one.account_id):
        await notices.queue(
            entry,
            runtime.vault,
            template=TEMPLATE,
            locale=locale,
            email=email,
            fields={"until": claim_labels.clock(entry.at + exports.LIVES, locale)},
            expires_at=entry.at + exports.LIVES,
        )
