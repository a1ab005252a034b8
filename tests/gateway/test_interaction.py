"""What a request still needs: every branch of the decision, a row each.

Specs: OpenID Connect Core §3.1.2.1 to §3.1.2.6, unmet_authentication_requirements 1.0.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.oauth import interaction
from gateway.oauth.interaction import Decision, Facts, Step
from gateway.oauth.request import AuthorizationRequest
from idp.accounts import Account
from idp.assurance import LOA
from idp.sessions import Session
from relying_parties.claims_policy import New
from tests.factories import MOMENT

NOTHING_NEW = New((), ("name",), first=False)
FIRST = New(("name",), (), first=True)
MORE = New(("address",), ("name",), first=False)
PHR, HIGH, SUBSTANTIAL = "phr", f"{LOA}high", f"{LOA}substantial"


def session(*, amr: tuple[str, ...] = ("pwd",), aal: int = 1, age: int = 60) -> Session:
    """Somebody who signed in ``age`` seconds ago; nobody has proved who it is."""
    began = MOMENT - timedelta(seconds=age)
    account = Account(UUID(int=1), "open", "en", 0, (), b"h", began, began)
    until = began + timedelta(hours=12)
    return Session(UUID(int=2), account, "citizen", began, began, until, began, amr, aal, "Firefox")


WEAK = session()
STRONG = session(amr=("pop", "user", "mfa"), aal=2)
KNOWN = replace(STRONG, account=replace(STRONG.account, ial=2))


def decide(prompt: str = "", max_age: int | None = None, wish: str = "", **facts: Any) -> Decision:
    """Decide about a citizen who is signed in and has agreed before; ``facts`` replace that."""
    device = facts.pop("device", "")
    asked = AuthorizationRequest(
        "parking",
        "https://parking.example/callback",
        scope="openid",
        prompt=tuple(prompt.split()),
        max_age=max_age,
        acr_values=tuple(wish.split()),
        device=device,
    )
    usual: dict[str, Any] = {"session": WEAK, "new": NOTHING_NEW, "at": MOMENT}
    return interaction.decide(Facts(asked, **(usual | facts)))


def error(**given: Any) -> str:
    decision = decide(**given)
    assert (decision.step is Step.REFUSE) == bool(decision.error)
    return decision.error


@pytest.mark.parametrize(
    ("given", "step"),
    [
        pytest.param({}, Step.ISSUE, id="nothing-to-ask"),
        pytest.param({"session": None, "new": None}, Step.LOGIN, id="nobody-is-signed-in"),
        pytest.param({"hinted": True}, Step.ISSUE, id="hinted"),
        pytest.param({"device": "d"}, Step.DEVICE, id="on-a-device"),
        pytest.param({"device": "d", "session": None, "new": None}, Step.DEVICE, id="device-first"),
        pytest.param({"device": "d", "begun": True}, Step.ISSUE, id="begun-on-a-device"),
        pytest.param({"hinted": False}, Step.LOGIN, id="hinted-another"),
        pytest.param({"prompt": "login"}, Step.LOGIN, id="login"),
        pytest.param({"prompt": "select_account"}, Step.CHOOSE, id="choose"),
        pytest.param({"prompt": "select_account", "chosen": True}, Step.ISSUE, id="choose-done"),
        pytest.param({"prompt": "select_account", "logged_in": True}, Step.ISSUE, id="chose-by-it"),
        pytest.param({"prompt": "select_account", "hinted": False}, Step.LOGIN, id="choose-hinted"),
        pytest.param({"prompt": "select_account login"}, Step.LOGIN, id="choose-by-signing-in"),
        pytest.param(
            {"prompt": "select_account", "session": None, "new": None}, Step.LOGIN, id="choose-none"
        ),
        pytest.param({"prompt": "login", "logged_in": True}, Step.ISSUE, id="login-done"),
        pytest.param({"prompt": "login", "offered": True}, Step.LOGIN, id="login-not-by-an-offer"),
        pytest.param({"max_age": 60}, Step.ISSUE, id="max-age-just-so"),
        pytest.param({"max_age": 59}, Step.LOGIN, id="max-age-over"),
        pytest.param({"max_age": 0, "session": session(age=0)}, Step.LOGIN, id="max-age-0"),
        pytest.param({"max_age": 0, "logged_in": True}, Step.ISSUE, id="max-age-0-done"),
        pytest.param({"max_age": 59, "offered": True}, Step.LOGIN, id="max-age-not-by-an-offer"),
        pytest.param({"required_acr": (PHR,)}, Step.STEP_UP, id="must-be-stronger"),
        pytest.param({"required_acr": (PHR,), "offered": True}, Step.STEP_UP, id="must-though"),
        pytest.param({"required_acr": (PHR,), "logged_in": True}, Step.STEP_UP, id="must-still"),
        pytest.param({"required_acr": (PHR,), "session": STRONG}, Step.ISSUE, id="strong"),
        pytest.param({"required_acr": (HIGH, PHR), "session": STRONG}, Step.ISSUE, id="one-of"),
        pytest.param({"required_acr": (SUBSTANTIAL,), "session": STRONG}, Step.PROVE, id="prove"),
        pytest.param({"required_acr": (SUBSTANTIAL,), "session": KNOWN}, Step.ISSUE, id="proved"),
        pytest.param({"required_acr": (PHR,), "new": FIRST}, Step.STEP_UP, id="before-sharing"),
        pytest.param({"wish": PHR}, Step.STEP_UP, id="wish"),
        pytest.param({"wish": PHR, "session": STRONG}, Step.ISSUE, id="wish-met"),
        pytest.param({"wish": PHR, "logged_in": True}, Step.ISSUE, id="wish-after-sign-in"),
        pytest.param({"wish": PHR, "offered": True}, Step.ISSUE, id="wish-declined"),
        pytest.param({"wish": PHR, "prompt": "none"}, Step.ISSUE, id="wish-in-silence"),
        pytest.param({"wish": SUBSTANTIAL, "session": STRONG}, Step.ISSUE, id="wish-no-proofing"),
        pytest.param({"wish": HIGH}, Step.ISSUE, id="wish-beyond-us"),
        pytest.param({"wish": "urn:x"}, Step.ISSUE, id="wish-unknown"),
        pytest.param({"new": FIRST}, Step.CONSENT, id="first-time"),
        pytest.param({"new": MORE}, Step.CONSENT, id="more-than-before"),
        pytest.param({"new": None}, Step.CONSENT, id="nothing-is-known"),
        pytest.param({"prompt": "consent"}, Step.CONSENT, id="consent"),
        pytest.param({"prompt": "consent", "consented": True}, Step.ISSUE, id="consent-done"),
        pytest.param({"new": FIRST, "consented": True}, Step.CONSENT, id="consent-still-lacks"),
        pytest.param({"prompt": "login consent"}, Step.LOGIN, id="login-then-consent"),
        pytest.param(
            {"prompt": "login consent", "logged_in": True}, Step.CONSENT, id="consent-after-login"
        ),
    ],
)
def test_each_fact_leads_somewhere(given: dict[str, Any], step: Step) -> None:
    assert decide(**given) == Decision(step)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"session": None, "new": None}, "login_required", id="nobody"),
        pytest.param({"hinted": False}, "login_required", id="hinted-another"),
        pytest.param({"max_age": 59}, "login_required", id="max-age"),
        pytest.param({"required_acr": (PHR,)}, "unmet_authentication_requirements", id="stronger"),
        pytest.param(
            {"required_acr": (SUBSTANTIAL,)}, "unmet_authentication_requirements", id="prove"
        ),
        pytest.param({"new": FIRST}, "consent_required", id="consent"),
    ],
)
def test_a_silent_request_is_told_and_never_shown(given: dict[str, Any], told: str) -> None:
    """OpenID Connect Core §3.1.2.6: each page has its error."""
    assert error(prompt="none", **given) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"hinted": False, "logged_in": True}, "login_required", id="still-another"),
        pytest.param({"required_acr": (HIGH,)}, "unmet_authentication_requirements", id="no-way"),
        pytest.param({"required_acr": ("x",)}, "unmet_authentication_requirements", id="unknown"),
        pytest.param({"declined": True}, "access_denied", id="declined"),
        pytest.param({"declined": True, "session": None}, "access_denied", id="cancelled"),
        pytest.param({"declined": True, "prompt": "none"}, "access_denied", id="in-silence"),
        pytest.param(
            {"declined": True, "required_acr": (PHR,)},
            "unmet_authentication_requirements",
            id="UAR-1-declined-the-level",
        ),
        pytest.param(
            {"declined": True, "required_acr": (PHR,), "session": STRONG},
            "access_denied",
            id="UAR-1-declined-to-share",
        ),
    ],
)
def test_what_can_not_be_is_refused(given: dict[str, Any], told: str) -> None:
    assert error(**given) == told


@pytest.mark.parametrize("who", [None, WEAK, STRONG])
@pytest.mark.parametrize("prompt", ["create", "create login", "select_account create"])
def test_a_new_account_comes_first_and_once(prompt: str, who: Session | None) -> None:
    """PC-3: Initiating User Registration 1.0 §4."""
    assert decide(prompt, session=who).step is Step.CREATE
    assert decide(prompt, logged_in=True).step is Step.ISSUE
    assert error(prompt=prompt, session=who, declined=True) == "access_denied"
