"""What the share page says: rows, words and the digest of all of it. Pure.

    registration + what is new + the citizen's values ──page──▶ Page ──digest──▶ consent

The page is built again when its answer arrives. If it would say something else by
then, the citizen is asked again: a consent covers exactly what was read.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from gateway import claim_labels
from gateway.oauth.claims import CARE
from gateway.pages import rich
from idp import catalog
from relying_parties import authorization_details, claims_policy
from relying_parties.authorization_details import Detail
from relying_parties.claims_policy import New
from relying_parties.purposes import Asked, Words
from relying_parties.registration import Registration

Gettext = Callable[..., str]
OTHER_TONGUE = "en"  # what a service says if it does not say it in the reader's language


class Held(Protocol):
    """What the page needs to see of an attribute."""

    @property
    def value(self) -> Any:
        """The value itself."""

    @property
    def source_type(self) -> str:
        """Where it came from: a register, the citizen, another value."""

    @property
    def source(self) -> str | None:
        """Who says so, by name."""

    @property
    def verified(self) -> bool:
        """Whether it was checked."""

    @property
    def verified_at(self) -> datetime | None:
        """When it was checked."""

    @property
    def recorded_at(self) -> datetime:
        """When we learned it."""

    @property
    def valid_from(self) -> date | None:
        """Since when it holds."""

    @property
    def valid_until(self) -> date | None:
        """Its last day."""

    @property
    def disputed(self) -> bool:
        """Whether the citizen says that it is wrong."""


@dataclass(frozen=True, slots=True)
class Row:
    """One detail as it stands on the page.

    :ivar add: where the citizen can add what is missing, if they can
    :ivar only: of a yes or no, what it keeps back
    """

    claim: str
    label: str
    value: str
    hidden: str | None
    missing: bool
    add: str
    new: bool
    source: str
    why: str
    law: str
    each_time: bool  # asked at every visit, and remembered for none
    only: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the share page says; what a law demands has its own rows and verbs.

    :ivar instead: said where this takes the place of an earlier agreement
    :ivar matters: what is asked in detail (RFC 9396), and ``once`` if it is for one time only
    :ivar refusing: what a no comes to where a law decides
    """

    title: str
    itself: str  # said of a service that nobody entered by hand
    purposes: tuple[str, ...]
    often: str
    law: tuple[Row, ...]
    needed: tuple[Row, ...]
    optional: tuple[Row, ...]
    known: tuple[Row, ...]
    until: str
    allow: str
    deny: str
    locale: str
    version: int  # of the approved registration whose words these are
    agency: str = ""  # who gets it, and the host that the citizen goes on to: said of a
    domain: str = ""  # journey, so a preview has neither
    matters: tuple[rich.Matter, ...] = ()
    once: bool = False
    instead: str = ""
    refusing: str = ""

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of what is said."""
        said = json.dumps(
            dataclasses.asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page: their language, and the moment they read it."""

    locale: str
    _: Gettext
    at: datetime


def words(by_language: Words, locale: str) -> str:
    """Return a service's own words in ``locale``, else in the language they exist in."""
    said = by_language.get(locale) or by_language.get(OTHER_TONGUE)
    return said or next(iter(by_language.values()), "")


def page(
    registration: Registration,
    new: New,
    held: Mapping[str, Held],
    reader: Reader,
    *,
    version: int,
    offline: bool,
) -> Page:
    """Write the page for what ``new`` asks; what was agreed before is folded behind it.

    What says only yes or no comes first.
    """
    wanted = frozenset((*new.claims, *new.known))
    rows, known = (
        [
            _row(registration.asked[claim], held, reader, new=is_new, wanted=wanted)
            for claim in sorted(claims, key=lambda claim: claim not in catalog.YES_OR_NO)
        ]
        for claims, is_new in ((new.claims, not new.first), (new.known, False))
    )
    basis = {row.claim: registration.asked[row.claim] for row in rows}
    by_law = tuple(row for row in rows if basis[row.claim].basis == "law")
    chosen = [row for row in rows if row not in by_law]
    only_law = bool(by_law) and not chosen
    service, _ = words(registration.name, reader.locale), reader._
    days = claims_policy.keep_days(registration, [*new.claims, *new.known])
    return Page(
        title=_title(service, _, only_law=only_law, asks=bool(rows)),
        itself=_("This service registered itself with us.") if registration.self_registered else "",
        purposes=_purposes(registration, [*new.claims, *new.known], reader.locale),
        often=_("When you use the service, and at other times")
        if offline
        else _("Only when you use the service"),
        law=by_law,
        needed=tuple(row for row in chosen if basis[row.claim].need == "needed"),
        optional=tuple(row for row in chosen if basis[row.claim].need == "optional"),
        known=tuple(known),
        until="" if only_law else claim_labels.day(reader.at + timedelta(days=days), reader.locale),
        allow=_("Share and continue") if chosen else _("Continue"),
        deny=_("Do not share") if chosen else _("Do not continue"),
        locale=reader.locale,
        version=version,
    )


def with_details(
    asked: Page, details: Sequence[Detail], new: New, registration: Registration, reader: Reader
) -> Page:
    """Add to a page what its service asks in detail: nobody agrees to less than all of it."""
    if not details:
        return asked
    _ = reader._
    days = claims_policy.keep_days(registration, [*new.claims, *new.known])
    ends = reader.at + timedelta(days=days)
    ends = min(ends, authorization_details.until(details) or ends)
    once = any(authorization_details.once(one) for one in details)
    service = {"service": words(registration.name, reader.locale)}
    return dataclasses.replace(
        asked,
        title=_("%(service)s asks for your decision") % service,
        matters=rich.matters(details, registration, reader),
        until="" if once else claim_labels.day(ends, reader.locale),
        once=once,
        allow=_("Agree and continue"),
        deny=_("Do not agree"),
    )


def refusing(asked: Page, reader: Reader, *, service: str = "", known: bool) -> str:
    """Say what a no comes to, where a law lets the service have something all the same.

    A no ends the request: nothing is read by it, not even what the law says. What was
    agreed to before is another matter, and stays.

    :param service: which the citizen is not signed in with then; empty if this is no sign-in
    :param known: whether they agreed to something before
    """
    if not asked.law:
        return ""
    _, said = reader._, {"button": asked.deny, "service": service}
    nothing = _('If you choose "%(button)s", they get nothing from us now.')
    away = _(
        'If you choose "%(button)s", they get nothing from us now,'
        " and you are not signed in with %(service)s."
    )
    still = _("They may still ask elsewhere for what they get by law.")
    before = _("What they may read already stays as it is.") if known else ""
    return " ".join(one for one in ((away if service else nothing) % said, still, before) if one)


def _title(service: str, _: Gettext, *, only_law: bool, asks: bool) -> str:
    if only_law:
        return _("%(service)s will get these details") % {"service": service}
    if asks:
        return _("Share your details with %(service)s") % {"service": service}
    return _("Carry on to %(service)s") % {"service": service}


def _purposes(registration: Registration, claims: Sequence[str], locale: str) -> tuple[str, ...]:
    return tuple(
        words(purpose.name, locale)
        for purpose in registration.purposes
        if any(each.claim in claims for each in purpose.claims)
    )


def _row(
    asked: Asked,
    held: Mapping[str, Held],
    reader: Reader,
    *,
    new: bool,
    wanted: frozenset[str],
) -> Row:
    found, _ = held.get(asked.claim), reader._
    goes_out = found is not None and not found.disputed
    spelled = _("You have not told us this. They get it once you do.")
    if found is not None and goes_out:
        spelled = claim_labels.text(asked.claim, found.value, locale=reader.locale, _=_)
        if asked.area:
            spelled = f"{spelled} ({claim_labels.area(asked.area, reader.locale)})"
    elif found is not None:
        spelled = _("You say that this is wrong. They get it once that is settled.")
    return Row(
        claim=asked.claim,
        label=claim_labels.label(asked.claim, _),
        value=spelled,
        hidden=claim_labels.mask(asked.claim, spelled) if goes_out else None,
        missing=not goes_out,
        add="" if found else way_to(asked.claim),
        new=new,
        source=_said(found, reader) if found and goes_out else "",
        why=words(asked.why, reader.locale),
        law=words(asked.law or {}, reader.locale),
        each_time=asked.claim in CARE.each_time,
        only=_kept_back(asked.claim, wanted, reader),
    )


def _kept_back(claim: str, wanted: frozenset[str], reader: Reader) -> str:
    """Say which fact an answer stands for, unless the service sees the fact as well."""
    _ = reader._
    facts = catalog.BY_NAME[claim].derived_from
    if claim not in catalog.YES_OR_NO or not wanted.isdisjoint(facts):
        return ""
    detail = claim_labels.listed([claim_labels.label(fact, _) for fact in facts], reader.locale)
    return _("Says only yes or no, and does not show: %(detail)s") % {"detail": detail}


def way_to(claim: str) -> str:
    """Return the page on which a citizen adds ``claim``, or what it follows from."""
    for name in (claim, *catalog.BY_NAME[claim].derived_from):
        if name in catalog.TOLD:
            return f"/account/details/{name}"
        if name in catalog.REGISTERED:
            return "/account/verify"
    return ""


def _said(found: Held, reader: Reader) -> str:
    return " · ".join(part for part in (source(found, reader), validity(found, reader)) if part)


def validity(found: Held, reader: Reader) -> str:
    """Say on which days a value holds, as far as we know them."""
    _, locale = reader._, reader.locale
    since, until = found.valid_from, found.valid_until
    parts = []
    if since is not None:
        parts.append(_("Since %(date)s") % {"date": claim_labels.day(since, locale)})
    if until is not None:
        text = _("Until %(date)s") if until >= reader.at.date() else _("Ended on %(date)s")
        parts.append(text % {"date": claim_labels.day(until, locale)})
    return " · ".join(parts)


def source(attribute: Held, reader: Reader) -> str:
    """Say where a value comes from and since when."""
    _ = reader._
    if attribute.source_type == "derived" and not attribute.verified:
        return _("Worked out from what we hold")
    if attribute.verified and attribute.verified_at:
        day = claim_labels.day(attribute.verified_at, reader.locale)
        if attribute.source:
            said = {"source": claim_labels.register(attribute.source, _), "date": day}
            return _("Checked by %(source)s on %(date)s") % said
        return _("Checked on %(date)s") % {"date": day}
    day = claim_labels.day(attribute.recorded_at, reader.locale)
    return _("You told us on %(date)s") % {"date": day}
