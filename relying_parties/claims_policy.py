"""What a service may ask, what is new to the citizen, and what their answer comes to. Pure.

    request ──asked──▶ Wanted ──difference──▶ New ──chosen──▶ claims of the consent

The approved registration decides what may be asked; scopes and the ``claims`` parameter
only choose among it, and a request can never make a claim needed. All names are those
of the catalogue; the caller maps scopes and wire names, because this room does not know it.

Specs: OpenID Connect Core §5.4 and §5.5.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from relying_parties.purposes import LONGEST
from relying_parties.registration import Registration

# A flag about a claim travels with it and is not asked for by itself.
FOLLOWS: Mapping[str, str] = {"email_verified": "email", "phone_number_verified": "phone_number"}

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
) -> Wanted:
    """Work out what a request asks for, within what the registration allows.

    :param requested: the scope values of the request; unknown ones ask for nothing
    :param claims_parameter: the parsed ``claims`` parameter, names as in the catalogue
    :param scopes: which claims each scope stands for
    """
    parameter = claims_parameter or {}
    userinfo = {claim for scope in requested for claim in scopes.get(scope, ())}
    userinfo |= set(parameter.get("userinfo") or ())
    id_token = set(parameter.get("id_token") or ())
    may = registration.asked
    covered = may.keys() | _ALWAYS | {each for each, of in FOLLOWS.items() if of in may}
    return Wanted(
        userinfo=tuple(claim for claim in may if claim in _with_leaders(userinfo)),
        id_token=tuple(claim for claim in may if claim in _with_leaders(id_token)),
        refused=tuple(sorted((userinfo | id_token) - covered)),
    )


def difference(
    registration: Registration,
    wanted: Wanted,
    consent: Agreed | None,
    *,
    given_here: bool = False,
) -> New:
    """Return what must be decided before ``wanted`` can be released.

    An optional claim that was refused is not asked again; a needed one that was
    stopped is, because the service can't work without it.

    :param given_here: the consent was given in this very interaction, so that one
        for a single authorization counts
    """
    if consent is None or (consent.once and not given_here):
        return New(wanted.all, (), first=True)
    new = tuple(
        claim
        for claim in wanted.all
        if claim not in consent.claims
        and (claim not in consent.asked or registration.asked[claim].need == "needed")
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


def releasable(
    registration: Registration, wanted: Iterable[str], agreed: Collection[str]
) -> tuple[str, ...]:
    """Return what goes out: wanted, agreed to, still registered, with the flags that follow."""
    names = [name for name in wanted if name in agreed and name in registration.asked]
    return (*names, *(flag for flag, of in FOLLOWS.items() if of in names))


def _with_leaders(names: set[str]) -> set[str]:
    return names | {of for flag, of in FOLLOWS.items() if flag in names}
