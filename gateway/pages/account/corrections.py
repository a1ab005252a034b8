"""Is this right? What an office says is wrong with a detail, and the citizen's answer.

    what is held, what the office says, why ─┬─ they are right ──▶ confirm that it is you ──▶ done
                                             │      └─ changed since it was shown ▶ 409, as it is
                                             ├─ they are wrong ──▶ the office is told
                                             └─ something else ──▶ the office is told in words

A yes has the effect that the page named (:mod:`gateway.correcting`), and whoever has the detail
is told of it as of any change. It takes a sign-in of the last minutes; a no takes the session.

Specs: GDPR Art. 16 and 19.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway import claim_labels, correcting
from gateway.correcting import Effect, Said, Yes
from gateway.pages import passage, stale
from gateway.pages.account import citizen, proof, telling, whom
from gateway.pages.passage import Arrival
from gateway.pages.sharing import words
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attributes
from idp.attributes import Attribute
from idp.errors import StaleVersion, ValueRefused
from idp.sessions import Session
from idp.values import texts
from keys import opaque
from keys.sealing import DataKey
from relying_parties import clients, corrections
from relying_parties.corrections import ACCEPTED, DISPUTED, EXPLAINED, OPEN, Correction
from relying_parties.purposes import Words

LONGEST = 1000  # characters of an explanation
CHOICES = {"accept": ACCEPTED, "dispute": DISPUTED, "explain": EXPLAINED}
STATES = {
    "open": (N_("New"), "warn"),
    "accepted": (N_("You said that they are right"), "good"),
    "disputed": (N_("You said that they are wrong"), ""),
    "explained": (N_("You wrote to them"), ""),
    "expired": (N_("Not answered in time"), ""),
}
EFFECTS = {
    Effect.WRITE: N_("What they say becomes what we have, as your own word."),
    Effect.CONTEST: N_(
        "A register wrote what we hold, so only the register can change it."
        " Until it does, no service gets this detail."
    ),
    Effect.NOTHING: N_("Only a register writes this detail, so nothing changes here."),
}
DONE = {
    Effect.WRITE: N_("What they say became what we have, as your own word."),
    Effect.CONTEST: N_("No service gets this detail until the register has settled it."),
    Effect.NOTHING: N_("Only a register writes this detail, so nothing changed here."),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One proposal, with all that its page says.

    :ivar held: what services read now, if anything
    :ivar own: the version of what the citizen told themselves; 0 if there is none
    :ivar effect: what a yes does
    """

    one: Correction
    to: Arrival
    said: Said
    held: Attribute | None
    own: int
    effect: Effect
    whom: whom.Whom
    key: DataKey

    @property
    def shown(self) -> str:
        """SHA-256, in hexadecimal, of what an answer is about."""
        held = (self.held.version, self.held.status, self.held.verified) if self.held else ()
        said = (self.one.id.hex, self.effect.value, repr(self.said.value), self.own, *held)
        return hashlib.sha256("\0".join(map(str, said)).encode()).hexdigest()

    @property
    def yes(self) -> Yes:
        """What it is to agree."""
        seen = self.version if self.effect is Effect.CONTEST else self.own
        return Yes(self.one.claim, self.said.value, self.effect, seen)

    @property
    def version(self) -> int:
        """Of what services read now."""
        return self.held.version if self.held else 0

    @property
    def contestable(self) -> bool:
        """Whether the citizen can say that what is held is wrong, too."""
        held = self.held
        return held is not None and held.source_type != "self" and not held.disputed


@citizen.signed_in("corrections")
async def show(call: Call, session: Session) -> Response:
    """List what offices said, the newest first."""
    theirs = await citizen.subjects(call, session)
    rows = []
    for one in await corrections.of_subjects(call.entry, theirs):
        client = await clients.find(call.entry, one.client_id)
        if client is not None:
            rows.append({**_row(call, one), "to": passage.arrival(client, call.locale)})
    return citizen.page(call, "account/corrections.html", "details", rows=rows)


@stale.page
@citizen.signed_in("corrections")
async def look(call: Call, session: Session) -> Response:
    """Show one, or how it was answered."""
    theirs = await citizen.subjects(call, session)
    visit = await _visit(call, session, await corrections.find(call.entry, _id(call), theirs))
    return await _page(call, session, visit)


@stale.page
@citizen.signed_in("corrections")
async def answer(call: Call, session: Session) -> Response:
    """Take the answer, once."""
    csrf.check(call)
    theirs = await citizen.subjects(call, session)
    visit = await _visit(call, session, await corrections.find(call.entry, _id(call), theirs))
    choice = call.form.text("answer")
    if visit.one.state != OPEN:
        return see_other(call.path)
    errors = _errors(call, choice)
    if errors:
        return await _page(call, session, visit, errors=errors, status=422)
    if choice == "accept" and not await proof.given(call, session):
        return see_other(f"/login/confirm?next=corrections/{visit.one.id}")
    if not opaque.same(call.form.text("shown"), visit.shown):
        return await _changed(call, session, visit)
    try:
        told = await _once(call, session, visit, choice)
    except StaleVersion:
        found = await corrections.find(call.entry, visit.one.id, theirs)
        return await _changed(call, session, await _visit(call, session, found))
    return see_other(f"{call.path}?told={told}" if told else call.path)


async def _changed(call: Call, session: Session, visit: Visit) -> Response:
    """Show how it is now, with what was typed: nothing was answered yet."""
    errors = {"answer": call.gettext(telling.CHANGED)}
    return await _page(call, session, visit, errors=errors, status=409)


async def _once(call: Call, session: Session, visit: Visit, choice: str) -> int:
    """Let the answer count if none did yet; return how many services are told.

    :raises StaleVersion: somebody else wrote the detail since it was read for this answer
    """
    # Held until the end: of fifty answers, one finds it open.
    one = await corrections.hold(call.entry, visit.one.id, [visit.one.subject])
    if one is None or one.state != OPEN:
        return 0
    return await _answered(call, session, visit, choice)


async def count(call: Call, subjects: Mapping[str, Any]) -> int:
    """Return how many wait for an answer."""
    return sum(one.state == OPEN for one in await corrections.of_subjects(call.entry, subjects))


async def open_of(call: Call, subjects: Mapping[str, Any]) -> Mapping[str, UUID]:
    """Return for each detail that is questioned which proposal does."""
    found = await corrections.of_subjects(call.entry, subjects)
    return {one.claim: one.id for one in found if one.state == OPEN}


async def _answered(call: Call, session: Session, visit: Visit, choice: str) -> int:
    """Let the answer have its effect; return how many services are told."""
    entry, one = call.entry, visit.one
    before = await _held(call, session, one.claim)
    if choice == "accept":
        await correcting.agree(entry, call.runtime.vault, session.account.id, visit.yes)
    elif choice == "dispute" and visit.contestable and call.form.text("contest") == "yes":
        await correcting.contest(entry, session.account.id, one.claim, visit.version)
    text = "" if choice == "accept" else _text(call)
    sealed = correcting.sealed_answer(visit.key, one, text)
    await corrections.answer(entry, one, CHOICES[choice], sealed)
    if _read(before) == _read(await _held(call, session, one.claim)):
        return 0
    return await whom.tell(call, visit.whom)


def _errors(call: Call, choice: str) -> dict[str, str]:
    if choice not in CHOICES:
        return {"answer": call.gettext("Choose an answer")}
    if choice == "accept":
        return {}
    try:
        typed = _text(call)
    except ValueRefused as refused:
        said = {
            "length": N_("This is too long"),
            "characters": N_("There are characters in this that nobody can see"),
        }
        return {"words": call.gettext(said.get(refused.reason, N_("This is not right")))}
    if choice == "explain" and not typed:
        return {"words": call.gettext("Write what the office should know")}
    return {}


def _text(call: Call) -> str:
    """Return what was typed, line by line.

    :raises ValueRefused: too long, or with characters that nobody sees
    """
    lines = call.form.text("words").strip().splitlines()
    kept = "\n".join(texts.text(line, LONGEST) if line.strip() else "" for line in lines)
    if len(kept) > LONGEST:
        raise ValueRefused("length")
    return kept


async def _visit(call: Call, session: Session, one: Correction | None) -> Visit:
    client = await clients.find(call.entry, one.client_id) if one else None
    vault, account_id = call.runtime.vault, session.account.id
    key = await attributes.data_key(call.entry, vault, account_id)
    said = correcting.opened(key, one) if one else None
    if one is None or client is None or said is None:
        raise stale.DeadEnd(stale.NO_CORRECTION)
    held = await _held(call, session, one.claim)
    own = await telling.told_now(call, session, one.claim)
    does = correcting.effect(one.claim, held)
    concerned = (
        await whom.all_of(call, session, one.claim) if _may_change(one, does) else whom.Whom()
    )
    to = passage.arrival(client, call.locale)
    return Visit(one, to, said, held, own.version if own else 0, does, concerned, key)


def _may_change(one: Correction, does: Effect) -> bool:
    return one.state == OPEN and does is not Effect.NOTHING


async def _held(call: Call, session: Session, claim: str) -> Attribute | None:
    vault, account_id = call.runtime.vault, session.account.id
    return (await attributes.read(call.entry, vault, account_id, [claim])).get(claim)


def _read(held: Attribute | None) -> Any:
    """Return what a service would read."""
    return held.value if held and not held.disputed else None


async def _page(
    call: Call,
    session: Session,
    visit: Visit,
    *,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    one, form = visit.one, call.form if call.method == "POST" else None
    return citizen.page(
        call,
        "account/correction.html",
        "details",
        status=status,
        it=_row(call, one),
        to=visit.to,
        held=_value(call, one.claim, visit.held.value) if visit.held else None,
        source=_source(call, visit.held),
        disputed=visit.held is not None and visit.held.disputed,
        proposed=_value(call, one.claim, visit.said.value),
        reason=_said(visit.said.reason, call.locale),
        evidence=_said(visit.said.evidence, call.locale),
        effect=call.gettext((EFFECTS if one.state == OPEN else DONE)[visit.effect]),
        contestable=visit.contestable,
        who=whom.shown(call, visit.whom, again=bool(errors)),
        confirmed=await proof.given(call, session),
        answered=correcting.answered(visit.key, one),
        told=_number(call.query.text("told")),
        shown=visit.shown,
        v={name: form.text(name) if form else "" for name in ("answer", "words", "contest")},
        errors=errors or {},
    )


def _row(call: Call, one: Correction) -> dict[str, Any]:
    word, tone = STATES[one.state]
    return {
        "id": one.id,
        "label": claim_labels.label(one.claim, call.gettext),
        "state": one.state,
        "word": call.gettext(word),
        "tone": tone,
        "when": claim_labels.day(one.created_at, call.locale),
        "until": claim_labels.day(one.expires_at, call.locale),
        "answered": claim_labels.day(one.answered_at, call.locale) if one.answered_at else "",
    }


def _value(call: Call, claim: str, value: Any) -> dict[str, str | None]:
    text = claim_labels.text(claim, value, locale=call.locale, _=call.gettext)
    return {"text": text, "hidden": claim_labels.mask(claim, text)}


def _source(call: Call, held: Attribute | None) -> str:
    if held is None:
        return ""
    _ = call.gettext
    day = claim_labels.day(held.verified_at or held.recorded_at, call.locale)
    if not held.verified:
        return _("You told us on %(day)s") % {"day": day}
    source = claim_labels.register(held.source or "", _)
    checked = _("Checked on %(day)s") % {"day": day}
    return f"{checked} · {source}" if source else checked


def _said(by_language: Words, locale: str) -> dict[str, str]:
    text = words(by_language, locale)
    tongue = next((tag for tag, one in by_language.items() if one == text), "")
    return {"text": text, "lang": "" if tongue == locale else tongue}


def _id(call: Call) -> UUID:
    try:
        return UUID(call.path_text("correction"))
    except ValueError as error:
        raise stale.DeadEnd(stale.NO_CORRECTION) from error


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
