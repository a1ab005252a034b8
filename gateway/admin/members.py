"""Members: who may act for an agency.

Whoever invites types an address and learns nothing more: the link goes there by mail.
"""

from starlette.responses import Response

from gateway.admin import confirming, letters, office, organisations
from gateway.admin.office import NotAllowed, Officer
from gateway.pages.login import password
from gateway.pages.sharing import words
from gateway.web.call import Call, see_other
from idp import attempts, identifiers, invitations
from idp.errors import IdentifierInvalid, TooManyAttempts
from relying_parties import agencies
from relying_parties.agencies import Agency


@office.at_work
@confirming.first
async def invite(call: Call, officer: Officer) -> Response:
    """Let somebody act for the agency, and mail them the way in."""
    agency = await _find(call, officer)
    role = call.form.text("role")
    if role not in agencies.ROLES:
        wrong = {"role": call.gettext("Choose one of the list")}
        return await organisations.one_page(call, officer, agency, errors=wrong)
    try:
        address = identifiers.normalise_email(call.form.text("email"))
        for rule in ("mail", "mail-day"):
            lookup = identifiers.lookup(call.runtime.vault, address)
            await attempts.count(call.entry, rule, lookup)
    except IdentifierInvalid:
        wrong = {"email": call.gettext("Enter an email address like name@example.com")}
        return await organisations.one_page(call, officer, agency, errors=wrong)
    except TooManyAttempts as stop:
        wrong = {"email": password.too_many(call, stop)}
        return await organisations.one_page(call, officer, agency, errors=wrong)
    invited = await invitations.invite(call.entry, call.runtime.vault, address)
    whom = office.subject(call, invited.account_id)
    await agencies.add_member(call.entry, agency.id, whom, role=role, by=officer.actor)
    await letters.invite(
        call.runtime,
        call.entry,
        email=invited.email,
        handle=invited.handle,
        locale=call.locale,
        agency=words(agency.name, call.locale),
    )
    return see_other(f"/admin/agencies/{agency.id}?done=invited")


@office.at_work
@confirming.first
async def remove(call: Call, officer: Officer) -> Response:
    """Let somebody no longer act for the agency."""
    agency = await _find(call, officer)
    await agencies.remove_member(call.entry, agency.id, call.form.text("member"), by=officer.actor)
    return see_other(f"/admin/agencies/{agency.id}")


async def _find(call: Call, officer: Officer) -> Agency:
    agency = await organisations.find(call, officer)
    if not organisations.invites(officer, agency):
        raise NotAllowed
    return agency
