"""Writing a registration: a form that loses nothing, and a new version at the end."""

from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.admin import form, labels, office, problems, services
from gateway.admin.form import Fields
from gateway.admin.office import NotAllowed, Officer
from gateway.oauth import claims
from gateway.pages.sharing import words
from gateway.web.call import Call, see_other
from idp import catalog
from relying_parties import agencies, onboarding
from relying_parties.detail_types import BY_NAME as DETAIL_TYPES
from relying_parties.errors import RegistrationInvalid
from relying_parties.life_events import LIFE_EVENTS
from relying_parties.metadata.credentials import CERTIFICATE_NAMES
from relying_parties.onboarding import Standing
from relying_parties.profiles import CERTIFICATE_METHODS, PROFILES, SECRET_METHODS
from relying_parties.streams.event_types import NAMES as EVENT_TYPES

METHODS = ("private_key_jwt", *CERTIFICATE_METHODS, *SECRET_METHODS, "none")
BLANK: Fields = {
    "spec.profile": "gov-standard",
    "spec.auth.method": "private_key_jwt",
    "spec.purposes.0.keepDays": "365",
    "spec.purposes.0.claims.0.need": "needed",
}


@office.at_work
async def show_new(call: Call, officer: Officer) -> Response:
    """Offer an empty form."""
    _may_write_any(officer)
    return await _page(call, officer, None, {**BLANK, "metadata.agency": call.query.text("agency")})


@office.at_work
async def create(call: Call, officer: Officer) -> Response:
    """Write the first version of a new service."""
    _may_write_any(officer)
    return await _written(call, officer, None)


@office.at_work
async def show(call: Call, officer: Officer) -> Response:
    """Offer the newest version's texts."""
    standing = await _writable(call, officer)
    return await _page(call, officer, standing, form.fields(standing.newest.document))


@office.at_work
async def change(call: Call, officer: Officer) -> Response:
    """Write the next version."""
    return await _written(call, officer, await _writable(call, officer))


async def _written(call: Call, officer: Officer, standing: Standing | None) -> Response:
    given = {name: text for name, text in call.form.singles().items() if text}
    if more := call.form.text("more"):
        return await _page(call, officer, standing, form.add(given, more))
    if less := call.form.text("less"):
        return await _page(call, officer, standing, form.take(given, less))
    if standing is not None:
        newest = standing.newest
        given |= {"metadata.id": newest.client_id, "metadata.agency": standing.agency_id}
    document = form.document(given, standing.newest.document if standing else None)
    wrong = await _wrong(call, officer, standing, document)
    if wrong:
        return await _page(call, officer, standing, given, errors=wrong)
    try:
        client_id, version = await onboarding.draft(
            call.entry, document, author=officer.actor, rules=claims.rules(call.runtime.settings)
        )
    except RegistrationInvalid as refused:
        told = problems.told(refused.problems, call.gettext)
        return await _page(call, officer, standing, given, errors=told)
    return see_other(f"/admin/services/{client_id}/versions/{version}")


async def _wrong(
    call: Call, officer: Officer, standing: Standing | None, document: form.Document
) -> dict[str, str]:
    """Find what the rules of a document can't know: whose it is, and whether its id is free."""
    client_id, agency_id = document["metadata"]["id"], document["metadata"]["agency"]
    agency = await agencies.find(call.entry, agency_id)
    if agency is None or not officer.writes(agency.id):
        return {"metadata.agency": call.gettext("Choose an agency of yours")}
    if standing is None and await _taken(call, client_id):
        return {"metadata.id": call.gettext("Another service has this id")}
    return {}


async def _taken(call: Call, client_id: str) -> bool:
    # Whoever writes may learn that an id is taken, if only by a draft of another agency: an id
    # has to be chosen among all, it stands in every link to its service, and says no more.
    return any(one.newest.client_id == client_id for one in await onboarding.standings(call.entry))


async def _writable(call: Call, officer: Officer) -> Standing:
    standing = await services.find(call, officer)
    if not officer.writes(standing.agency_id) or standing.status == "retired":
        raise NotAllowed
    return standing


def _may_write_any(officer: Officer) -> None:
    if not officer.may(office.WRITES) and not any(map(officer.writes, officer.agencies)):
        raise NotAllowed


async def _page(
    call: Call,
    officer: Officer,
    standing: Standing | None,
    given: Fields,
    *,
    errors: dict[str, str] | None = None,
) -> Response:
    known = [one for one in await agencies.listed(call.entry) if officer.writes(one.id)]
    return office.page(
        call,
        officer,
        "draft",
        "services",
        status=422 if errors else 200,
        name=labels.name(call, standing.newest) if standing else "",
        back=f"/admin/services/{standing.newest.client_id}" if standing else "/admin/services",
        v=given,
        purposes=[(number, form.claims(given, number)) for number in form.purposes(given)],
        agencies=[{"value": one.id, "text": words(one.name, call.locale)} for one in known],
        profiles=_profiles(given),
        detail_types=", ".join(DETAIL_TYPES),
        event_types=", ".join(EVENT_TYPES),
        life_events=", ".join(LIFE_EVENTS),
        methods=METHODS,
        certificate_names=list(CERTIFICATE_NAMES),
        catalogue=_catalogue(call),
        tongues=form.LANGUAGES,
        errors=errors or {},
    )


def _profiles(given: Fields) -> list[str]:
    """Return what can be chosen, and what the service has: a form must change nothing unsaid."""
    own = given.get("spec.profile")
    return [name for name, row in PROFILES.items() if row.offered or name == own]


def _catalogue(call: Call) -> list[dict[str, Any]]:
    rows = [
        {"value": claim, "text": claim_labels.label(claim, call.gettext)}
        for claim in catalog.BY_NAME
        if claim != "sub"
    ]
    return sorted(rows, key=lambda row: str(row["text"]))
