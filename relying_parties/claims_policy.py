"""What a service may ask, what is new to the citizen, and what their answer comes to. Pure.

    request ──asked──▶ Wanted ──difference──▶ New ──chosen──▶ claims of the consent

The approved registration decides what may be asked; scopes and the ``claims`` parameter
only choose among it, and a request can never make a claim needed. All names are those
of the catalogue; the caller maps scopes and wire names, because this room does not know it.

Some claims take more than a consent. Which ones, the caller says as :class:`Care`:

* by law only: a consent is not enough, whatever was registered
* each time: asked at every authorization, and read only shortly after a strong sign-in

Specs: OpenID Connect Core §5.4 and §5.5.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from relying_parties.purposes import LONGEST
from relying_parties.registration import Registration

# A flag about a claim travels with it and is not asked for by itself.
FOLLOWS: Mapping[str, str] = {"email_verified": "email", "phone_number_verified": "phone_number"}

FRESH = timedelta(minutes=15)  # since the sign-in, for what takes care

# Nothing to decide: the subject is what signing in means.
_ALWAYS = frozenset({"sub"})


class Agreed(Protocol):
    """What this module needs to see of a consent."""

    @property
    def claims(self) -> Collection[str]:
        """What may be read."""

    @property
    def asked(self) -> Collection[str]:
        """What was decided, either way."""

    @property
    def once(self) -> bool:
        """Whether it was for one authorization only."""


class SignIn(Protocol):
    """What this module needs to see of a sign-in."""

    @property
    def acr(self) -> str | None:
        """What was achieved."""

    @property
    def auth_time(self) -> datetime:
        """When it was."""


@dataclass(frozen=True, slots=True)
class Care:
    """Which claims take more than a consent.

    :ivar by_law: go out only where the registration names a law
    :ivar each_time: are asked at every authorization and read shortly after a strong sign-in
    :ivar userinfo_only: never stand in an ID token, which is kept and passed on
    :ivar acrs: any of these is a strong sign-in
    """

    by_law: frozenset[str] = frozenset()
    each_time: frozenset[str] = frozenset()
    userinfo_only: frozenset[str] = frozenset()
    acrs: frozenset[str] = frozenset()


NO_CARE = Care()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request comes to, in the order of the registration.

    :ivar refused: names that were requested and that no approved purpose covers
    """

    userinfo: tuple[str, ...]
    id_token: tuple[str, ...]
    refused: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every claim wanted in either place."""
        return tuple(dict.fromkeys((*self.userinfo, *self.id_token)))


@dataclass(frozen=True, slots=True)
class New:
    """What the citizen must decide, and what they decided before that stays as it is."""

    claims: tuple[str, ...]
    known: tuple[str, ...]
    first: bool  # nothing was decided about this service before

    def __bool__(self) -> bool:
        return bool(self.claims) or self.first


def asked(
    registration: Registration,
    requested: Iterable[str],
    claims_parameter: Mapping[str, Any] | None = None,
    *,
    scopes: Mapping[str, tuple[str, ...]],
    care: Care = NO_CARE,
    left_out: Collection[str] = (),
) -> Wanted:
    """Work out what a request asks for, within what the registration allows.

    :param requested: the scope values of the request; unknown ones ask for nothing
    :param claims_parameter: the parsed ``claims`` parameter, names as in the catalogue
    :param scopes: which claims each scope stands for
    :param left_out: what is not to be had this time, as :func:`not_offered` says
    """
    parameter = claims_parameter or {}
    userinfo = {claim for scope in requested for claim in scopes.get(scope, ())}
    userinfo |= set(parameter.get("userinfo") or ())
    id_token = set(parameter.get("id_token") or ()) - care.userinfo_only
    may = {name: row for name, row in registration.asked.items() if name not in left_out}
    covered = may.keys() | _ALWAYS | {each for each, of in FOLLOWS.items() if of in may}
    return Wanted(
        userinfo=tuple(claim for claim in may if claim in _with_leaders(userinfo)),
        id_token=tuple(claim for claim in may if claim in _with_leaders(id_token)),
        refused=tuple(sorted((userinfo | id_token) - covered)),
    )


def takes_care(wanted: Wanted, care: Care) -> bool:
    """Whether ``wanted`` can be answered only shortly after a strong sign-in."""
    return not care.each_time.isdisjoint(wanted.all)


def withheld(
    registration: Registration, care: Care, sign_in: SignIn, at: datetime
) -> frozenset[str]:
    """Return what may not go out on this sign-in at this moment, whatever was agreed."""
    unlawful = frozenset(
        name
        for name in care.by_law & registration.asked.keys()
        if registration.asked[name].basis != "law"
    )
    return unlawful if _sure(care, sign_in, at) else unlawful | care.each_time


def not_offered(
    registration: Registration, care: Care, sign_in: SignIn, at: datetime
) -> frozenset[str]:
    """Return what a request does not get to ask on this sign-in.

    What the service can't work without is asked all the same: the citizen is sent to
    sign in again for it. An option is never in anybody's way, so it is left out.
    """
    asked = registration.asked
    return frozenset(
        name
        for name in withheld(registration, care, sign_in, at) & asked.keys()
        if asked[name].need == "optional" or (name in care.by_law and asked[name].basis != "law")
    )


def difference(
    registration: Registration,
    wanted: Wanted,
    consent: Agreed | None,
    *,
    care: Care = NO_CARE,
    given_here: bool = False,
) -> New:
    """Return what must be decided before ``wanted`` can be released.

    An optional claim that was refused is not asked again; a needed one that was
    stopped is, because the service can't work without it. What takes care is asked at
    every authorization, so it is never given in silence.

    :param given_here: the consent was given in this very interaction, so that one
        for a single authorization counts
    """
    if consent is None or (consent.once and not given_here):
        return New(wanted.all, (), first=True)
    again = frozenset() if given_here else care.each_time
    new = tuple(
        claim for claim in wanted.all if claim in again or _undecided(claim, registration, consent)
    )
    return New(new, tuple(c for c in wanted.all if c not in new), first=False)


def chosen(
    registration: Registration, shown: Iterable[str], ticked: Collection[str]
) -> tuple[str, ...]:
    """Return what the citizen lets the service have, of what the page ``shown`` to them.

    Needed claims and those that a law demands have no switch; whoever does not want
    them declines as a whole. Names that were not shown count for nothing.
    """
    return tuple(
        claim
        for claim in shown
        if (row := registration.asked.get(claim))
        and (row.need == "needed" or row.basis == "law" or claim in ticked)
    )


def switches(registration: Registration, shown: Iterable[str]) -> tuple[str, ...]:
    """Return the claims that the page gives a switch."""
    rows = ((claim, registration.asked.get(claim)) for claim in shown)
    return tuple(
        claim for claim, row in rows if row and row.need == "optional" and row.basis == "consent"
    )


def keep_days(registration: Registration, claims: Collection[str]) -> int:
    """Return how many days a consent to ``claims`` may last: the shortest of their purposes."""
    days = [
        purpose.keep_days
        for purpose in registration.purposes
        if any(each.claim in claims for each in purpose.claims)
    ]
    return min(days, default=LONGEST)


def purposes(registration: Registration, claims: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the purposes that ask for any of ``claims``."""
    return tuple(
        purpose.id
        for purpose in registration.purposes
        if any(each.claim in claims for each in purpose.claims)
    )


def releasable(
    registration: Registration,
    wanted: Iterable[str],
    agreed: Collection[str],
    *,
    kept_back: Collection[str] = (),
) -> tuple[str, ...]:
    """Return what goes out: wanted, agreed to, still registered, with the flags that follow.

    :param kept_back: what may not go out now, as :func:`withheld` says
    """
    names = [
        name
        for name in wanted
        if name in agreed and name in registration.asked and name not in kept_back
    ]
    return (*names, *(flag for flag, of in FOLLOWS.items() if of in names))


def _undecided(claim: str, registration: Registration, consent: Agreed) -> bool:
    if claim in consent.claims:
        return False
    return claim not in consent.asked or registration.asked[claim].need == "needed"


def _sure(care: Care, sign_in: SignIn, at: datetime) -> bool:
    return sign_in.acr in care.acrs and at - sign_in.auth_time <= FRESH


def _with_leaders(names: set[str]) -> set[str]:
    return names | {of for flag, of in FOLLOWS.items() if flag in names}
