"""A version under review: what changes, what citizens will read, and the decision.

Whoever had a hand in it can't approve it (AD-05). The preview is made by the same code as the
share page, with made-up values: what the reviewer reads is what citizens will read.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.admin import confirming, labels, office, services
from gateway.admin.office import JUDGES, NotAllowed, NotFound, Officer
from gateway.pages import sharing
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from relying_parties import onboarding, redirects, registration
from relying_parties.claims_policy import New
from relying_parties.errors import FourEyes
from relying_parties.onboarding import Standing, Version
from relying_parties.purposes import Asked
from relying_parties.registration import Registration

SAMPLES = {
    "name": "Alex Sample",
    "given_name": "Alex",
    "family_name": "Sample",
    "birthdate": "1990-04-12",
    "email": "alex@example.test",
    "phone_number": "+15550100",
    "address": {"street_address": "1 Example Street", "locality": "Sampleton"},
}

OWN = N_(
    "You wrote this version or one before it, or asked for its review: somebody else has to"
    " approve it."
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A value that is nobody's."""

    value: Any
    recorded_at: datetime
    source_type: str = "self"
    source: str | None = None
    verified: bool = False
    verified_at: datetime | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    disputed: bool = False


@office.at_work
async def show(call: Call, officer: Officer) -> Response:
    """Show a version as a reviewer needs it."""
    standing, version = await _find(call, officer)
    return await _page(call, officer, standing, version)


@office.at_work
async def submit(call: Call, officer: Officer) -> Response:
    """Ask for the review."""
    standing, version = await _find(call, officer)
    if not officer.writes(standing.agency_id):
        raise NotAllowed
    await onboarding.submit(call.entry, version.client_id, version.version, by=officer.actor)
    return see_other(_address(version))


@office.at_work
@confirming.first
async def decide(call: Call, officer: Officer) -> Response:
    """Approve the version, or send it back with a reason."""
    standing, version = await _find(call, officer)
    if not officer.may(JUDGES):
        raise NotAllowed
    client_id, number, by = version.client_id, version.version, officer.actor
    if call.form.text("answer") == "approve":
        try:
            await onboarding.approve(call.entry, client_id, number, by=by)
        except FourEyes:
            return await _page(
                call, officer, standing, version, errors={"approve": call.gettext(OWN)}
            )
        return see_other(f"/admin/services/{client_id}")
    reason = " ".join(call.form.text("reason").split())
    if not 3 <= len(reason) <= services.REASON:
        wrong = call.gettext("Say why, in 3 to 300 characters")
        return await _page(call, officer, standing, version, errors={"reason": wrong})
    await onboarding.refuse(call.entry, client_id, number, by=by, reason=reason)
    return see_other("/admin")


async def _find(call: Call, officer: Officer) -> tuple[Standing, Version]:
    standing = await services.find(call, officer)
    number = call.path_text("version")
    if not (number.isascii() and number.isdecimal() and len(number) < 7):
        raise NotFound
    version = await onboarding.find(call.entry, standing.newest.client_id, int(number))
    if version is None:
        raise NotFound
    return standing, version


async def _page(
    call: Call,
    officer: Officer,
    standing: Standing,
    version: Version,
    *,
    errors: dict[str, str] | None = None,
) -> Response:
    before = await onboarding.find(call.entry, version.client_id, standing.in_force)
    read = registration.read(version.document)
    waits = version.state == "submitted"
    own = await onboarding.had_a_hand(call.entry, version.client_id, version.version, officer.actor)
    return office.page(
        call,
        officer,
        "review",
        "services",
        status=422 if errors else 200,
        name=labels.name(call, version),
        number=version.version,
        back=f"/admin/services/{version.client_id}",
        address=_address(version),
        state=labels.tag(call, labels.STATES, version.state),
        facts=services.facts(call, version),
        hosts=[_host(uri) for uri in _hosts(read)],
        claims=_claims(call, read),
        changes=_changes(before, version) if before and before.version != version.version else (),
        first=before is None,
        itself=read.self_registered,
        preview=_preview(call, read, version),
        sent_back=version.reason or "",
        may={
            "judge": waits and officer.may(JUDGES),
            "own": own,
            "submit": version.state == "draft" and officer.writes(standing.agency_id),
            "edit": officer.writes(standing.agency_id) and standing.status != "retired",
        },
        errors=errors or {},
        own=call.gettext(OWN),
    )


def _preview(call: Call, read: Registration, version: Version) -> sharing.Page:
    held = {
        claim: Sample(SAMPLES[claim], datetime(2026, 1, 1, tzinfo=UTC))
        for claim in read.asked
        if claim in SAMPLES
    }
    return sharing.page(
        read,
        New(tuple(read.asked), (), first=True),
        held,
        sharing.Reader(call.locale, call.gettext, call.entry.at),
        version=version.version,
        offline=read.offline_access,
    )


def _claims(call: Call, read: Registration) -> list[list[str]]:
    _ = call.gettext
    return [
        [
            _named(call, asked),
            _(labels.NEEDS[asked.need]),
            _(labels.BASES[asked.basis]),
            sharing.words(asked.why, call.locale),
            f"{purpose.keep_days}",
            ", ".join(_(text) for text in labels.care(asked.claim)),
        ]
        for purpose in read.purposes
        for asked in purpose.claims
    ]


def _named(call: Call, asked: Asked) -> str:
    label = claim_labels.label(asked.claim, call.gettext)
    return f"{label} ({claim_labels.area(asked.area, call.locale)})" if asked.area else label


def _changes(before: Version, version: Version) -> list[dict[str, str]]:
    """Return each member of the document that differs, as it was and as it would be."""
    old, new = _spread(before.document), _spread(version.document)
    return [
        {"path": path, "before": old.get(path, ""), "after": new.get(path, "")}
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    ]


def _spread(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict) and value:
        parts = [_spread(each, f"{path}.{name}" if path else name) for name, each in value.items()]
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        parts = [
            _spread(each, f"{path}.{each.get('claim') or each.get('id') or number}")
            for number, each in enumerate(value)
        ]
    else:
        import yaml  # noqa: PLC0415 - dear to load, and few processes show a review

        return {path: yaml.safe_dump(value, allow_unicode=True).removesuffix("...\n").strip()}
    return {name: text for part in parts for name, text in part.items()}


def _hosts(read: Registration) -> list[str]:
    addresses = (*read.redirect_uris, *read.post_logout_redirect_uris, read.start or "")
    addresses += (read.initiate_login_uri or "", read.backchannel_logout_uri or "")
    return [uri for uri in addresses if uri.startswith("http")]


def _host(uri: str) -> dict[str, Any]:
    host = redirects.host(uri)
    return {"uri": uri, "ascii": host.ascii, "shown": host.text, "suspect": host.confusable}


def _address(version: Version) -> str:
    return f"/admin/services/{version.client_id}/versions/{version.version}"
