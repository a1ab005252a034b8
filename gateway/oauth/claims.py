"""Claims: what is wanted, and what goes out.

Names come from the registration and the consent, values from the citizen's
attributes; only here do they meet, for the length of one request.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway import correcting
from gateway.oauth import names
from gateway.oauth.told import Told
from gateway.oauth.verified import wishes
from gateway.runtime import Runtime
from gateway.settings import Settings
from idp import assurance, attributes, catalog
from idp.derived import Terms
from idp.sessions import Session
from keys.entry import Entry
from relying_parties import claims_policy
from relying_parties.claims_policy import Care, SignIn, Wanted
from relying_parties.metadata.rules import Rules
from relying_parties.registration import Registration

CARE = Care(
    by_law=catalog.BY_LAW,
    each_time=catalog.EACH_TIME,
    userinfo_only=catalog.HIGH_HARM,
    acrs=frozenset({assurance.SUBSTANTIAL, assurance.HIGH}),
)


@dataclass(frozen=True, slots=True)
class _Now:
    """The sign-in of a session, as a token will tell it."""

    acr: str
    auth_time: datetime


def rules(settings: Settings) -> Rules:
    """Return what registrations are judged by on this gateway."""
    return Rules(
        allow_loopback=settings.allow_loopback,
        legacy=settings.legacy_response_types,
        unsigned=settings.conformance,
        claims=frozenset(catalog.BY_NAME),
        by_law=catalog.BY_LAW,
        of_area=catalog.OF_AREA,
        scopes=frozenset(catalog.SCOPES),
        corrigible=correcting.CORRIGIBLE,
        mutual_tls=bool(settings.mtls_address),
    )


def wanted(
    registration: Registration, request: Mapping[str, Any], session: Session, at: datetime
) -> Wanted:
    """Work out what a stored request comes to, within the registration, on this sign-in.

    What is wanted with its proof takes the same consent as what is wanted without.
    """
    parameter: Mapping[str, Any] = request.get("claims") or {}
    if verified := request.get("verified"):
        parameter = _with_proofs(registration, parameter, verified)
    acr = assurance.acr(session.account.ial, session.aal, phr=session.phishing_resistant)
    now = _Now(acr, session.auth_time)
    left_out = claims_policy.not_offered(registration, CARE, now, at)
    if request.get("device"):
        # RFC 10027: whoever is talked into typing a stranger's code loses nothing of this.
        left_out |= CARE.each_time | CARE.userinfo_only
    scopes: Sequence[str] = str(request.get("scope", "")).split()
    scopes, parameter = placed(scopes, parameter, str(request.get("response_type", "")))
    return claims_policy.asked(
        registration,
        scopes,
        parameter,
        scopes=catalog.SCOPES,
        care=CARE,
        left_out=left_out,
    )


def placed(
    scopes: Sequence[str], parameter: Mapping[str, Any], response_type: str
) -> tuple[Sequence[str], Mapping[str, Any]]:
    """Return scopes and the ``claims`` parameter with each claim where it can be told.

    OpenID Connect Core §5.4: without an access token there is no place but the ID token.
    """
    if response_type != "id_token":
        return scopes, parameter
    named = [claim for scope in scopes for claim in catalog.SCOPES.get(scope, ())]
    return (), {"id_token": [*named, *(parameter.get("id_token") or ())]}


def _with_proofs(
    registration: Registration, parameter: Mapping[str, Any], verified: wishes.Elements
) -> dict[str, set[str]]:
    return {
        place: {
            *(parameter.get(place) or ()),
            *wishes.names_of(wishes.within(verified.get(place) or (), registration.asked)),
        }
        for place in ("userinfo", "id_token")
    }


def allowed(
    registration: Registration, names: Iterable[str], sign_in: SignIn, at: datetime
) -> tuple[str, ...]:
    """Return which of ``names``, all agreed to, may be read now on the sign-in of a token."""
    agreed = tuple(names)
    kept_back = claims_policy.withheld(registration, CARE, sign_in, at)
    return claims_policy.releasable(registration, agreed, agreed, kept_back=kept_back)


def terms(settings: Settings, registration: Registration) -> Terms:
    """Return what answers about a citizen depend on besides them: all of it was approved."""
    areas = (row.area for claim, row in registration.asked.items() if claim in catalog.OF_AREA)
    return Terms(settings.country, next((area for area in areas if area), {}))


async def values(
    runtime: Runtime,
    entry: Entry,
    account_id: UUID,
    claims: Collection[str],
    registration: Registration,
) -> Told:
    """Read the citizen's values; what they do not have is left out, never null.

    :raises AccountNotOpen: the account is locked or closed
    """
    out = await attributes.release(
        entry, runtime.vault, account_id, claims, terms(runtime.settings, registration)
    )
    issuer = runtime.settings.issuer
    told = {names.wire(issuer, name): value for name, value in out.values.items()}
    return Told(tuple(out.values), told, out.key)
