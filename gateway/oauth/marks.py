"""Marks: who did a step of an interaction, so that it counts for nobody else.

One browser may change hands, or accounts, while an interaction is open. A step that is
about who is signed in is noted with that session's name, as the service will know it, so
that what is kept links to no account; consent is noted by its own id.
"""

from collections.abc import Mapping
from typing import Any

from gateway.runtime import Runtime
from idp.sessions import Session
from keys import opaque, pairwise
from relying_parties.consents import Consent

CHOSEN, LOGGED_IN, CONSENTED = "chosen", "logged_in", "consented"
BEGUN = "begun"  # on another device, by whoever sits here: so they said
PICKED = "picked"  # on the share page, and not answered yet


def of(runtime: Runtime, client_id: str, session: Session) -> str:
    """Name a session for the steps of one client's interaction."""
    return pairwise.sid(runtime.vault.pairwise, client_id, session.id)


def by(steps: Mapping[str, Any], step: str, mark: str) -> bool:
    """Whether ``step`` was done by the session of ``mark``."""
    return bool(mark) and opaque.same(str(steps.get(step, "")), mark)


def consented(steps: Mapping[str, Any], consent: Consent | None) -> bool:
    """Whether this very consent was given in the interaction."""
    return consent is not None and steps.get(CONSENTED) == str(consent.id)
