"""What administrators read: states as words and tones, services and versions as rows."""

from typing import Any

from gateway import claim_labels
from gateway.pages.sharing import words
from gateway.web.call import Call
from gateway.web.locale import N_
from idp import catalog
from relying_parties.onboarding import Standing, Version

STATES = {
    "draft": (N_("Draft"), ""),
    "submitted": (N_("Waits for a review"), "warn"),
    "approved": (N_("Approved"), "good"),
    "refused": (N_("Sent back"), "bad"),
    "superseded": (N_("Replaced"), ""),
}
STATUSES = {
    "draft": (N_("Not live yet"), ""),
    "live": (N_("Live"), "good"),
    "suspended": (N_("Switched off"), "bad"),
    "retired": (N_("Ended"), ""),
}
BASES = {"consent": N_("The citizen decides"), "law": N_("The law says so")}
NEEDS = {"needed": N_("Needed"), "optional": N_("Optional")}


# What the catalogue demands beyond a decision of the citizen.
CARE = (
    (catalog.BY_LAW, N_("Only where a law says so")),
    (catalog.EACH_TIME, N_("Asked and shown each time, after a strong sign-in")),
    (catalog.HIGH_HARM, N_("High harm if it leaks")),
    (catalog.SPECIAL, N_("Health, belief or another special category (GDPR Art. 9)")),
)


def care(claim: str) -> list[str]:
    """Return what a reviewer has to know about a claim of the catalogue."""
    return [text for claims, text in CARE if claim in claims]


def tag(call: Call, known: dict[str, tuple[str, str]], state: str) -> dict[str, str]:
    """Return a state as the words and the tone of a tag."""
    text, tone = known.get(state, (state, ""))
    return {"text": call.gettext(text), "tone": tone}


def name(call: Call, version: Version) -> str:
    """Return what a version calls its service."""
    spec = version.document.get("spec") or {}
    return words(spec.get("name") or {}, call.locale) or version.client_id


def version(call: Call, standing: Standing) -> dict[str, Any]:
    """Return a service and its newest version as a row."""
    newest = standing.newest
    return {
        "id": newest.client_id,
        "name": name(call, newest),
        "agency": standing.agency_id,
        "href": f"/admin/services/{newest.client_id}",
        "review": f"/admin/services/{newest.client_id}/versions/{newest.version}",
        "number": newest.version,
        "status": tag(call, STATUSES, standing.status),
        "state": tag(call, STATES, newest.state),
        "reason": newest.reason or "",
        "when": claim_labels.clock(newest.submitted_at or newest.changed_at, call.locale),
    }
