"""The authorization endpoint: from a request to a code, over as many pages as it takes.

    arrive ──nothing to ask──────────────────────────▶ the client
       └──▶ interaction ──▶ pages ──▶ resume ──…─────▶ the client

Until client and address are known to be right, the person gets a page and nobody is
redirected. A citizen who is signed in and has agreed before passes with three
statements and no page.

Specs: OpenID Connect Core §3.1.2, RFC 9126 §4, RFC 9700.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.oauth import (
    checks,
    claims,
    dead_ends,
    interaction,
    marks,
    request,
    request_objects,
    respond,
    targets,
)
from gateway.oauth.interaction import Facts, Step
from gateway.oauth.refusals import OAuthRefused, PageRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.web import cookies, ends
from gateway.web.call import Call, see_other
from gateway.web.ends import End
from gateway.web.params import Params
from idp import assurance
from idp.sessions import Session
from keys import pairwise, signing
from keys.errors import TokenRefused
from relying_parties import claims_policy, consents, pending
from relying_parties.claims_policy import New, Wanted
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.errors import ConsentMissing
from relying_parties.grants import codes, directed
from relying_parties.pending import Interaction

_LONG = 6000  # a posted request beyond this is kept instead of going into an address


@dataclass(frozen=True, slots=True)
class Visit:
    """One request and how far it has come."""

    request: AuthorizationRequest
    client: Client
    request_uri: str | None = None
    handle: str = ""
    interaction: Interaction | None = None

    @property
    def steps(self) -> dict[str, Any]:
        """What was done in this interaction."""
        return dict(self.interaction.steps) if self.interaction else {}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the citizen towards this client."""

    session: Session | None
    subject: str = ""
    wanted: Wanted | None = None
    consent: Consent | None = None
    new: New | None = None


async def arrive(call: Call) -> Response:
    """Take a request that a client sent by the browser."""
    try:
        if call.method == "POST":
            return await _again_as_get(call)
        visit = await _read(call, call.query)
    except PageRefused as refusal:
        return dead_ends.page(call, refusal)
    except _Returned as returned:
        return respond.refused(call, returned.client, returned.request, returned.refusal)
    return await _proceed(call, visit)


async def resume(call: Call) -> Response:
    """Go on after a page of ours."""
    handle = call.path_text("interaction")
    found = await pending.find(call.entry, handle, call.browser)
    if found is None:
        return dead_ends.page(call, await _over(call, handle))
    asked = AuthorizationRequest.from_json(found.request)
    call.speak(asked.ui_locales)
    try:
        client = await _live(call, found.client_id)
        if found.used_at is not None:
            raise _answered(client, handle)
        # The registration may have changed since: what is gone must not be answered (RU-20).
        checks.redirect_uri(asked, client)
    except PageRefused as refusal:
        return dead_ends.page(call, refusal)
    return await _proceed(call, Visit(asked, client, None, handle, found))


async def _over(call: Call, handle: str) -> PageRefused:
    late = await pending.ran_out(call.entry, handle, call.browser)
    if late is None:
        return PageRefused("invalid_request", "this request is unknown here", end=ends.UNKNOWN)
    call.speak(str(late.request.get("ui_locales") or ""))
    try:
        client = await _live(call, late.client_id)
    except PageRefused as refusal:
        return refusal
    end = ends.ANSWERED if late.used_at else ends.RUN_OUT
    return PageRefused("invalid_request", "this request is over", end=end, client=client)


async def _live(call: Call, client_id: str) -> Client:
    client: Client | None = await call.runtime.client(client_id)
    if client is None:
        raise PageRefused("unauthorized_client", "no service has this client_id")
    if not client.live:
        raise PageRefused(
            "unauthorized_client", "this service is switched off", end=ends.SUSPENDED, client=client
        )
    return client


def _answered(client: Client, handle: str) -> PageRefused:
    said = "this request was answered already"
    # Whoever comes from a page of ours has used the back button, or another tab.
    end = ends.ANSWERED if handle else ends.USED
    return PageRefused("invalid_request", said, end=end, client=client)


class _Returned(Exception):  # noqa: N818 - carries a refusal to where it can be told
    """A refusal that the client may be told by redirect."""

    def __init__(self, client: Client, asked: AuthorizationRequest, refusal: OAuthRefused) -> None:
        super().__init__(refusal.error)
        self.client = client
        self.request = asked
        self.refusal = refusal


async def _read(call: Call, params: Params) -> Visit:
    for name in ("client_id", "redirect_uri", "request_uri", "request"):
        if len(params.all(name)) > 1:
            raise PageRefused("invalid_request", f"{name} came more than once")
    client = await _live(call, params.text("client_id"))
    uri = params.text("request_uri")
    if uri.startswith(pending.PREFIX):
        if "request" in params:
            raise PageRefused("invalid_request", "request and request_uri at once", client=client)
        return await _pushed(call, client, uri)
    return await _brought(call, params, client)


async def _pushed(call: Call, client: Client, uri: str) -> Visit:
    stored = await pending.pushed(call.entry, uri, client.client_id)
    if stored is None:
        end = await _missed(call, client, uri)
        raise PageRefused(
            "invalid_request_uri",
            "the pushed request is unknown, used or over",
            end=end,
            client=client,
        )
    asked = AuthorizationRequest.from_json(stored)
    checks.redirect_uri(asked, client)
    return Visit(asked, client, uri)


async def _missed(call: Call, client: Client, uri: str) -> End:
    fate = await pending.fate(call.entry, uri, client.client_id)
    if fate is None:
        return ends.BROKEN
    return ends.USED if fate.used else ends.LATE


async def _brought(call: Call, params: Params, client: Client) -> Visit:
    """Read what the browser brought; its redirect_uri is judged before anything else."""
    try:
        given = await request_objects.opened(call, client, params)
    except OAuthRefused as refusal:
        # What stands outside the object is all there is to answer to.
        raise _Returned(client, _bare(params, client), refusal) from refusal
    bare = _bare(given, client)
    try:
        asked = request.read(given, call.runtime.settings.issuer)
        checks.run(checks.AUTHORIZE, asked, client)
    except OAuthRefused as refusal:
        raise _Returned(client, bare, refusal) from refusal
    return Visit(asked, client)


def _bare(params: Params, client: Client) -> AuthorizationRequest:
    """Return as much of a request as an error needs to find its way.

    :raises PageRefused: it would not go to an address of this client
    """
    bare = AuthorizationRequest(
        client.client_id,
        params.text("redirect_uri"),
        state=_echoed(params),
        response_mode=params.text("response_mode"),
    )
    checks.redirect_uri(bare, client)
    return bare


def _echoed(params: Params) -> str | None:
    """Return the state that an error may carry: one that is itself refused is not sent on."""
    given = params.all("state")
    return given[0] if len(given) == 1 and len(given[0]) <= request.LONGEST else None


async def _proceed(call: Call, visit: Visit) -> Response:
    call.speak(visit.request.ui_locales)
    standing = await _standing(call, visit)
    try:
        for each in visit.request.resource:
            await targets.for_citizens(call, visit.client, each)
        facts = _facts(call, visit, standing)
    except OAuthRefused as refusal:
        return await _end(call, visit, refusal)
    decision = interaction.decide(facts)
    if decision.step is Step.REFUSE:
        return await _end(call, visit, OAuthRefused(decision.error))
    if decision.step is Step.ISSUE:
        return await _issue(call, visit, standing)
    return await _ask(call, visit, decision.step)


async def _standing(call: Call, visit: Visit) -> Standing:
    session = await call.session()
    if session is None:
        return Standing(None)
    client = visit.client
    asked = visit.request
    request = {"scope": asked.scope, "claims": asked.claims}
    wanted = claims.wanted(client.registration, request, session, call.entry.at)
    subject = pairwise.subject(call.runtime.vault.pairwise, client.sector, session.account.id)
    consent = await consents.current(call.entry, subject, client.client_id)
    new = claims_policy.difference(
        client.registration,
        wanted,
        consent,
        care=claims.CARE,
        given_here=marks.consented(visit.steps, consent),
    )
    return Standing(session, subject, wanted, consent, new)


def _facts(call: Call, visit: Visit, standing: Standing) -> Facts:
    steps, asked, session = visit.steps, visit.request, standing.session
    own = marks.of(call.runtime, visit.client.client_id, session) if session else ""
    hinted = None
    if asked.id_token_hint is not None:
        hinted = _hinted(call, visit) == standing.subject
    return Facts(
        request=asked,
        session=session,
        new=standing.new,
        at=call.entry.at,
        careful=standing.wanted is not None
        and claims_policy.takes_care(standing.wanted, claims.CARE),
        required_acr=(*visit.client.registration.acr, *asked.essential_acr),
        hinted=hinted if session else None,
        logged_in=marks.by(steps, marks.LOGGED_IN, own),
        offered="offered" in steps,
        chosen=marks.by(steps, marks.CHOSEN, own),
        consented=marks.consented(steps, standing.consent),
        declined="declined" in steps,
    )


def _hinted(call: Call, visit: Visit) -> str:
    try:
        told = signing.verify(
            call.runtime.keyring,
            visit.request.id_token_hint or "",
            purpose="token",
            typ=None,
            issuer=call.runtime.settings.issuer,
            at=None,
        )
    except TokenRefused as error:
        raise OAuthRefused("invalid_request", "id_token_hint is not ours") from error
    if told.get("aud") != visit.client.client_id:
        raise OAuthRefused("invalid_request", "id_token_hint is another client's")
    return str(told.get("sub", ""))


async def _issue(call: Call, visit: Visit, standing: Standing) -> Response:
    asked, client, session = visit.request, visit.client, standing.session
    if session is None or standing.wanted is None:  # decide() issues for nobody
        return dead_ends.page(call, PageRefused("server_error", client=client))
    if not await _claimed(call, visit):
        return dead_ends.page(call, _answered(client, visit.handle))
    consent, vault = standing.consent, call.runtime.vault
    offline = _offline(asked, client, consent)
    order = codes.Issue(
        client_id=client.client_id,
        subject=standing.subject,
        citizen=pairwise.seal_citizen(vault.sealer, session.account.id, client.client_id),
        consent_id=consent.id if consent else None,
        redirect_uri=asked.redirect_uri,
        challenge=asked.code_challenge,
        nonce=asked.nonce,
        scope=_granted_scope(asked, offline=offline),
        claims=_within(standing.wanted.userinfo, consent),
        id_token_claims=_within(standing.wanted.id_token, consent),
        acr=assurance.acr(session.account.ial, session.aal, phr=session.phishing_resistant),
        amr=list(session.amr),
        auth_time=session.auth_time,
        sid=pairwise.sid(vault.pairwise, client.client_id, session.id),
        lives=client.registration.profile.code_ttl,
        offline_until=consent.expires_at if offline and consent else None,
        jkt=asked.dpop_jkt,
    )
    try:
        code = await codes.issue(call.entry, order)
    except ConsentMissing:
        return await _end(call, visit, OAuthRefused("access_denied"))
    if asked.resource:
        await directed.direct(call.entry, code, asked.resource)
    return respond.success(call, client, asked, code)


def _within(wanted: tuple[str, ...], consent: Consent | None) -> list[str]:
    agreed = set(consent.claims) if consent else set()
    return [name for name in wanted if name in agreed]


def _offline(asked: AuthorizationRequest, client: Client, consent: Consent | None) -> bool:
    """OpenID Connect Core §11: asked for, registered, and the citizen agreed to it."""
    registered = client.registration.offline_access
    return "offline_access" in asked.scopes and registered and bool(consent and consent.offline)


def _granted_scope(asked: AuthorizationRequest, *, offline: bool) -> str:
    kept = [scope for scope in asked.scopes if scope != "offline_access" or offline]
    return " ".join(kept)


async def _claimed(call: Call, visit: Visit) -> bool:
    """Use the request up: of two tabs, one gets the code (RC-11)."""
    if visit.handle:
        return await pending.use(call.entry, visit.handle, call.browser)
    if visit.request_uri:
        return await pending.use_pushed(call.entry, visit.request_uri, visit.client.client_id)
    return True


async def _end(call: Call, visit: Visit, refusal: OAuthRefused) -> Response:
    if not await _claimed(call, visit):
        return dead_ends.page(call, _answered(visit.client, visit.handle))
    return respond.refused(call, visit.client, visit.request, refusal)


async def _ask(call: Call, visit: Visit, step: Step) -> Response:
    handle = visit.handle or await pending.open(
        call.entry,
        request=visit.request.to_json(),
        client_id=visit.client.client_id,
        browser=call.browser,
        request_uri=visit.request_uri,
    )
    response = see_other(PAGES[step].format(i=handle))
    if call.new_browser:
        cookies.set_browser(response, call.new_browser)
    return response


PAGES = {
    Step.CREATE: "/create?i={i}",
    Step.LOGIN: "/login?i={i}",
    Step.CHOOSE: "/login/choose?i={i}",
    Step.STEP_UP: "/login/confirm?i={i}&why=stronger",
    Step.PROVE: "/account/verify?i={i}",
    Step.CONSENT: "/consent/{i}",
}


async def _again_as_get(call: Call) -> Response:
    """Ask the browser to come again: a cross-site POST does not carry its session (AZ-16)."""
    query = urlencode([(name, value) for name in call.form for value in call.form.all(name)])
    if len(query) > _LONG:
        # Too long for an address: judged as it is, kept, and named by a short one.
        visit = await _read(call, call.form)
        client_id = visit.client.client_id
        kept = visit.request_uri or await pending.push(
            call.entry, client_id, visit.request.to_json(), most=pending.MOST_KEPT
        )
        query = urlencode({"client_id": client_id, "request_uri": kept})
    return see_other(f"/authorize?{query}")
