"""Telling us a detail: one page for each claim that citizens write themselves.

    shown, with the version that is there ──save──▶ the next version, at once or from a day on
                                   └─ somebody else saved first ▶ 409, as it is now
    what is to come ──not after all──▶ as it was, and whoever was told hears of it

On the way to a service the page leads back to what the service asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.responses import Response

from gateway import claim_labels, language_names
from gateway.pages import passage, stale
from gateway.pages.account import citizen, whom
from gateway.pages.account.whom import Whom
from gateway.pages.passage import Passage, read
from gateway.settings import LOCALES
from gateway.web import csrf, errors, render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attributes, catalog, coming
from idp.attributes import Attribute, Validity
from idp.errors import StaleVersion, ValueRefused
from idp.sessions import Session
from idp.values import choices, days

PLACE = ("street_address", "postal_code", "locality", "country_code")
CHILD = ("given_name", "family_name", "birthdate")


@dataclass(frozen=True, slots=True)
class Form:
    """How one claim is typed.

    :ivar kind: line, languages, one, many, place or children, as the template has them
    :ivar options: what to choose from, if that is how
    :ivar dated: it can be told beforehand, or since when it holds
    """

    kind: str = "line"
    hint: str = ""
    autocomplete: str = ""
    options: Sequence[str] = ()
    dated: bool = False


FORMS: Mapping[str, Form] = {
    "given_name": Form(autocomplete="given-name", dated=True),
    "middle_name": Form(autocomplete="additional-name", dated=True),
    "family_name": Form(autocomplete="family-name", dated=True),
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
        "languages", N_("The one you speak best first, for example French, English")
    ),
    "contact_preference": Form("one", options=sorted(choices.ENUMS["contact_preference"])),
    "accessibility_needs": Form("many", options=sorted(choices.NEEDS)),
    "address": Form("place", dated=True),
    "mailing_address": Form("place", dated=True),
    "children": Form("children"),
}
CHANGED = N_("This was changed meanwhile, perhaps in another tab. This is how it is now.")
WRONG: Mapping[str, str] = {
    "changed": CHANGED,
    "phone": N_("Enter the number with its country code, such as +44 1632 960 001"),
    "language": N_("Enter languages by their names, such as French, English"),
    "zone": N_("Enter a time zone, such as Europe/Paris"),
    "country": N_("Choose a country from the list"),
    "postal_code": N_("Enter a postcode of letters, digits, spaces and hyphens"),
    "members": N_("Enter at least a street or a town"),
    "child": N_("Enter the given name and the day of birth"),
    "length": N_("This is too short or too long"),
    "characters": N_("There are characters in this that nobody can see"),
    "date": N_("Enter the day of birth as year, month and day, such as 2026-03-01"),
    "unborn": N_("This day has not come yet"),
    "day": N_("Enter the day as year, month and day, such as 2027-03-01"),
    "future": N_("Enter a day within the next twelve months"),
}
LAST = frozenset({"other", "do_not_contact"})  # of options: what is none of the others
OF_BIRTH = frozenset({"date", "unborn"})
OF_DAY = frozenset({"day", "future"})  # what is wrong with the day and not with the detail


@stale.page
async def show(call: Call) -> Response:
    """Ask for one detail, as it is now."""
    way = await read(call)
    session, claim = await call.session(), call.path_text("claim")
    if session is None:
        return see_other(way.address("/login") if way.i else "/login?next=details")
    if claim not in FORMS:
        return _no_such(call)
    held = await told_now(call, session, claim)
    concerned = await whom.known(call, session, claim)
    return _page(
        call, way, claim, held, _typed(claim, held.value if held else None, call.locale), concerned
    )


@citizen.signed_in("details")
async def drop(call: Call, session: Session) -> Response:
    """Let a detail stay as it is after all; whoever was told of the day hears of it."""
    csrf.check(call)
    claim = call.path_text("claim")
    if claim not in FORMS:
        return _no_such(call)
    planned = await _to_come(call, session, claim)
    # Another tab did it, or the day has come: the page shows how it is.
    if planned is None or planned.valid_from is None:
        return see_other("/account/details")
    if not await coming.drop(call.entry, session.account.id, claim):
        return see_other("/account/details")
    told = await whom.take_back(call, session, claim, planned.valid_from)
    return see_other("/account/changes?done=told" if told else f"/account/details?done={claim}")


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
        held = await told_now(call, session, claim)
        given = _given(call, claim)
        return _page(call, way, claim, held, given, concerned, error=refused.reason, status=422)
    except StaleVersion:
        held = await told_now(call, session, claim)
        typed = _typed(claim, held.value if held else None, call.locale)
        return _page(call, way, claim, held, typed, concerned, error="changed", status=409)
    if way.i:
        return see_other(way.onward)
    return see_other("/account/changes?done=told" if told else f"/account/details?done={claim}")


async def _write_and_tell(call: Call, session: Session, claim: str, concerned: Whom) -> int:
    """Write the detail down, and tell of it if services read something else now."""
    before, since = await _read(call, session, claim), _since(call, claim)
    former = await _to_come(call, session, claim) if since else None
    await _write(call, session, claim, Validity(since))
    if since is not None and since > call.entry.at.date():
        planned = await _to_come(call, session, claim)
        if planned is None or planned.value != before:
            return await whom.tell(call, concerned, effective=since)
        # What is to come is what holds: whoever was told otherwise hears of it.
        known = former.valid_from if former else None
        return await whom.take_back(call, session, claim, known) if known else 0
    if await _read(call, session, claim) == before:
        return 0
    return await whom.tell(call, concerned)


def _since(call: Call, claim: str) -> date | None:
    """Return the day that the form names.

    :raises ValueRefused: it is none
    """
    text = call.form.text("since").strip()
    if not text or not FORMS[claim].dated:
        return None
    try:
        return date.fromisoformat(days.day(text))
    except ValueRefused as refused:
        raise ValueRefused("day") from refused


async def _read(call: Call, session: Session, claim: str) -> Any:
    """Return what a service would read."""
    vault, account_id = call.runtime.vault, session.account.id
    found = (await attributes.read(call.entry, vault, account_id, [claim])).get(claim)
    return found.value if found and not found.disputed else None


async def _write(call: Call, session: Session, claim: str, validity: Validity) -> None:
    await attributes.record(
        call.entry,
        call.runtime.vault,
        session.account.id,
        claim,
        await _value(call, session, claim),
        source_type="self",
        validity=validity,
        by=f"account:{session.account.id}",
        expected=seen(call),
    )


def seen(call: Call) -> int:
    """Return the version of a detail that the form was filled in about; whoever sends none: -1."""
    text = call.form.text("seen")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


async def told_now(call: Call, session: Session, claim: str) -> Attribute | None:
    """Return what the citizen told us themselves, as it holds now."""
    told = await _told(call, session, claim)
    holding = [one for one in told if not one.coming]
    # One that has begun stands beside the one before it until the rows are in order.
    return max(
        holding, key=lambda one: (one.status == attributes.COMING, one.version), default=None
    )


async def _to_come(call: Call, session: Session, claim: str) -> Attribute | None:
    return next((one for one in await _told(call, session, claim) if one.coming), None)


async def _told(call: Call, session: Session, claim: str) -> list[Attribute]:
    held = await attributes.all_current(call.entry, call.runtime.vault, session.account.id)
    return [one for one in held if one.claim == claim and one.source_type == "self"]


def _given(call: Call, claim: str) -> dict[str, Any]:
    kind = FORMS[claim].kind
    if kind == "place":
        return {name: call.form.text(name).strip() for name in PLACE}
    if kind == "children":
        kept = {"keep": call.form.all("keep")}
        return kept | {name: call.form.text(name).strip() for name in CHILD}
    return {claim: call.form.all(claim) if kind == "many" else call.form.text(claim).strip()}


def _typed(claim: str, value: Any, locale: str) -> dict[str, Any]:
    """Spell a value as the fields of its form."""
    kind = FORMS[claim].kind
    if value is None or kind == "children":
        return {}
    if kind == "place":
        return {name: value.get(name, "") for name in PLACE}
    return {claim: claim_labels.languages(value, locale) if kind == "languages" else value}


async def _value(call: Call, session: Session, claim: str) -> Any:
    """Read the form as a value; the rules judge it afterwards."""
    kind, typed = FORMS[claim].kind, _given(call, claim)
    if kind == "place":
        # The country is chosen beforehand: alone it is no address.
        there = {name: text for name, text in typed.items() if text}
        return there if there.keys() - {"country_code"} else {}
    if kind == "children":
        held = await told_now(call, session, claim)
        kept = [one for number, one in _numbered(held) if number in typed["keep"]]
        born = {name: typed[name] for name in CHILD if typed[name]}
        return [*kept, born] if born else kept
    text = typed[claim]
    return language_names.read(text) if kind == "languages" else text


def _numbered(held: Attribute | None) -> list[tuple[str, Any]]:
    """Return the children that are told of already, each with its number in the form."""
    return [(str(number), one) for number, one in enumerate(held.value if held else ())]


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
    word = "child" if error == "members" and form.kind == "children" else error
    said = _(WRONG.get(word, N_("This is not right"))) if error else ""
    children = _numbered(held) if form.kind == "children" else []
    return passage.show(
        call,
        way,
        "account/detail.html",
        status=status,
        claim=claim,
        label=claim_labels.label(claim, _),
        form=form,
        hint=_(form.hint) if form.hint else "",
        options=_options(call, claim),
        v=typed,
        countries=claim_labels.countries(call.locale) if form.kind == "place" else (),
        home=call.runtime.settings.country,
        seen=held.version if held else 0,
        registered=claim in catalog.REGISTERED,
        who=whom.shown(call, concerned, again=bool(error)),
        back=f"/consent/{way.i}" if way.i else "/account/details",
        # On the way to a service, what is asked is how it is now.
        dated=form.dated and not way.i,
        since=call.form.text("since"),
        children=[
            {
                "number": number,
                "text": claim_labels.text(claim, child, locale=call.locale, _=_),
                "on": not error or number in call.form.all("keep"),
            }
            for number, child in children
        ],
        careful=claim in catalog.EACH_TIME,
        errors={_place(claim, error): said} if said else {},
    )


def _place(claim: str, error: str) -> str:
    """Return the field that something is wrong with."""
    if error in OF_DAY:
        return "since"
    kind = FORMS[claim].kind
    if kind == "children":
        return "birthdate" if error in OF_BIRTH else "given_name"
    return "street_address" if kind == "place" else claim


def _options(call: Call, claim: str) -> list[dict[str, str]]:
    """Return what there is to choose from, by the alphabet of the reader, the rest last."""
    named = [{"value": one, "label": _option(call, claim, one)} for one in FORMS[claim].options]
    return sorted(named, key=lambda one: (one["value"] in LAST, one["label"].casefold()))


def _option(call: Call, claim: str, value: str) -> str:
    shown = claim_labels.text(claim, value, locale=call.locale, _=call.gettext)
    return shown[:1].upper() + shown[1:]


def _no_such(call: Call) -> Response:
    gone, _ = errors.NOT_FOUND, call.gettext
    return render.page(
        call, "error.html", status=gone.status, title=_(gone.title), lead=_(gone.lead), sentences=[]
    )
