"""What may be asked and what the answer comes to: security.md group CO, as far as it is pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from relying_parties import claims_policy
from relying_parties.claims_policy import FRESH, Care, Wanted
from relying_parties.consent_records import ONCE
from relying_parties.registration import Registration
from tests.factories import MOMENT, a_registration, asks

SECOND = timedelta(seconds=1)

SCOPES = {
    "profile": ("name", "given_name", "birthdate"),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}


class Agreed:
    """A consent, as far as the policy looks at it."""

    def __init__(
        self, claims: tuple[str, ...], asked: tuple[str, ...] = (), once: bool = False
    ) -> None:
        self.claims = claims
        self.asked = asked or claims
        self.once = once


def a_service(*rows: dict[str, Any], keep_days: int = 365) -> Registration:
    purpose = {"id": "p", "name": {"en": "To serve you"}, "keepDays": keep_days, "claims": rows}
    return a_registration(purposes=[purpose | {"claims": list(rows)}])


SERVICE = a_service(
    asks("name"),
    asks("birthdate", "optional"),
    asks("email", "optional"),
    asks("tax_identifier", basis="law"),
)


def wanted(*scope: str, **parameter: Any) -> Wanted:
    return claims_policy.asked(SERVICE, scope, parameter, scopes=SCOPES)


def test_nothing_asked_is_nothing_wanted() -> None:
    assert wanted("openid") == Wanted((), ())


def test_a_scope_asks_only_for_what_is_registered() -> None:
    assert wanted("openid", "profile", "address") == Wanted(
        ("name", "birthdate"), (), refused=("address", "given_name")
    )


def test_an_unknown_scope_asks_for_nothing() -> None:
    assert wanted("openid", "everything") == Wanted((), ())


def test_a_request_cannot_make_a_claim_needed() -> None:
    asked = wanted("openid", userinfo={"birthdate": {"essential": True}})

    assert asked.userinfo == ("birthdate",)
    assert claims_policy.chosen(SERVICE, asked.all, ticked=()) == ()


def test_each_claim_goes_where_it_was_asked_for() -> None:
    asked = wanted("openid", userinfo={"email": None}, id_token={"name": None, "sub": None})

    assert asked == Wanted(("email",), ("name",))


def test_a_flag_follows_its_claim() -> None:
    assert wanted("email").userinfo == ("email",)
    assert claims_policy.releasable(SERVICE, ["email"], ["email"]) == ("email", "email_verified")


def test_a_new_claim_is_asked_alone() -> None:
    asked = wanted("profile")

    new = claims_policy.difference(SERVICE, asked, Agreed(("name",)))

    assert (new.claims, new.known, new.first) == (("birthdate",), ("name",), False)


def test_what_is_agreed_is_not_asked_again() -> None:
    assert not claims_policy.difference(SERVICE, wanted("profile"), Agreed(("name", "birthdate")))


def test_a_refused_option_is_not_asked_again() -> None:
    before = Agreed(("name",), asked=("name", "birthdate"))

    assert not claims_policy.difference(SERVICE, wanted("profile"), before)


def test_a_needed_claim_that_was_stopped_is_asked_again() -> None:
    before = Agreed(("birthdate",), asked=("name", "birthdate"))

    assert claims_policy.difference(SERVICE, wanted("profile"), before).claims == ("name",)


def test_the_first_visit_is_always_a_decision() -> None:
    assert claims_policy.difference(SERVICE, wanted("openid"), None)


def test_a_wider_registration_does_not_stretch_a_consent() -> None:
    wider = a_service(asks("name"), asks("birthdate"))
    asked = claims_policy.asked(wider, ["profile"], scopes=SCOPES)

    new = claims_policy.difference(wider, asked, Agreed(("name",)))

    assert new.claims == ("birthdate",)
    assert claims_policy.releasable(wider, asked.userinfo, ["name"]) == ("name",)


def test_a_narrower_registration_takes_effect_under_an_old_consent() -> None:
    narrower = a_service(asks("name"))

    assert claims_policy.releasable(narrower, ["name", "birthdate"], ["name", "birthdate"]) == (
        "name",
    )


def test_only_options_have_a_switch() -> None:
    shown = ("name", "birthdate", "email", "tax_identifier")

    assert claims_policy.switches(SERVICE, shown) == ("birthdate", "email")


@pytest.mark.parametrize(
    ("ticked", "result"),
    [
        pytest.param((), ("name", "tax_identifier"), id="CO-08-needed-and-law-stay"),
        pytest.param(("birthdate",), ("name", "birthdate", "tax_identifier"), id="ticked"),
        pytest.param(("address", "email"), ("name", "tax_identifier"), id="CO-04-not-shown"),
    ],
)
def test_the_answer_counts_for_what_was_shown(
    ticked: tuple[str, ...], result: tuple[str, ...]
) -> None:
    shown = ("name", "birthdate", "tax_identifier")

    assert claims_policy.chosen(SERVICE, shown, ticked) == result


def test_the_shortest_purpose_sets_the_time() -> None:
    service = a_registration(
        purposes=[
            {"id": "a", "name": {"en": "To a"}, "keepDays": 300, "claims": [asks("name")]},
            {"id": "b", "name": {"en": "To b"}, "keepDays": 30, "claims": [asks("address")]},
        ]
    )

    assert claims_policy.keep_days(service, ["name"]) == 300
    assert claims_policy.keep_days(service, ["name", "address"]) == 30
    assert claims_policy.keep_days(service, []) == 365
    assert ONCE.total_seconds() < 3600


@dataclass(frozen=True)
class SignIn:
    """How somebody signed in, as a token tells it."""

    acr: str | None
    auth_time: datetime


CARE = Care(
    by_law=frozenset({"tax_identifier"}),
    each_time=frozenset({"sex", "tax_identifier"}),
    userinfo_only=frozenset({"sex"}),
    acrs=frozenset({"strong"}),
)
STRONG = SignIn("strong", MOMENT)
TENDER = a_service(asks("name"), asks("sex", "optional"), asks("tax_identifier"))
SAID = {"userinfo": {"name": None, "sex": None, "tax_identifier": None}}


def test_what_only_a_law_gives_is_not_asked_on_a_consent() -> None:
    """RX: also for a registration that was approved before the rule was."""
    left_out = claims_policy.not_offered(TENDER, CARE, STRONG, MOMENT)
    asked = claims_policy.asked(TENDER, [], SAID, scopes=SCOPES, care=CARE, left_out=left_out)

    assert asked == Wanted(("name", "sex"), (), refused=("tax_identifier",))
    assert "tax_identifier" in claims_policy.withheld(TENDER, CARE, STRONG, MOMENT)


def test_what_a_law_gives_goes_out_on_a_strong_sign_in() -> None:
    assert not claims_policy.withheld(SERVICE, CARE, STRONG, MOMENT)


@pytest.mark.parametrize(
    ("sign_in", "out"),
    [
        pytest.param(STRONG, True, id="strong-and-now"),
        pytest.param(SignIn("strong", MOMENT - FRESH), True, id="strong-at-the-limit"),
        pytest.param(SignIn("strong", MOMENT - FRESH - SECOND), False, id="too-long-ago"),
        pytest.param(SignIn("weak", MOMENT), False, id="too-weak"),
        pytest.param(SignIn(None, MOMENT), False, id="nothing-achieved"),
    ],
)
def test_what_takes_care_goes_out_shortly_after_a_strong_sign_in(
    sign_in: SignIn, out: bool
) -> None:
    kept_back = claims_policy.withheld(TENDER, CARE, sign_in, MOMENT)
    told = claims_policy.releasable(TENDER, ["name", "sex"], ["name", "sex"], kept_back=kept_back)

    assert told == (("name", "sex") if out else ("name",))
    assert ("sex" in claims_policy.not_offered(TENDER, CARE, sign_in, MOMENT)) is not out


def test_what_is_needed_is_asked_on_a_weak_sign_in_too() -> None:
    """The way on is then a stronger sign-in."""
    needed = a_service(asks("sex"))

    left_out = claims_policy.not_offered(needed, CARE, SignIn("weak", MOMENT), MOMENT)
    asked = claims_policy.asked(needed, [], SAID, scopes=SCOPES, care=CARE, left_out=left_out)

    assert asked.userinfo == ("sex",)
    assert claims_policy.takes_care(asked, CARE)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(Agreed(("name", "sex")), id="given"),
        pytest.param(Agreed(("name",), asked=("name", "sex")), id="left-unticked"),
    ],
)
def test_what_takes_care_is_asked_at_every_authorization(before: Agreed) -> None:
    asked = Wanted(("name", "sex"), ())

    new = claims_policy.difference(TENDER, asked, before, care=CARE)

    assert (new.claims, new.known) == (("sex",), ("name",))
    assert not claims_policy.difference(TENDER, asked, before, care=CARE, given_here=True)


def test_high_harm_stays_out_of_id_tokens() -> None:
    asked = claims_policy.asked(
        TENDER, [], {"id_token": {"sex": None, "name": None}}, scopes=SCOPES, care=CARE
    )

    assert asked == Wanted((), ("name",))
