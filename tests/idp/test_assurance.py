"""What a sign-in reaches, and what is missing for more."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from idp import assurance
from idp.accounts import Account
from idp.assurance import Met, Missing, NeedsProofing, NeedsStepUp, Unreachable
from idp.sessions import Session

LOA = assurance.LOA
PASSKEY = ("pop", "user", "mfa")


@pytest.mark.parametrize(
    ("ial", "aal", "phr", "reached"),
    [
        (0, 1, False, assurance.BASIC),
        (0, 2, True, "phr"),
        (1, 1, False, f"{LOA}low"),
        (1, 2, True, f"{LOA}low"),
        (2, 1, False, f"{LOA}low"),
        (2, 2, True, f"{LOA}substantial"),
        (3, 2, True, f"{LOA}substantial"),
        (3, 3, True, f"{LOA}high"),
        (3, 3, False, f"{LOA}substantial"),
    ],
)
def test_an_acr_takes_both_proofs(ial: int, aal: int, phr: bool, reached: str) -> None:
    assert assurance.acr(ial, aal, phr=phr) == reached


def session(ial: int, aal: int, amr: tuple[str, ...]) -> Session:
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    account = Account(UUID(int=1), "open", None, ial, (), b"h", at, at)
    return Session(UUID(int=2), account, "citizen", at, at, at, at, amr, aal, "Firefox")


@pytest.mark.parametrize(
    ("ial", "aal", "amr", "wanted", "essential", "found"),
    [
        (0, 1, ("pwd",), [assurance.BASIC], True, Met()),
        (0, 1, ("pwd",), ["phr"], True, NeedsStepUp()),
        (0, 2, PASSKEY, ["phr"], True, Met()),
        (0, 1, ("pwd",), [f"{LOA}low"], True, NeedsProofing()),
        (1, 1, ("pwd",), [f"{LOA}low"], True, Met()),
        (2, 1, ("pwd",), [f"{LOA}substantial"], True, NeedsStepUp()),
        (0, 2, PASSKEY, [f"{LOA}substantial"], True, NeedsProofing()),
        (2, 2, PASSKEY, [f"{LOA}high"], True, Unreachable()),
        (3, 3, PASSKEY, [f"{LOA}high"], True, Met()),
        (3, 3, ("otp",), [f"{LOA}high"], True, Unreachable()),
        (0, 1, ("pwd",), [f"{LOA}high", "phr"], True, NeedsStepUp()),
        (0, 1, ("pwd",), [f"{LOA}substantial", "phr"], True, NeedsStepUp()),
        (0, 1, ("pwd",), ["urn:unknown"], True, Unreachable()),
        (0, 1, ("pwd",), ["urn:unknown", assurance.BASIC], True, Met()),
        (0, 1, ("pwd",), [], True, Unreachable()),
        (0, 1, ("pwd",), ["phr"], False, NeedsStepUp()),
        (0, 1, ("pwd",), [f"{LOA}substantial"], False, Unreachable()),
        (2, 1, ("pwd",), [f"{LOA}substantial"], False, NeedsStepUp()),
    ],
)
def test_the_easiest_of_what_is_wanted_decides(
    ial: int, aal: int, amr: tuple[str, ...], wanted: list[str], essential: bool, found: Missing
) -> None:
    """A wish leads to a stronger sign-in at most; only a demand leads to a proofing."""
    assert assurance.missing(session(ial, aal, amr), wanted, essential=essential) == found


@pytest.mark.parametrize(
    ("wanted", "beyond"),
    [
        ((), False),
        (("phr",), True),
        ((f"{LOA}substantial",), True),
        ((f"{LOA}high", "phr"), True),
        (("phr", assurance.BASIC), False),
        ((f"{LOA}low",), False),
        (("unheard-of",), True),
    ],
)
def test_what_a_password_alone_can_reach(wanted: tuple[str, ...], beyond: bool) -> None:
    assert assurance.beyond_passwords(wanted) is beyond


@pytest.mark.parametrize(
    ("achieved", "wanted", "enough"),
    [
        (assurance.HIGH, assurance.SUBSTANTIAL, True),
        (assurance.HIGH, "phr", True),
        (assurance.SUBSTANTIAL, assurance.SUBSTANTIAL, True),
        (assurance.SUBSTANTIAL, assurance.HIGH, False),
        (assurance.SUBSTANTIAL, "phr", False),  # it may have been a code by mail
        (assurance.LOW, assurance.SUBSTANTIAL, False),
        ("phr", assurance.LOW, False),
        (None, assurance.BASIC, True),
        (None, assurance.LOW, False),
        ("another's", assurance.LOW, False),
    ],
)
def test_what_a_token_says_is_taken_at_its_word(
    achieved: str | None, wanted: str, enough: bool
) -> None:
    """RFC9470-3."""
    assert assurance.at_least(achieved, wanted) is enough
