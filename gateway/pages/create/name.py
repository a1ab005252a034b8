"""Create an account, step 3: the name. The account exists from here, but nobody is signed in."""

from uuid import UUID

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.create import flow as flows
from gateway.pages.create.flow import Flow
from gateway.web import csrf
from gateway.web.call import Call, see_other
from idp import accounts, attributes, identifiers
from idp.errors import ValueRefused

NAMES = ("given_name", "family_name")


@stale.page
async def show(call: Call) -> Response:
    """Ask for the name."""
    return _page(call, await flows.proved(call), {}, {})


@stale.page
async def submit(call: Call) -> Response:
    """Open the account and write the name down as the citizen says it."""
    csrf.check(call)
    flow = await flows.proved(call)
    typed = {name: call.form.text(name).strip() for name in NAMES}
    if not typed["given_name"]:
        return _page(call, flow, typed, {"given_name": call.gettext("Enter your given names")})
    account_id = await _account(call, flow)
    await flows.hold(call, flow, account_id)
    for claim, value in typed.items():
        if not value:
            continue
        try:
            await _record(call, account_id, claim, value)
        except ValueRefused:
            wrong = call.gettext("Enter a name with letters, at most 150 of them")
            return _page(call, flow, typed, {claim: wrong})
    draft = flows.seal(call, flow, account_id)
    return see_other(flow.way.address("/create/passkey", flow=flow.handle, draft=draft))


async def _account(call: Call, flow: Flow) -> UUID:
    entry, vault = call.entry, call.runtime.vault
    known = await identifiers.find_account(entry, vault, flow.signup.email)
    if known is None:
        opened = await accounts.open_account(
            entry, vault, email=flow.signup.email, locale=call.locale
        )
        return opened.id
    return known  # who stopped half-way last time goes on


async def _record(call: Call, account_id: UUID, claim: str, value: str) -> None:
    await attributes.record(
        call.entry,
        call.runtime.vault,
        account_id,
        claim,
        value,
        source_type="self",
        source=None,
        verified=False,
        by=f"citizen:{account_id}",
    )


def _page(call: Call, flow: Flow, values: dict[str, str], errors: dict[str, str]) -> Response:
    return passage.show(
        call,
        flow.way,
        "create/name.html",
        status=422 if errors else 200,
        flow=flow.handle,
        values=values,
        errors=errors,
    )
