"""Prove who you are: the sandbox check against the population register.

Where no real people are, the page says what to type: the document of somebody in the
register who has no account yet.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.passage import Passage, read
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attempts
from idp.errors import TooManyAttempts
from idp.proofing import journeys, sandbox
from relying_parties import pending

PLACE = "/account/details"  # of whoever comes for no other reason
FIELDS = ("document_number", "family_name", "birthdate")
EMPTY = {
    "document_number": N_("Enter the number of your document"),
    "family_name": N_("Enter your family name"),
    "birthdate": N_("Enter your date of birth"),
}

DIFFER = N_("These details do not match the register. Check each of them.")
ANOTHER = N_(
    "This account is already proved to be somebody else's. Use the details of that person, or"
    " create an account of your own."
)


@stale.page
async def show(call: Call) -> Response:
    """Ask for what the register is compared with."""
    way = await read(call)
    if await call.session() is None:
        return see_other(_sign_in(way))
    return await _page(call, way, {}, {})


@stale.page
async def submit(call: Call) -> Response:
    """Compare, and write down what the register says."""
    csrf.check(call)
    way = await read(call)
    session = await call.session()
    if session is None:
        return see_other(_sign_in(way))
    _ = call.gettext
    typed = {name: call.form.text(name).strip() for name in FIELDS}
    if errors := {name: _(EMPTY[name]) for name, value in typed.items() if not value}:
        return await _page(call, way, typed, errors)
    entry, account_id = call.entry, session.account.id
    try:
        # Counted before it is compared, so that no more than these are at once (RC-14).
        await attempts.count(entry, "proofing", str(account_id))
    except TooManyAttempts:
        wait = _("There were too many tries today. Try again tomorrow.")
        return await _page(call, way, typed, {"document_number": wait}, status=429)
    found = sandbox.verify(typed)
    outcome = await journeys.complete(entry, call.runtime.vault, account_id, found)
    if not outcome.ial:
        wrong = ANOTHER if outcome.reason == "another_person" else DIFFER
        return await _page(call, way, typed, {"document_number": _(wrong)})
    await attempts.undo(entry, "proofing", str(account_id))
    if way.i:
        await pending.note(entry, way.i, "proved", int(entry.at.timestamp()))
        return see_other(way.onward)
    return see_other(way.onward if way.next else PLACE)


def _sign_in(way: Passage) -> str:
    return way.address("/login") if way.tail else "/login?next=verify"


async def _page(
    call: Call,
    way: Passage,
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 422,
) -> Response:
    return passage.show(
        call,
        way,
        "proofing/start.html",
        status=status if errors else 200,
        values=values,
        errors=errors,
        # On the way to a service, that has its own way back.
        back="" if way.i else way.onward if way.next else PLACE,
        trial=await _somebody(call),
    )


async def _somebody(call: Call) -> Mapping[str, Any] | None:
    """Return the details of somebody who can still be proved, unless people here are real."""
    if call.runtime.settings.production:
        return None
    for person in sandbox.register():
        found = sandbox.known(person)
        if person["case"] == sandbox.FREE and not await journeys.holder(
            call.entry, call.runtime.vault, found
        ):
            return person
    return None
