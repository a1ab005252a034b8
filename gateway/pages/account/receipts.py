"""Receipts: what a citizen keeps of a decision, to check elsewhere, to read or to print."""

import json

from starlette.responses import Response

from gateway import sharing_words
from gateway.pages import receipt as signed
from gateway.pages import stale
from gateway.pages.account import agreements, citizen
from gateway.web.call import Call
from idp.sessions import Session
from relying_parties import consents
from relying_parties.consents import Change, Consent


@stale.page
@citizen.signed_in("sharing")
async def download(call: Call, session: Session) -> Response:
    """Hand out the signed receipt of one decision, to keep or to check elsewhere."""
    consent, change = await _named(call, session)
    return _file(change.receipt or "", f"{consent.client_id}-{change.version}.jwt", signed.TYPE)


@stale.page
@citizen.signed_in("sharing")
async def download_json(call: Call, session: Session) -> Response:
    """Hand out what the receipt of one decision says, without its signature."""
    consent, change = await _named(call, session)
    said = sharing_words.receipt(change.receipt or "")
    told = json.dumps(said, ensure_ascii=False, indent=1)
    return _file(told, f"{consent.client_id}-{change.version}.json", "json")


@stale.page
@citizen.signed_in("sharing")
async def read(call: Call, session: Session) -> Response:
    """Show the receipt of one decision, to read and to print."""
    _, change = await _named(call, session)
    said = sharing_words.receipt(change.receipt or "")
    shown = sharing_words.spelled(change, said, call.locale, call.gettext)
    here = call.path.removesuffix("/read")
    keys = f"{call.runtime.settings.issuer}/jwks"
    return citizen.page(
        call, "account/receipt.html", "sharing", it=shown, here=here, keys=keys,
        back=here.rpartition("/receipt/")[0],
    )  # fmt: skip


async def _named(call: Call, session: Session) -> tuple[Consent, Change]:
    """Find the change in the address, if it has a receipt.

    :raises stale.DeadEnd: there is none
    """
    theirs, consent, _ = await agreements.named(call, session)
    version = call.path_text("version")
    for made in await consents.changes(call.entry, theirs):
        if made.consent_id == consent.id and str(made.version) == version and made.receipt:
            return consent, made
    raise stale.DeadEnd(stale.NO_RECEIPT)


def _file(text: str, name: str, kind: str) -> Response:
    headers = {
        "content-type": f"application/{kind}",
        "content-disposition": f'attachment; filename="receipt-{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(text, headers=headers)
