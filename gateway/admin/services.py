"""Services: the list, one service with its versions, and what can be done with it at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from gateway import claim_labels, life_events
from gateway.admin import asking, confirming, hearing, labels, office
from gateway.admin.office import STOPS, NotAllowed, NotFound, Officer
from gateway.pages import rich
from gateway.pages.sharing import words
from gateway.web.call import Call, see_other
from relying_parties import clients, onboarding, resources
from relying_parties.metadata.credentials import CERTIFICATE_NAMES
from relying_parties.onboarding import Standing, Version
from relying_parties.profiles import SECRET_METHODS
from relying_parties.streams import delivery

REASON = 300  # characters


@office.at_work
async def show_all(call: Call, officer: Officer) -> Response:
    """List services, by words of their name and by state."""
    wanted, state = call.query.text("q").strip().lower(), call.query.text("state")
    rows = [
        labels.version(call, one)
        for one in await onboarding.standings(call.entry)
        if officer.sees(one.agency_id) and state in ("", one.status, one.newest.state)
    ]
    found = [row for row in rows if wanted in f"{row['name']} {row['id']} {row['agency']}".lower()]
    states = {**labels.STATUSES, "submitted": labels.STATES["submitted"]}
    return office.page(
        call,
        officer,
        "services",
        "services",
        rows=found,
        q=call.query.text("q"),
        state=state,
        states=[{"value": name, "text": call.gettext(text)} for name, (text, _) in states.items()],
        writes=officer.may(office.WRITES)
        or any(officer.writes(agency) for agency in officer.agencies),
    )


@office.at_work
async def show(call: Call, officer: Officer) -> Response:
    """Show one service."""
    standing = await find(call, officer)
    return await one_page(call, officer, standing)


@office.at_work
@confirming.first
async def suspend(call: Call, officer: Officer) -> Response:
    """Stop a service now, for a reason."""
    standing = await find(call, officer)
    if not officer.may(STOPS):
        raise NotAllowed
    reason = " ".join(call.form.text("reason").split())
    if not 3 <= len(reason) <= REASON:
        wrong = call.gettext("Say why, in 3 to 300 characters")
        return await one_page(call, officer, standing, errors={"reason": wrong})
    await clients.suspend(call.entry, standing.newest.client_id, reason, by=officer.actor)
    return see_other(f"/admin/services/{standing.newest.client_id}")


@office.at_work
@confirming.first
async def resume(call: Call, officer: Officer) -> Response:
    """Let a service work again."""
    standing = await find(call, officer)
    if not officer.may(STOPS):
        raise NotAllowed
    await clients.resume(call.entry, standing.newest.client_id, by=officer.actor)
    return see_other(f"/admin/services/{standing.newest.client_id}")


@office.at_work
@confirming.first
async def secret(call: Call, officer: Officer) -> Response:
    """Issue another secret and show it, once."""
    standing = await find(call, officer)
    if not officer.writes(standing.agency_id):
        raise NotAllowed
    drawn = await clients.issue_secret(
        call.entry,
        standing.newest.client_id,
        by=officer.actor,
        sealer=call.runtime.vault.sealer,
    )
    return await one_page(call, officer, standing, secret=drawn)


@office.at_work
@confirming.first
async def send_again(call: Call, officer: Officer) -> Response:
    """Let events that were given up be told once more."""
    standing = await find(call, officer)
    if not officer.writes(standing.agency_id):
        raise NotAllowed
    await delivery.send_again(call.entry, standing.newest.client_id, by=officer.actor)
    return see_other(f"/admin/services/{standing.newest.client_id}")


async def find(call: Call, officer: Officer) -> Standing:
    """Return the service of the address.

    :raises NotFound: there is none, or it is another agency's
    """
    client_id = call.path_text("client")
    for standing in await onboarding.standings(call.entry):
        if standing.newest.client_id == client_id and officer.sees(standing.agency_id):
            return standing
    raise NotFound


async def one_page(
    call: Call,
    officer: Officer,
    standing: Standing,
    *,
    secret: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    """Render the page of one service."""
    client_id = standing.newest.client_id
    client = await clients.find(call.entry, client_id)
    versions = await onboarding.versions(call.entry, client_id)
    secretive = client is not None and client.registration.auth.method in SECRET_METHODS
    issues = secretive and officer.writes(standing.agency_id)
    return office.page(
        call,
        officer,
        "service",
        "services",
        status=422 if errors else 200,
        one=labels.version(call, standing),
        facts=facts(call, versions[0] if client is None else _in_force(standing, versions)),
        versions=[_row(call, one) for one in versions],
        secret=secret,
        may={
            "write": officer.writes(standing.agency_id) and standing.status != "retired",
            "stop": officer.may(STOPS) and standing.status == "live",
            "resume": officer.may(STOPS) and standing.status == "suspended",
            "secret": issues,
            "again": officer.writes(standing.agency_id),
        },
        stream=await hearing.shown(call, client_id),
        asks=await asking.shown(call, client),
        first_secret=issues
        and not secret
        and not (client and clients.has_secret(client, call.entry.at)),
        errors=errors or {},
        reason=call.form.text("reason"),
    )


def facts(call: Call, version: Version) -> list[dict[str, Any]]:
    """Return a registration as rows: what it is called, where it runs, how it proves itself."""
    spec, _ = version.document["spec"], call.gettext
    auth, offered = spec["auth"], spec.get("resource") or {}
    keys = auth.get("jwksUri") or ", ".join(
        str(key.get("kid") or "-") for key in (auth.get("jwks") or {}).get("keys", ())
    )
    rows = [
        (_("Name"), [words(spec["name"], call.locale)]),
        (_("What it is for"), [words(spec.get("description") or {}, call.locale)]),
        (
            _("When people need it"),
            [_(life_events.WORDS[name].name) for name in spec.get("lifeEvents") or ()],
        ),
        (_("What people look for"), [words(spec.get("needs") or {}, call.locale)]),
        (_("Security profile"), [spec.get("profile") or "gov-standard"]),
        (_("How it proves itself"), [auth["method"], keys]),
        (_("Name in its certificate"), _certificate_name(auth)),
        (_("Where citizens go back to"), list(spec.get("redirectUris") or ())),
        (_("Where they go after signing out"), list(spec.get("postLogoutRedirectUris") or ())),
        (_("Where it hears of sign-outs"), [spec.get("backchannelLogoutUri") or ""]),
        (_("How strongly citizens must be known"), list(spec.get("acr") or ())),
        (_("Where it starts"), [spec.get("start") or ""]),
        (_("Contact"), [spec.get("contact") or ""]),
        (_("Privacy notice"), [spec.get("privacy") or ""]),
        (_("Tokens bound to its key"), [_("Yes") if spec.get("dpop") else _("No")]),
        (
            _("Tokens bound to its certificate"),
            [_("Yes") if spec.get("certificateBound") else _("No")],
        ),
        (_("May do without a sign-in"), [_("Yes")] if spec.get("openidOptional") else []),
        (
            _("Reads without the citizen present"),
            [_("Yes") if spec.get("offlineAccess") else _("No")],
        ),
        (
            _("Signs people in on devices without a browser"),
            [_("Yes") if spec.get("device") else _("No")],
        ),
        (
            _("What it may ask in detail"),
            [_(rich.NAMES.get(name, name)) for name in spec.get("authorizationDetailsTypes") or ()],
        ),
        (
            _("Manages its grants itself"),
            [_("Yes") if spec.get("grantManagement") else _("No")],
        ),
        (_("Address of the API it offers"), [offered.get("identifier") or ""]),
        (_("What can be done there"), list(offered.get("scopes") or ())),
        (_("Kind of its tokens"), [_kind(call, offered)]),
        (_("What it calls in its own name"), _called(spec.get("calls"))),
        (_("What it calls for citizens"), _called(spec.get("onBehalf"))),
        (_("What it hears of"), list((spec.get("events") or {}).get("types") or ())),
        (_("Where its events go"), [(spec.get("events") or {}).get("endpoint") or ""]),
        (_("Reports where requests stand"), [_("Yes")] if spec.get("requests") else []),
        (
            _("May say that a detail is wrong"),
            [claim_labels.label(name, _) for name in spec.get("corrections") or ()],
        ),
    ]
    return [
        {"key": key, "lines": kept}
        for key, lines in rows
        if (kept := [line for line in lines if line])
    ]


def _certificate_name(auth: Mapping[str, Any]) -> list[str]:
    return [f"{member}: {auth[member]}" for member in CERTIFICATE_NAMES if auth.get(member)]


def _called(calls: Sequence[Mapping[str, Any]] | None) -> list[str]:
    return [" ".join((each["resource"], *each["scopes"])) for each in calls or ()]


def _kind(call: Call, offered: Mapping[str, Any]) -> str:
    _ = call.gettext
    if not offered:
        return ""
    signed = offered.get("tokens") == resources.SIGNED
    return _("Signed: it reads them itself") if signed else _("Opaque: it asks about each")


def _in_force(standing: Standing, versions: list[Version]) -> Version:
    return next(one for one in versions if one.version == standing.in_force)


def _row(call: Call, version: Version) -> dict[str, Any]:
    return {
        "number": version.version,
        "href": f"/admin/services/{version.client_id}/versions/{version.version}",
        "state": labels.tag(call, labels.STATES, version.state),
        "when": claim_labels.clock(
            version.decided_at or version.submitted_at or version.changed_at, call.locale
        ),
        "reason": version.reason or "",
    }
