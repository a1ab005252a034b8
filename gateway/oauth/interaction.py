"""What a request still needs before it is answered. Pure.

    LOGIN ──▶ STEP_UP ──▶ PROVE ──▶ CONSENT ──▶ ISSUE
      └──────────┴───────────┴─────────┴─────▶ REFUSE(code)

The browser comes back here after every page, and everything is asked again, so no page
can be skipped by its address. What always holds:

* ISSUE only for a session that is alive, of the hinted subject, fresh and strong enough,
  with a consent that leaves nothing new to decide
* ``prompt=none`` never answers with a page: each page has its error, here and nowhere else
* ``prompt=login`` is met by a sign-in after the request was opened, not by a note alone
* a citizen who said no is asked nothing more

Specs: OpenID Connect Core §3.1.2.3 to §3.1.2.6, unmet_authentication_requirements 1.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from gateway.oauth.request import AuthorizationRequest


class Step(Enum):
    """Where the citizen goes next."""

    LOGIN = "login"
    STEP_UP = "step_up"
    PROVE = "prove"
    CONSENT = "consent"
    ISSUE = "issue"


class Level(Enum):
    """How the session compares with the assurance that is asked for."""

    MET = "met"
    STEP_UP = "step_up"
    PROVE = "prove"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Refuse:
    """The client gets this error."""

    code: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the decision depends on.

    :ivar subject: of the session's citizen at this client; ``None`` without a session
    :ivar level: of what was asked voluntarily; ``essential`` of what must be met
    :ivar undecided: the consent in force leaves something to decide
    :ivar opened_at: when the request arrived first
    :ivar steps: what the pages noted
    """

    request: AuthorizationRequest
    at: datetime
    opened_at: datetime
    subject: str | None = None
    auth_time: datetime | None = None
    level: Level = Level.MET
    essential: Level = Level.MET
    undecided: bool = True
    steps: Mapping[str, Any] = field(default_factory=dict)


def decide(facts: Facts) -> Step | Refuse:
    """Return the next step; without pages if the request wants none."""
    if "declined" in facts.steps:
        return _declined(facts)
    step = _login(facts) or _assurance(facts) or _consent(facts) or Step.ISSUE
    if "none" in facts.request.prompt and isinstance(step, Step):
        return _SILENT.get(step, step)
    return step


_SILENT: Mapping[Step, Refuse] = {
    Step.LOGIN: Refuse("login_required"),
    Step.STEP_UP: Refuse("interaction_required"),
    Step.PROVE: Refuse("interaction_required"),
    Step.CONSENT: Refuse("consent_required"),
}


def _declined(facts: Facts) -> Refuse:
    # Who walks away from an essential level did not refuse to share (UAR-1).
    if facts.subject and facts.essential is not Level.MET:
        return Refuse("unmet_authentication_requirements")
    return Refuse("access_denied")


def _login(facts: Facts) -> Step | Refuse | None:
    if facts.subject is None or facts.auth_time is None:
        return Step.LOGIN
    if facts.request.hinted not in (None, facts.subject):
        # Signed in here, and still another citizen: asking again would not end.
        return Refuse("login_required") if _fresh(facts) else Step.LOGIN
    if _fresh(facts):
        return None
    if {"login", "select_account"} & set(facts.request.prompt):
        return Step.LOGIN
    if facts.request.max_age is not None:
        age = (facts.at - facts.auth_time).total_seconds()
        if age > facts.request.max_age or facts.request.max_age == 0:
            return Step.LOGIN
    return None


def _assurance(facts: Facts) -> Step | Refuse | None:
    if facts.essential is Level.UNREACHABLE:
        return Refuse("unmet_authentication_requirements")
    if facts.essential is not Level.MET:
        if "none" in facts.request.prompt:
            return Refuse("unmet_authentication_requirements")
        return Step.STEP_UP if facts.essential is Level.STEP_UP else Step.PROVE
    # What is only wished for is offered once, and never stands in the way.
    wished = facts.level is Level.STEP_UP and "logged_in_at" not in facts.steps
    return Step.STEP_UP if wished and "none" not in facts.request.prompt else None


def _consent(facts: Facts) -> Step | None:
    asked_for = "consent" in facts.request.prompt and "consented" not in facts.steps
    return Step.CONSENT if asked_for or facts.undecided else None


def _fresh(facts: Facts) -> bool:
    return (
        "logged_in_at" in facts.steps
        and facts.auth_time is not None
        and facts.auth_time >= facts.opened_at
    )
