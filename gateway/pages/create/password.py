"""Create an account, step 4 the other way: a password."""

from uuid import UUID

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.create import done
from gateway.pages.create import flow as flows
from gateway.pages.create.flow import Flow
from gateway.web import csrf
from gateway.web.call import Call
from gateway.web.locale import N_
from idp import attributes, identifiers
from idp.authenticators import passwords
from idp.errors import PasswordRefused
from relying_parties.clients import Client

NAMES = frozenset(
    {
        *("given_name", "middle_name", "family_name", "name", "nickname", "also_known_as"),
        *("birth_given_name", "birth_middle_name", "birth_family_name", "patronymic_name"),
        "name_latin",
    }
)
REASONS = {
    "short": N_("Password must be at least 15 characters"),
    "long": N_("Password must be at most 1024 characters"),
    "breached": N_("This password is known from thefts elsewhere. Choose another one."),
    "context": N_("Password must not be made of your name, your address or the name of a service"),
}


@stale.page
async def show(call: Call) -> Response:
    """Ask for a password."""
    return _page(call, await flows.proved(call))


@stale.page
async def submit(call: Call) -> Response:
    """Judge the password, hash it while no connection waits, and sign its citizen in."""
    csrf.check(call)
    flow = await flows.proved(call)
    account_id = flows.account(call, flow)
    typed = call.form.text("password")
    if not typed:
        return _page(call, flow, error=call.gettext("Enter a password"))
    try:
        passwords.check_policy(typed, await words(call, account_id, flow.way.client))
    except PasswordRefused as refused:
        return _page(call, flow, error=reason(call, refused))
    await call.entry.release()
    hashed = await call.runtime.hasher.hash(typed)
    await flows.hold(call, flow, account_id)
    await passwords.set(call.entry, account_id, hashed)
    return await done.finish(call, flow, account_id, amr=("pwd",), aal=1)


async def words(call: Call, account_id: UUID, client: Client | None = None) -> list[str]:
    """Return what a password of the account must not be made of.

    :param client: the service that its citizen comes from, in any of its languages

    :raises AccountNotOpen: the account was locked or closed meanwhile
    """
    entry, vault = call.entry, call.runtime.vault
    held = await attributes.all_current(entry, vault, account_id)
    names = [str(one.value) for one in held if one.claim in NAMES]
    known = await identifiers.emails(entry, vault, account_id)
    asking = (client.registration.name, client.agency.name) if client else ()
    services = [name for one in asking for name in one.values()]
    return [call.runtime.settings.operator, *known, *names, *services]


def reason(call: Call, refused: PasswordRefused) -> str:
    """Say why a password was refused."""
    return call.gettext(REASONS.get(refused.reason, REASONS["breached"]))


def _page(call: Call, flow: Flow, *, error: str = "") -> Response:
    draft = flows.seal(call, flow, flows.account(call, flow))
    return passage.show(
        call,
        flow.way,
        "create/password.html",
        status=422 if error else 200,
        flow=flow.handle,
        draft=draft,
        stage=True,
        action="/create/password",
        back=flow.way.address("/create/passkey", flow=flow.handle, draft=draft),
        email=flow.signup.email,
        errors={"password": error} if error else {},
    )
