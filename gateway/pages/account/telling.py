"""Telling us a detail: one page for each claim that citizens write themselves.

    shown, with the version that is there ──save──▶ the next version
                                   └─ somebody else saved first ▶ 409, as it is now

On the way to a service the page leads back to what the service asks.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage, stale
from gateway.pages.account import whom
from gateway.pages.account.whom import Whom
from gateway.pages.passage import Passage, read
from gateway.settings import LOCALES
from gateway.web import csrf, errors, render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attributes, catalog, values
from idp.attributes import Attribute
from idp.errors import StaleVersion, ValueRefused
from idp.sessions import Session

PLACE = ("street_address", "postal_code", "locality", "country_code")


@dataclass(frozen=True, slots=True)
class Form:
    """How one claim is typed.

    :ivar kind: line, words, one, many or place, as the template has them
    :ivar options: what to choose from, if that is how
    """

    kind: str = "line"
    hint: str = ""
    autocomplete: str = ""
    options: Sequence[str] = ()


FORMS: Mapping[str, Form] = {
    "given_name": Form(autocomplete="given-name"),
    "middle_name": Form(autocomplete="additional-name"),
    "family_name": Form(autocomplete="family-name"),
    "also_known_as": Form(),
    "nickname": Form(autocomplete="nickname"),
    "salutation": Form(hint=N_("As you want to be addressed in a letter")),
    "title": Form(autocomplete="honorific-prefix"),
    "gender": Form(hint=N_("In your own words"), autocomplete="sex"),
    "locale": Form("one", options=LOCALES),
    "zoneinfo": Form(hint=N_("For example Europe/Paris")),
    "phone_number": Form(
        hint=N_("With the country code, for example +44 1632 960 001"), autocomplete="tel"
    ),
    "preferred_language": Form(
        "words", N_("Codes of languages, the best first, for example fr en")
    ),
    "contact_preference": Form("one", options=sorted(values.ENUMS["contact_preference"])),
    "accessibility_needs": Form("many", options=sorted(values.NEEDS)),
    "address": Form("place"),
    "mailing_address": Form("place"),
}
WRONG: Mapping[str, str] = {
    "phone": N_("Enter the number with its country code, such as +44 1632 960 001"),
    "language": N_("Enter codes of languages, such as fr or en"),
    "zone": N_("Enter a time zone, such as Europe/Paris"),
    "country": N_("Enter the country as two letters, such as GB"),
    "postal_code": N_("Enter a postcode of letters, digits, spaces and hyphens"),
    "members": N_("Enter at least a street or a town"),
    "length": N_("This is too short or too long"),
    "characters": N_("There are characters in this that nobody can see"),
}
CHANGED = N_("This was changed meanwhile, perhaps in another tab. This is how it is now.")


@stale.page
async def show(call: Call) -> Response:
    """Ask for one detail, as it is now."""
    way = await read(call)
    session, claim = await call.session(), call.path_text("claim")
    if session is None:
        return see_other(way.address("/login") if way.i else "/login?next=details")
    if claim not in FORMS:
        return _no_such(call)
    held = await _held(call, session, claim)
    concerned = await whom.known(call, session, claim)
    return _page(call, way, claim, held, _typed(claim, held.value if held else None), concerned)


@stale.page
async def save(call: Call) -> Response:
    """Write the detail down, unless another tab was faster."""
    csrf.check(call)
    way = await read(call)
    session, claim = await call.session(), call.path_text("claim")
    if session is None:
        return see_other(way.address("/login") if way.i else "/login?next=details")
    if claim not in FORMS:
        return _no_such(call)
    concerned = await whom.known(call, session, claim)
    try:
        told = await _write_and_tell(call, session, claim, concerned)
    except ValueRefused as refused:
        held = await _held(call, session, claim)
        wrong = call.gettext(WRONG.get(refused.reason, N_("This is not right")))
        given = _given(call, claim)
        return _page(call, way, claim, held, given, concerned, error=wrong, status=422)
    except StaleVersion:
        held = await _held(call, session, claim)
        typed = _typed(claim, held.value if held else None)
        said = call.gettext(CHANGED)
        return _page(call, way, claim, held, typed, concerned, error=said, status=409)
    if way.i:
        return see_other(way.onward)
    return see_other("/account/changes?done=told" if told else f"/account/details?done={claim}")


async def _write_and_tell(call: Call, session: Session, claim: str, concerned: Whom) -> int:
    """Write the detail down, and tell of it if services read something else now."""
    before = await _read(call, session, claim)
    await _write(call, session, claim)
    if await _read(call, session, claim) == before:
        return 0
    return await whom.tell(call, concerned)


async def _read(call: Call, session: Session, claim: str) -> Any:
    """Return what a service would read."""
    vault, account_id = call.runtime.vault, session.account.id
    found = (await attributes.read(call.entry, vault, account_id, [claim])).get(claim)
    return found.value if found and not found.disputed else None


async def _write(call: Call, session: Session, claim: str) -> None:
    seen = call.form.text("seen")
    await attributes.record(
        call.entry,
        call.runtime.vault,
        session.account.id,
        claim,
        _value(claim, _given(call, claim)),
        source_type="self",
        by=f"account:{session.account.id}",
        # Whoever sends no version saw none.
        expected=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else -1,
    )


async def _held(call: Call, session: Session, claim: str) -> Attribute | None:
    """Return what the citizen told us themselves."""
    held = await attributes.all_current(call.entry, call.runtime.vault, session.account.id)
    return next((one for one in held if one.claim == claim and one.source_type == "self"), None)


def _given(call: Call, claim: str) -> dict[str, Any]:
    kind = FORMS[claim].kind
    if kind == "place":
        return {name: call.form.text(name).strip() for name in PLACE}
    return {claim: call.form.all(claim) if kind == "many" else call.form.text(claim).strip()}


def _typed(claim: str, value: Any) -> dict[str, Any]:
    """Spell a value as the fields of its form."""
    kind = FORMS[claim].kind
    if value is None:
        return {}
    if kind == "place":
        return {name: value.get(name, "") for name in PLACE}
    return {claim: " ".join(value) if kind == "words" else value}


def _value(claim: str, typed: Mapping[str, Any]) -> Any:
    kind = FORMS[claim].kind
    if kind == "place":
        return {name: text for name, text in typed.items() if text}
    text = typed[claim]
    return [part for part in re.split(r"[\s,;]+", text) if part] if kind == "words" else text


def _page(
    call: Call,
    way: Passage,
    claim: str,
    held: Attribute | None,
    typed: Mapping[str, Any],
    concerned: Whom,
    *,
    error: str = "",
    status: int = 200,
) -> Response:
    form, _ = FORMS[claim], call.gettext
    return passage.show(
        call,
        way,
        "account/detail.html",
        status=status,
        claim=claim,
        label=claim_labels.label(claim, _),
        form=form,
        hint=_(form.hint) if form.hint else "",
        options=[{"value": one, "label": _option(call, claim, one)} for one in form.options],
        v=typed,
        seen=held.version if held else 0,
        registered=claim in catalog.REGISTERED,
        who=whom.shown(call, concerned, again=bool(error)),
        back=f"/consent/{way.i}" if way.i else "/account/details",
        errors={"street_address" if form.kind == "place" else claim: error} if error else {},
    )


def _option(call: Call, claim: str, value: str) -> str:
    shown = claim_labels.text(claim, value, locale=call.locale, _=call.gettext)
    return shown[:1].upper() + shown[1:]


def _no_such(call: Call) -> Response:
    gone, _ = errors.NOT_FOUND, call.gettext
    return render.page(
        call, "error.html", status=gone.status, title=_(gone.title), lead=_(gone.lead), sentences=[]
    )
