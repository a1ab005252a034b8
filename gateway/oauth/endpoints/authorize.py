"""The authorization endpoint: from a request to a code, over as many pages as it takes.

    arrive ──nothing to ask──────────────────────────▶ the client
       └──▶ interaction ──▶ pages ──▶ resume ──…─────▶ the client

Until client and address are known to be right, the person gets a page and nobody is
redirected. A citizen who is signed in and has agreed before passes with three
statements and no page.

Specs: OpenID Connect Core §3.1.2, RFC 9126 §4, RFC 9700.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.oauth import (
    checks,
    claims,
    dead_ends,
    devices,
    hints,
    interaction,
    issuing,
    managed,
    marks,
    orders,
    respond,
    rich,
    targets,
    visits,
    watching,
)
from gateway.oauth.interaction import Facts, Step
from gateway.oauth.refusals import OAuthRefused, PageRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.oauth.visits import Returned, Visit
from gateway.web import cookies, ends
from gateway.web.call import Call, see_other
from idp.sessions import Session
from keys import pairwise
from relying_parties import approvals, claims_policy, consents, pending, pushed
from relying_parties.authorization_details import Detail
from relying_parties.claims_policy import New, Wanted
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.errors import ConsentMissing

Issuing = Callable[[], Awaitable[dict[str, str]]]

_LONG = 6000  # a posted request beyond this is kept instead of going into an address


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the citizen towards this client.

    :ivar details: those of the request, all agreed to; ``None`` if one needs a question
    """

    session: Session | None
    subject: str = ""
    wanted: Wanted | None = None
    consent: Consent | None = None
    new: New | None = None
    details: list[Detail] | None = None


async def arrive(call: Call) -> Response:
    """Take a request that a client sent by the browser."""
    try:
        if call.method == "POST":
            return await _again_as_get(call)
        visit = await visits.read(call, call.query.said())
    except PageRefused as refusal:
        return dead_ends.page(call, refusal)
    except Returned as returned:
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
        client = await visits.live(call, found.client_id)
        if found.used_at is not None:
            raise _answered(client, handle)
        # The registration may have changed since: what is gone must not be answered (RU-20).
        checks.way_back(asked, client)
    except PageRefused as refusal:
        return dead_ends.page(call, refusal)
    return await _proceed(call, Visit(asked, client, None, handle, found))


async def _over(call: Call, handle: str) -> PageRefused:
    late = await pending.ran_out(call.entry, handle, call.browser)
    if late is None:
        return PageRefused("invalid_request", "this request is unknown here", end=ends.UNKNOWN)
    call.speak(str(late.request.get("ui_locales") or ""))
    try:
        client = await visits.live(call, late.client_id)
    except PageRefused as refusal:
        return refusal
    end = ends.ANSWERED if late.used_at else ends.RUN_OUT
    return PageRefused("invalid_request", "this request is over", end=end, client=client)


def _answered(client: Client, handle: str) -> PageRefused:
    said = "this request was answered already"
    # Whoever comes from a page of ours has used the back button, or another tab.
    end = ends.ANSWERED if handle else ends.USED
    return PageRefused("invalid_request", said, end=end, client=client)


async def _proceed(call: Call, visit: Visit) -> Response:
    call.speak(visit.request.ui_locales)
    try:
        rich.judge(visit.request.authorization_details, visit.client.registration, call.entry.at)
        await managed.judge(call, visit.request, visit.client)
        standing = await _standing(call, visit)
        for each in visit.request.resource:
            await targets.for_citizens(call, visit.client, each)
        facts = _facts(call, visit, standing)
    except OAuthRefused as refusal:
        return await _end(call, visit, refusal)
    decision = interaction.decide(facts)
    if decision.step is Step.REFUSE:
        return await _end(call, visit, OAuthRefused(decision.error))
    if decision.step in _OF_THE_GRANT and managed.others(visit.request, standing.consent):
        return await _end(call, visit, managed.invalid())
    if decision.step is Step.ISSUE:
        return await _issue(call, visit, standing)
    return await _ask(call, visit, decision.step)


async def _standing(call: Call, visit: Visit) -> Standing:
    session = await call.session()
    if session is None:
        return Standing(None)
    client = visit.client
    asked = visit.request
    request = {
        "scope": asked.scope,
        "claims": asked.claims,
        "verified": asked.verified,
        "response_type": asked.response_type,
        "device": asked.device,
    }
    wanted = claims.wanted(client.registration, request, session, call.entry.at)
    subject = pairwise.subject(call.runtime.vault.pairwise, client.sector, session.account.id)
    consent = await consents.current(call.entry, subject, client.client_id)
    given_here = marks.consented(visit.steps, consent)
    if managed.fresh(asked.grant_management_action, given_here=given_here):
        consent = None
    new = claims_policy.difference(
        client.registration, wanted, consent, care=claims.CARE, given_here=given_here
    )
    details = None
    if asked.authorization_details and consent is not None:
        details = await approvals.of(
            call.entry, consent.id, asked.authorization_details, given_here=given_here
        )
    return Standing(session, subject, wanted, consent, new, details)


def _facts(call: Call, visit: Visit, standing: Standing) -> Facts:
    steps, asked, session = visit.steps, visit.request, standing.session
    own = marks.of(call.runtime, visit.client.client_id, session) if session else ""
    hinted = _hinted(call, visit, standing)
    return Facts(
        request=asked,
        session=session,
        new=standing.new,
        at=call.entry.at,
        careful=standing.wanted is not None
        and claims_policy.takes_care(standing.wanted, claims.CARE),
        undecided=bool(asked.authorization_details) and standing.details is None,
        required_acr=(*visit.client.registration.acr, *asked.essential_acr),
        hinted=hinted if session else None,
        logged_in=marks.by(steps, marks.LOGGED_IN, own),
        offered="offered" in steps,
        chosen=marks.by(steps, marks.CHOSEN, own),
        consented=marks.consented(steps, standing.consent),
        declined="declined" in steps,
        begun=marks.BEGUN in steps,
    )


def _hinted(call: Call, visit: Visit, standing: Standing) -> bool | None:
    """Whether the session is of whom the request names; ``None`` if it names nobody."""
    asked, right = visit.request, None
    if asked.id_token_hint is not None:
        right = hints.subject(call, visit.client, asked.id_token_hint) == standing.subject
    if asked.subjects and right is not False:
        right = standing.subject in asked.subjects  # OpenID Connect Core §3.1.2.2
    return right


async def _issue(call: Call, visit: Visit, standing: Standing) -> Response:
    asked, client, session = visit.request, visit.client, standing.session
    if session is None or standing.wanted is None:  # decide() issues for nobody
        return dead_ends.page(call, PageRefused("server_error", client=client))
    try:
        ready = await issuing.ready(call, client, asked)
    except OAuthRefused as refusal:
        return await _end(call, visit, refusal)
    along = visit.goes_with_its_code
    if along is None and not await _claimed(call, visit):
        return dead_ends.page(call, _answered(client, visit.handle))
    vault, consent = call.runtime.vault, standing.consent
    order = orders.order(vault, client, asked, session, standing.wanted, consent, along)
    try:
        await managed.settle(call, asked, consent, standing.wanted)
    except ConsentMissing:
        return await _unanswered(call, visit)
    if asked.device:
        return await devices.let_in(call, visit, order, standing.details)
    issue = partial(issuing.issue, call, client, asked, order, ready, standing.details)
    return await _answer(call, visit, session, issue)


async def _answer(call: Call, visit: Visit, session: Session, issue: Issuing) -> Response:
    asked, client = visit.request, visit.client
    try:
        told = await issue()
    except ConsentMissing:
        if visit.goes_with_its_code and not await _claimed(call, visit):
            return dead_ends.page(call, _answered(client, visit.handle))
        return await _unanswered(call, visit)
    except OAuthRefused:
        return await _unanswered(call, visit)
    told |= watching.tell(call, client, asked, session)
    response = respond.success(call, client, asked, told)
    watching.begin(call, response, session)
    return response


async def _unanswered(call: Call, visit: Visit) -> Response:
    """Refuse a request that is used up already: this is its answer."""
    if visit.request.device:
        return await devices.keep_out(call, visit)
    return respond.refused(call, visit.client, visit.request, OAuthRefused("access_denied"))


async def _claimed(call: Call, visit: Visit) -> bool:
    """Use the request up: of two tabs, one gets the code (RC-11)."""
    if visit.handle:
        return await pending.use(call.entry, visit.handle, call.browser)
    if visit.request_uri:
        return await pushed.use(call.entry, visit.request_uri, visit.client.client_id)
    return True


async def _end(call: Call, visit: Visit, refusal: OAuthRefused) -> Response:
    if not await _claimed(call, visit):
        return dead_ends.page(call, _answered(visit.client, visit.handle))
    if visit.request.device:
        return await devices.keep_out(call, visit)
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


# Here it has to be the grant of whoever is signed in; before, they may still change.
_OF_THE_GRANT = frozenset({Step.CONSENT, Step.ISSUE})

PAGES = {
    Step.DEVICE: "/device/{i}",
    Step.CREATE: "/create?i={i}",
    Step.LOGIN: "/login?i={i}",
    Step.CHOOSE: "/login/choose?i={i}",
    Step.STEP_UP: "/login/confirm?i={i}&why=stronger",
    Step.PROVE: "/account/verify?i={i}",
    Step.CONSENT: "/consent/{i}",
}


async def _again_as_get(call: Call) -> Response:
    """Ask the browser to come again: a cross-site POST does not carry its session (AZ-16)."""
    form = call.form.said()
    query = urlencode([(name, value) for name in form for value in form.all(name)])
    if len(query) > _LONG:
        # Too long for an address: judged as it is, kept, and named by a short one.
        visit = await visits.read(call, form)
        client_id = visit.client.client_id
        kept = visit.request_uri or await pushed.push(
            call.entry, client_id, visit.request.to_json(), most=pushed.MOST_KEPT
        )
        query = urlencode({"client_id": client_id, "request_uri": kept})
    return see_other(f"/authorize?{query}")
