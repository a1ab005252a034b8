"""What a request still needs before it is answered. Pure.

    DEVICE ──▶ CREATE ─┬▶ CHOOSE ──▶ LOGIN ──▶ STEP_UP ──▶ PROVE ──▶ CONSENT ──▶ ISSUE
       └───────────────┴───┴──────────┴──────────┴───────────┴─────────┴─────▶ REFUSE(error)

The browser comes back here after every page, and everything is asked again, so no page
can be skipped by its address. What always holds:

* ISSUE only for a session that is alive, of the hinted citizen, fresh and strong enough,
  with a consent that leaves nothing new to decide
* ``prompt=none`` never answers with a page: each page has its error, here and nowhere else
* a citizen who said no is asked nothing more
* what began on another device goes nowhere before its citizen said that they began it
* what takes care goes out after a strong sign-in of the last minutes only, whatever the
  request says of either

Specs: OpenID Connect Core §3.1.2.3 to §3.1.2.6, unmet_authentication_requirements 1.0,
Initiating User Registration 1.0 §4, RFC 8628 §5.4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from gateway.oauth.request import AuthorizationRequest
from idp import assurance
from idp.sessions import Session
from relying_parties import claims_policy
from relying_parties.claims_policy import New


class Step(Enum):
    """Where the citizen goes next."""

    DEVICE = "device"
    CREATE = "create"
    LOGIN = "login"
    CHOOSE = "choose"
    STEP_UP = "step_up"
    PROVE = "prove"
    CONSENT = "consent"
    ISSUE = "issue"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Decision:
    """The next step; of a refusal also what the client is told."""

    step: Step
    error: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the decision depends on.

    :ivar new: what the consent in force leaves to decide
    :ivar undecided: authorization details are left to decide
    :ivar required_acr: any one of these must be met; none of them is no demand
    :ivar careful: something is wanted that takes a strong and fresh sign-in
    :ivar hinted: whether ``id_token_hint``, or ``sub`` in ``claims``, names the citizen of the
        session
    :ivar logged_in: a page of this interaction signed the citizen in
    :ivar offered: a page of this interaction offered something stronger, and they declined
    :ivar begun: the citizen said that they began it, on the device that waits
    :ivar chosen: the citizen chose this very session on a page of this interaction
    """

    request: AuthorizationRequest
    session: Session | None
    new: New | None
    at: datetime
    required_acr: tuple[str, ...] = ()
    hinted: bool | None = None
    logged_in: bool = False
    offered: bool = False
    chosen: bool = False
    consented: bool = False
    declined: bool = False
    careful: bool = False
    begun: bool = False
    undecided: bool = False


def decide(facts: Facts) -> Decision:
    """Return the next step; the error of a page instead of it, if the request wants none."""
    if facts.declined:
        return _refuse(_declined(facts))
    decision = _device(facts) or _create(facts) or _choice(facts) or _login(facts)
    decision = decision or _assurance(facts) or _consent(facts) or Decision(Step.ISSUE)
    if "none" in facts.request.prompt and decision.step in _SILENT:
        return _refuse(_SILENT[decision.step])
    return decision


_SILENT: Mapping[Step, str] = {
    Step.LOGIN: "login_required",
    Step.CHOOSE: "account_selection_required",
    Step.STEP_UP: "interaction_required",
    Step.PROVE: "interaction_required",
    Step.CONSENT: "consent_required",
}


def _refuse(error: str) -> Decision:
    return Decision(Step.REFUSE, error)


def _declined(facts: Facts) -> str:
    # Who walks away from an essential level did not refuse to share (UAR-1).
    if facts.session is not None and facts.required_acr:
        found = assurance.missing(facts.session, facts.required_acr, essential=True)
        if not isinstance(found, assurance.Met):
            return "unmet_authentication_requirements"
    return "access_denied"


def _device(facts: Facts) -> Decision | None:
    return Decision(Step.DEVICE) if facts.request.device and not facts.begun else None


def _create(facts: Facts) -> Decision | None:
    # Whoever signs in there instead, with an account that they have, is let on by that.
    if "create" not in facts.request.prompt or facts.logged_in:
        return None
    return Decision(Step.CREATE)


def _choice(facts: Facts) -> Decision | None:
    prompt, signs_in = facts.request.prompt, facts.session is None or facts.hinted is False
    # Whoever signs in on the way has chosen by that.
    if "select_account" not in prompt or "login" in prompt or signs_in or facts.logged_in:
        return None
    return None if facts.chosen else Decision(Step.CHOOSE)


def _login(facts: Facts) -> Decision | None:
    if facts.session is None:
        return Decision(Step.LOGIN)
    if facts.hinted is False:
        # Signed in here, and still another citizen: asking again would not end.
        return _refuse("login_required") if facts.logged_in else Decision(Step.LOGIN)
    if facts.logged_in:
        return None
    if "login" in facts.request.prompt:
        return Decision(Step.LOGIN)
    return Decision(Step.LOGIN) if _too_long_ago(facts, facts.session) else None


def _too_long_ago(facts: Facts, session: Session) -> bool:
    age = (facts.at - session.auth_time).total_seconds()
    longest = facts.request.max_age
    if longest is not None and (age > longest or longest == 0):
        return True
    return facts.careful and age > claims_policy.FRESH.total_seconds()


def _assurance(facts: Facts) -> Decision | None:
    session = facts.session
    if session is None:
        return Decision(Step.LOGIN)
    if facts.careful and (decision := _reach(facts, session, (assurance.SUBSTANTIAL,))):
        return decision
    if facts.required_acr:
        return _reach(facts, session, facts.required_acr)
    # What is only wished for is offered once, and never stands in the way.
    asked = facts.logged_in or facts.offered or "none" in facts.request.prompt
    if facts.request.acr_values and not asked:
        found = assurance.missing(session, facts.request.acr_values, essential=False)
        if isinstance(found, assurance.NeedsStepUp):
            return Decision(Step.STEP_UP)
    return None


def _reach(facts: Facts, session: Session, acrs: Sequence[str]) -> Decision | None:
    found = assurance.missing(session, acrs, essential=True)
    if isinstance(found, assurance.Met):
        return None
    if isinstance(found, assurance.Unreachable) or "none" in facts.request.prompt:
        return _refuse("unmet_authentication_requirements")
    proof = isinstance(found, assurance.NeedsProofing)
    return Decision(Step.PROVE if proof else Step.STEP_UP)


def _consent(facts: Facts) -> Decision | None:
    asked_for = "consent" in facts.request.prompt and not facts.consented
    to_decide = facts.new is None or bool(facts.new) or facts.undecided
    return Decision(Step.CONSENT) if asked_for or to_decide else None
