"""To do: what waits for a decision, and what came back."""

from starlette.responses import Response

from gateway import claim_labels
from gateway.admin import labels, office
from gateway.admin.office import JUDGES, Officer
from gateway.web.call import Call
from relying_parties import onboarding


@office.at_work
async def show(call: Call, officer: Officer) -> Response:
    """List what this person can move on."""
    standings = [
        one for one in await onboarding.standings(call.entry) if officer.sees(one.agency_id)
    ]
    mine = [
        labels.version(call, one)
        for one in standings
        if one.newest.state in ("draft", "refused") and officer.writes(one.agency_id)
    ]
    waiting = [labels.version(call, one) for one in standings if one.newest.state == "submitted"]
    return office.page(
        call,
        officer,
        "home",
        "home",
        waiting=waiting,
        mine=mine,
        judge=officer.may(JUDGES),
        today=claim_labels.day(call.entry.at, call.locale),
    )
