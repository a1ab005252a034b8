"""Finding by the words of a need: accents, case, endings and small words do not matter."""

import pytest

from gateway.pages import finding

TEXTS = {
    "parking": finding.text(
        ("Parking permits", "Stationnement résidentiel", "تصاريح المواقف"),
        ("Apply for, renew and check a parking permit", "voiture, résident", "سيارة, زائر"),
    ),
    "tax": finding.text(("Tax account", "Compte fiscal"), ("See what you paid and what you owe",)),
    "clinic": finding.text(
        ("Appointments", "Rendez-vous", "المواعيد"), ("Book at the clinic", "see a doctor, œil")
    ),
}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("parking", ["parking"]),
        ("PARKING PERMIT", ["parking"]),
        ("I want to park my car", ["parking"]),
        ("residentiel", ["parking"]),
        ("RÉSIDENTIEL", ["parking"]),
        ("re\u0301sidentiel", ["parking"]),
        ("doctors", ["clinic"]),
        ("see a doctor", ["clinic"]),
        ("owe", ["tax"]),
        ("app", []),
        ("oeil", ["clinic"]),
        ("taxes", ["tax"]),
        ("موقف تصريح", []),
        ("تصاريح", ["parking"]),
        ("الزائر", ["parking"]),
        ("nothing of that kind", []),
        ("?!", []),
        ("%", []),
    ],
)
def test_a_need_is_found_however_it_is_spelt(said: str, found: list[str]) -> None:
    assert finding.best(finding.sought(said), TEXTS) == found


def test_what_has_most_of_the_words_is_found() -> None:
    """A word too many hides nothing, and a name counts for more."""
    assert finding.best(finding.sought("parking permit tomorrow"), TEXTS) == ["parking"]
    both = TEXTS | {"other": finding.text(("Other",), ("parking",))}
    assert finding.best(["parking"], both) == ["parking", "other"]


def test_a_question_of_small_words_alone_is_looked_for_as_it_is() -> None:
    assert finding.sought("What? Who!") == ["what", "who"]


def test_a_very_long_question_is_cut() -> None:
    assert len(finding.sought(" ".join(f"word{number}" for number in range(500)))) == 12
