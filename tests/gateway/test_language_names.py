"""Languages are told by their names, in any language of our pages, and told back alike."""

import pytest
from babel import Locale

from gateway import claim_labels, language_names
from gateway.settings import LOCALES


@pytest.mark.parametrize(
    ("said", "tags"),
    [
        pytest.param("French, English", ["fr", "en"], id="names"),
        pytest.param("French English", ["fr", "en"], id="without-a-comma"),
        pytest.param("FRANCAIS; anglais", ["fr", "en"], id="no-case-no-accents"),
        pytest.param("العربية، الفرنسية", ["ar", "fr"], id="an-arabic-comma"),
        pytest.param("Haitian Creole\nEnglish", ["ht", "en"], id="a-name-of-two-words"),
        pytest.param("fr en", ["fr", "en"], id="tags"),
        pytest.param("fr-CA", ["fr-CA"], id="a-tag-with-a-region"),
        pytest.param("Klingonish, English", ["Klingonish", "en"], id="no-language-that-we-know"),
        pytest.param(" , ", [], id="nothing"),
    ],
)
def test_what_somebody_types_is_read(said: str, tags: list[str]) -> None:
    assert language_names.read(said) == tags


@pytest.mark.parametrize("locale", LOCALES)
def test_each_name_is_read_as_the_language_that_it_names(locale: str) -> None:
    """No two languages share a name, in whatever language it is said."""
    known = [tag for tag in Locale.parse(locale).languages if "_" not in tag]

    assert [
        tag for tag in known if language_names.read(claim_labels.languages([tag], locale)) != [tag]
    ] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_list_comes_back_as_it_was(locale: str) -> None:
    tags = ["fa", "ht", "fr-CA", "en"]

    assert language_names.read(claim_labels.languages(tags, locale)) == tags
