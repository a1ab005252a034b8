"""The thread through the pages that create an account.

    address ──mail──▶ code or link ──▶ name ──▶ passkey or password ──▶ account, session

``flow`` is the handle of a signup of idp; it works in the browser that started it
alone. Nobody is signed in before there is a way to sign in again: proving an address
is not one.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from uuid import UUID

from gateway.pages import stale
from gateway.pages.passage import Passage, read
from gateway.web.call import Call
from idp import authenticators, signups
from idp.errors import AccountNotOpen, CodeWrong, SignupOver
from keys import opaque
from keys.errors import NotSealedHere


@dataclass(frozen=True, slots=True)
class Flow:
    """One citizen half-way to an account."""

    way: Passage
    handle: str
    signup: signups.Signup


async def of(call: Call, purpose: str = "create") -> Flow:
    """Read the flow of the request.

    :raises stale.DeadEnd: it ran out, is another browser's, or began for something else
    """
    way = await read(call)
    given = call.form if call.method == "POST" else call.query
    handle = given.text("flow")
    signup = await signups.find(call.entry, call.runtime.vault, handle, opaque.digest(call.browser))
    if signup is None or signup.purpose != purpose:
        raise stale.DeadEnd(stale.RUN_OUT, way.to)
    return Flow(way, handle, signup)


async def proved(call: Call) -> Flow:
    """Read the flow of a page that comes after the code.

    :raises stale.DeadEnd: the address is not proved, the account exists, or time is up
    """
    flow = await of(call)
    if flow.signup.proved_at is None or flow.signup.used_at is not None:
        raise stale.DeadEnd(stale.ANSWERED, flow.way.to)
    if flow.signup.expires_at <= call.entry.at:
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to)
    return flow


async def check_code(call: Call, flow: Flow) -> str:
    """Prove the address by the code that was typed; return what is wrong with it, or nothing.

    :raises stale.DeadEnd: the flow is over, or has no tries left
    """
    code = "".join(each for each in call.form.text("code") if each.isalnum())
    if not code:
        return call.gettext("Enter the code from your email")
    try:
        await signups.prove_by_code(call.entry, flow.handle, opaque.digest(call.browser), code)
    except CodeWrong:
        return call.gettext("The code is wrong. Use the newest mail from us.")
    except SignupOver as error:
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to) from error
    return ""


async def use(call: Call, flow: Flow) -> None:
    """Use the flow up: of many who try at once, one.

    :raises stale.DeadEnd: it was used, or is over
    """
    if not await signups.use(call.entry, flow.handle, opaque.digest(call.browser)):
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to)


async def hold(call: Call, flow: Flow, account_id: UUID) -> None:
    """Hold the account, so that what this flow writes is the first that anybody writes.

    Several browsers may be half-way to one account: only who can read its mail finished
    first, so the others must neither add a way in nor change what was told (WA-20).

    :raises stale.DeadEnd: the flow is over, or the account can be signed in to
    """
    if not await signups.hold(call.entry, flow.handle, opaque.digest(call.browser)):
        raise stale.DeadEnd(stale.ANSWERED, flow.way.to)
    try:
        enrolled = await authenticators.held(call.entry, account_id)
    except AccountNotOpen as error:
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to) from error
    if enrolled:
        raise stale.DeadEnd(stale.ANSWERED, flow.way.to)


def seal(call: Call, flow: Flow, account_id: UUID) -> str:
    """Name the account that this flow opened, to this browser only."""
    plain = json.dumps({"account": str(account_id)}).encode()
    sealed = call.runtime.vault.sealer.seal(plain, "create", flow.handle, call.browser)
    return opaque.unpadded(sealed)


def account(call: Call, flow: Flow) -> UUID:
    """Read what :func:`seal` made.

    :raises stale.DeadEnd: it is not of this flow and browser
    """
    given = call.form if call.method == "POST" else call.query
    draft = given.text("draft")
    try:
        sealed = base64.urlsafe_b64decode(draft + "=" * (-len(draft) % 4))
        plain = call.runtime.vault.sealer.open(sealed, "create", flow.handle, call.browser)
        return UUID(json.loads(plain)["account"])
    except (NotSealedHere, binascii.Error, ValueError) as error:
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to) from error
