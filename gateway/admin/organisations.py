"""Agencies: the organisations, each with its services and who acts for it."""

from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.admin import confirming, labels, office, problems
from gateway.admin.office import WRITES, NotAllowed, NotFound, Officer
from gateway.pages.sharing import words
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from relying_parties import agencies, onboarding
from relying_parties.agencies import Agency
from relying_parties.errors import AgencyExists, AgencyServes, RegistrationInvalid

LANGUAGES = ("en", "fr", "ar")
SETTLED = N_(
    "Citizens know the agency's services by its name. While it has a service, only whoever"
    " operates the gateway changes it, on the command line."
)


@office.at_work
async def show_all(call: Call, officer: Officer) -> Response:
    """List the agencies."""
    standings = await onboarding.standings(call.entry)
    rows = [
        {
            "id": one.id,
            "name": words(one.name, call.locale),
            "services": sum(standing.agency_id == one.id for standing in standings),
        }
        for one in await agencies.listed(call.entry)
        if officer.sees(one.id)
    ]
    return office.page(call, officer, "agencies", "agencies", rows=rows, writes=officer.may(WRITES))


@office.at_work
async def show_new(call: Call, officer: Officer) -> Response:
    """Offer an empty form."""
    _may_write(officer)
    return _form(call, officer, {})


@office.at_work
async def create(call: Call, officer: Officer) -> Response:
    """Let an agency join."""
    _may_write(officer)
    given, agency_id = call.form.singles(), call.form.text("id").strip()
    try:
        await agencies.create(
            call.entry, agency_id, name=_names(call), contact=_contact(call), by=officer.actor
        )
    except RegistrationInvalid as refused:
        return _form(call, officer, given, errors=_told(call, refused))
    except AgencyExists:
        wrong = {"id": call.gettext("Another agency has this id")}
        return _form(call, officer, given, errors=wrong)
    return see_other(f"/admin/agencies/{agency_id}")


@office.at_work
async def show(call: Call, officer: Officer) -> Response:
    """Show one agency."""
    return await one_page(call, officer, await find(call, officer))


@office.at_work
@confirming.first
async def change(call: Call, officer: Officer) -> Response:
    """Give an agency another contact, or another name as long as nobody knows it by that."""
    agency = await find(call, officer)  # first: what is another's is not there (AD-01)
    _may_write(officer)
    # The form of an agency that has services asks for no name.
    name = _names(call) if "name.en" in call.form else agency.name
    try:
        await agencies.change(
            call.entry, agency.id, name=name, contact=_contact(call), by=officer.actor
        )
    except AgencyServes:
        wrong = {"agency-submit": call.gettext(SETTLED)}
        return await one_page(call, officer, agency, errors=wrong)
    except RegistrationInvalid as refused:
        return await one_page(call, officer, agency, errors=_told(call, refused))
    return see_other(f"/admin/agencies/{agency.id}")


async def find(call: Call, officer: Officer) -> Agency:
    """Return the agency of the address.

    :raises NotFound: there is none, or it is not theirs to see
    """
    agency = await agencies.find(call.entry, call.path_text("agency"))
    if agency is None or not officer.sees(agency.id):
        raise NotFound
    return agency


def invites(officer: Officer, agency: Agency) -> bool:
    """Whether they decide who acts for the agency."""
    return officer.may(WRITES) or officer.agencies.get(agency.id) == "owner"


def _may_write(officer: Officer) -> None:
    if not officer.may(WRITES):
        raise NotAllowed


def _names(call: Call) -> dict[str, str]:
    spelt = {tag: " ".join(call.form.text(f"name.{tag}").split()) for tag in LANGUAGES}
    return {tag: name for tag, name in spelt.items() if name}


def _contact(call: Call) -> str | None:
    return call.form.text("contact").strip() or None


def _told(call: Call, refused: RegistrationInvalid) -> dict[str, str]:
    told = problems.told(refused.problems, call.gettext)
    return {
        name.removeprefix("spec.").removeprefix("metadata."): text for name, text in told.items()
    }


def _form(
    call: Call, officer: Officer, given: dict[str, str], *, errors: dict[str, str] | None = None
) -> Response:
    return office.page(
        call,
        officer,
        "agency_new",
        "agencies",
        status=422 if errors else 200,
        v=given,
        errors=errors or {},
    )


async def one_page(
    call: Call,
    officer: Officer,
    agency: Agency,
    *,
    errors: dict[str, str] | None = None,
) -> Response:
    """Render the page of one agency."""
    typed: dict[str, Any] = {f"name.{tag}": text for tag, text in agency.name.items()}
    typed["contact"] = agency.contact or ""
    return office.page(
        call,
        officer,
        "agency",
        "agencies",
        status=422 if errors else 200,
        id=agency.id,
        name=words(agency.name, call.locale),
        v={**typed, **call.form.singles()} if errors else typed,
        members=[
            {
                "subject": one.subject,
                "role": one.role,
                "since": claim_labels.day(one.since, call.locale),
                "self": one.subject == office.subject(call, officer.session.account.id),
            }
            for one in await agencies.members(call.entry, agency.id)
        ],
        services=[
            labels.version(call, one)
            for one in await onboarding.standings(call.entry)
            if one.agency_id == agency.id
        ],
        roles=agencies.ROLES,
        settled=call.gettext(SETTLED) if await agencies.serves(call.entry, agency.id) else "",
        done=call.query.text("done"),
        may={
            "write": officer.may(WRITES),
            "invite": invites(officer, agency),
            "draft": officer.writes(agency.id),
        },
        errors=errors or {},
    )
