"""The account's first page: what waits, the way to everything, one piece of advice at most."""

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages.account import citizen, requests, waiting
from gateway.pages.login import ceremony
from gateway.web.call import Call
from idp import attributes, authenticators, identifiers
from idp.sessions import Session
from relying_parties import consents


@citizen.signed_in("account")
async def show(call: Call, session: Session) -> Response:
    """Say who is signed in, how well they are known, and who has something."""
    entry, vault, account = call.entry, call.runtime.vault, session.account
    known = await identifiers.emails(entry, vault, account.id)
    held = await attributes.read(entry, vault, account.id, ("name",))
    theirs = await citizen.subjects(call, session)
    sharing = [one for one in await consents.of_subjects(entry, theirs) if one.live(entry.at)]
    standing = await requests.count(call, session, theirs)
    enrolled = await authenticators.enrolled(entry, account.id)
    name = held.get("name")
    return citizen.page(
        call,
        "account/overview.html",
        "account",
        name=claim_labels.text("name", name.value, locale=call.locale, _=call.gettext)
        if name
        else "",
        email=known[0] if known else "",
        verified=account.ial > 1,
        waiting=await waiting.of(call, session, theirs),
        facts=_facts(call, going=standing.open, services=len({one.client_id for one in sharing})),
        passkeys=enrolled.passkeys,
        password=enrolled.password,
        passkey=await ceremony.signals(call, account),
    )


def _facts(call: Call, *, going: int, services: int) -> dict[str, str]:
    """Say of a page how it stands there, if that tells more than what it is about."""
    open_ = call.ngettext(
        "%(num)s request of yours is open.", "%(num)s requests of yours are open.", going
    )
    read = call.ngettext(
        "%(num)s service may read some of your details.",
        "%(num)s services may read some of your details.",
        services,
    )
    nobody = call.gettext("No service has your details.")
    return {"requests": open_ if going else "", "sharing": read if services else nobody}
