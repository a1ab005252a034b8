"""Words: every language says everything, with the same names in it."""

import io
import re
from pathlib import Path

import pytest
from babel.messages import extract, pofile
from babel.messages.catalog import Catalog

from gateway.settings import LOCALES
from gateway.web import locale

ROOM = Path(__file__).parents[2] / "gateway"
NAMES = re.compile(r"%\((\w+)\)s")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]


@pytest.fixture(scope="session")
def said() -> set[str]:
    """Everything that our pages and mails can say."""
    found = extract.extract_from_dir(
        ROOM,
        METHODS,
        {"**.html": {"trim_blocks": "true"}},
        KEYWORDS,  # type: ignore[arg-type]
    )
    ids = {entry[2] for entry in found}
    return {one if isinstance(one, str) else one[0] for one in ids} - {""}


def catalogue(code: str) -> Catalog:
    path = locale.FOLDER / code / "LC_MESSAGES" / "gatehouse.po"
    return pofile.read_po(io.BytesIO(path.read_bytes()))


@pytest.mark.parametrize("code", LOCALES)
def test_nothing_is_missing(code: str, said: set[str]) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue(code)
        if message.id
        and all([message.string] if isinstance(message.string, str) else message.string)
    }

    assert not said - known


@pytest.mark.parametrize("code", LOCALES)
def test_nothing_is_left_over(code: str, said: set[str]) -> None:
    known = {one.id if isinstance(one.id, str) else one.id[0] for one in catalogue(code) if one.id}

    assert not known - said


@pytest.mark.parametrize("code", LOCALES)
def test_a_translation_keeps_the_names_in_it(code: str) -> None:
    for message in catalogue(code):
        if message.id and isinstance(message.id, str):
            assert set(NAMES.findall(message.string)) == set(NAMES.findall(message.id)), message.id


def test_what_is_not_offered_is_the_default() -> None:
    assert locale.choose(("xx-YY", "tlh"), "en") == "en"
    assert locale.choose((None, "", "fr-CA, en;q=0.5"), "en") == "fr"
    assert locale.choose(("ar-EG",), "en") == "ar"
